"""Why an emergency measure was not taken, one class a reason; translated once, by page or command.

``code`` is stable and meant for programs, ``message`` is one sentence for the operator.
"""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.errors import SecondFactorNeeded


class CannotAskForFactor(SecondFactorNeeded):
    """The operator's account holds a second factor, and this site has no page that asks for it."""

    code = "cannot_ask_for_factor"
    message = _("Your account is protected by a second factor, which this site cannot ask for yet.")
    guidance = _(
        "Remove it on your account page at the public site and sign in here again, or act from the"
        " console."
    )


class MeasureRefused(Exception):
    """Nothing was done."""

    code: ClassVar[str] = "refused"
    message: ClassVar[str | Promise] = _("That was not done.")

    def __str__(self) -> str:
        """Give the stable code: safe to log, the same in every language."""
        return self.code


class RotationRefused(Exception):
    """Keys were not changed; the message is one line that says what to do, and shows no key."""


class NotAllowed(MeasureRefused):
    """The operator's session has ended, or their level is below what this takes."""

    code = "forbidden"
    message = _("Your level as an operator does not allow this, or your session has ended.")


class ReasonMissing(MeasureRefused):
    """Every measure takes a reason, which stands in the audit trail."""

    code = "reason_missing"
    message = _("Say why, in at most 1,000 characters.")


class TargetUnknown(MeasureRefused):
    """There is no such thing, or not any more."""

    code = "unknown"
    message = _("There is no such thing, or not any more.")


class AlreadyLocked(MeasureRefused):
    """The account was locked before."""

    code = "already_locked"
    message = _("This account is locked already; nothing was changed.")


class NotLocked(MeasureRefused):
    """There is no lock to lift."""

    code = "not_locked"
    message = _("This account is not locked; nothing was changed.")


class AlreadySuspended(MeasureRefused):
    """The wiki was out of service before."""

    code = "already_suspended"
    message = _("This wiki is suspended already; nothing was changed.")


class NotSuspended(MeasureRefused):
    """The wiki is in service."""

    code = "not_suspended"
    message = _("This wiki is not suspended; nothing was changed.")


class AlreadyAcknowledged(MeasureRefused):
    """Somebody has seen the alert before."""

    code = "already_acknowledged"
    message = _("This alert was acknowledged already; nothing was changed.")


class NotDead(MeasureRefused):
    """The job is on its way, or gone: there is nothing to decide."""

    code = "not_dead"
    message = _("This is no dead letter any more; nothing was changed.")


class OwnAccount(MeasureRefused):
    """Operators do not lock themselves out."""

    code = "own_account"
    message = _("You cannot lock your own account; another operator has to.")


class LastOperator(MeasureRefused):
    """Somebody must be able to undo a lock."""

    code = "last_operator"
    message = _(
        "This is the last operator who can lift a lock, so the account stays open. "
        "Make another operator first."
    )


class StoreMissing(MeasureRefused):
    """Nothing is known of what came after the dump."""

    code = "store_missing"
    message = _(
        "There is no seal store to read: set AUTHSITE_SEAL_STORE, or say --without-store to end "
        "only what the dump revived."
    )


class StoreOfAnotherTrail(MeasureRefused):
    """The seals of store and database differ where they should be the same."""

    code = "store_of_another_trail"
    message = _("The seal store belongs to another database: its seals are not these.")
