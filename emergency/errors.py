"""Why an emergency measure was not taken, one class a reason; translated once, by page or command.

``code`` is stable and meant for programs, ``message`` is one sentence for the operator.
"""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.errors import AccountError
from twofactor.errors import CeremonyRefused


class NotLetIn(AccountError):
    """Nobody's passkey, or not an operator's any more, or of a locked account: said alike."""

    code = "not_let_in"
    message = _("This passkey does not open the operator's site.")
    guidance = _(
        "Choose another one. If yours is lost, have a new link made at the console:"
        " manage.py inviteoperator NAME"
    )


class NotYourPasskey(CeremonyRefused):
    """A passkey was shown for a measure that is none of this operator's here."""

    code = "not_your_passkey"
    message = _("That is none of your passkeys for this site, so nothing was done.")
    guidance = _("Choose one that you have enrolled here.")


class LinkGone(AccountError):
    """The link is used, over or replaced by a newer one, or never was; or its operator is none."""

    code = "link_gone"
    message = _("This link does not work, or not any more.")


class LinkPageOld(AccountError):
    """The page that offered to make a passkey was open for too long, or of another browser."""

    code = "link_page_old"
    message = _("That page was open for too long.")
    guidance = _("Open the link again: it still works.")


class TooManyOperatorPasskeys(AccountError):
    """Ten passkeys are there already."""

    code = "too_many_operator_passkeys"
    message = _("You have ten passkeys for this site, which is as many as an operator can have.")
    guidance = _("Sign in with one of them and remove one that you no longer use.")


class MeasureRefused(Exception):
    """Nothing was done."""

    code: ClassVar[str] = "refused"
    message: ClassVar[str | Promise] = _("That was not done.")

    def __str__(self) -> str:
        """Give the stable code: safe to log, the same in every language."""
        return self.code


class NoAddress(MeasureRefused):
    """There is nowhere to send a letter to."""

    code = "no_address"
    message = _("This account has no confirmed e-mail address, so no letter can reach its owner.")


class RotationRefused(Exception):
    """Keys were not changed; the message is one line that says what to do, and shows no key."""


class NotAllowed(MeasureRefused):
    """The operator's session has ended, or their level is below what this takes."""

    code = "forbidden"
    message = _("Your level as an operator does not allow this, or your session has ended.")


class NotProven(MeasureRefused):
    """No passkey was shown for this very measure, or it was too long ago."""

    code = "unproven"
    message = _("This takes your passkey, shown for this very measure; nothing was changed.")


class LastPasskeyHere(MeasureRefused):
    """Without it this operator could not come back."""

    code = "last_passkey_here"
    message = _(
        "This is your only passkey for this site, so it stays. Enrol another one first: a link for"
        " it is made at the console (manage.py inviteoperator NAME)."
    )


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


class RegistrationChanged(MeasureRefused):
    """Somebody else changed the wiki's registration since it was shown."""

    code = "registration_changed"
    message = _("Somebody else changed this registration meanwhile; nothing was changed by you.")


class RegistrationInvalid(MeasureRefused):
    """What was agreed to is no registration any more."""

    code = "registration_invalid"
    message = _("That registration is not accepted; nothing was changed. Please fill it in again.")


class NoSecretThere(MeasureRefused):
    """The wiki proves itself in another way, or not at all."""

    code = "no_secret_there"
    message = _("This wiki has no secret: it proves itself in another way.")


class NoRegistration(MeasureRefused):
    """The wiki's row is not one that somebody registered here."""

    code = "no_registration"
    message = _(
        "This wiki's registration is not ours: somebody wrote it into the database. It is as if"
        " the wiki did not exist, and an alert says so."
    )


class AlreadyDead(MeasureRefused):
    """Nothing of the token is alive any more."""

    code = "already_dead"
    message = _("That is dead already; nothing was changed.")


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


class PastedTooMuch(MeasureRefused):
    """More was pasted than is looked at in one go."""

    code = "pasted_too_much"
    message = _(
        "There are more than 30 words in this that may be tokens, so nothing was looked at: give a "
        "few lines at a time."
    )


class ListEmpty(MeasureRefused):
    """No line of a list means an account."""

    code = "list_empty"
    message = _("No line of this list means an account.")


class ListUndone(MeasureRefused):
    """There is no such list, or it was undone before."""

    code = "list_undone"
    message = _("There is no such list, or it was undone already; nothing was changed.")


class AlreadyClosed(MeasureRefused):
    """The door was closed before."""

    code = "already_closed"
    message = _("That is closed already; nothing was changed.")


class NotClosed(MeasureRefused):
    """The door is open."""

    code = "not_closed"
    message = _("That is not closed; nothing was changed.")


class TooOften(MeasureRefused):
    """Operators ended every session three times within the hour."""

    code = "too_often"
    message = _(
        "Operators have done that three times within the hour, so that nobody can keep everybody "
        "out by it. At the console it still works: manage.py endallsessions"
    )


class KeysWithdrawn(MeasureRefused):
    """The keys are out of service, or there is none."""

    code = "keys_withdrawn"
    message = _("The signing keys are out of service already, or there is none.")


class KeysInService(MeasureRefused):
    """No lockout holds the keys."""

    code = "keys_in_service"
    message = _("No lockout holds the signing keys; nothing was changed.")


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
