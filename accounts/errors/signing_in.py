"""Why somebody could not sign in or up, or go on."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.errors.base import AccountError


class TooManyRequests(AccountError):
    """The network used up what `accounts.services.throttling` allows it for now."""

    code = "too_many_requests"
    message = _("Too many attempts came from your network in a short time.")

    def __init__(
        self, retry_after: int, *, destination_name: str | None = None, restart_url: str = ""
    ) -> None:
        super().__init__()
        self.retry_after = retry_after  # seconds
        # Where the person was going, and how to begin anew after the wait.
        self.destination_name = destination_name
        self.restart_url = restart_url


class SignInRefused(AccountError):
    """Somebody could not sign in; the subclass says why, as far as everybody may know."""

    code = "sign_in_refused"
    message = _("You could not be signed in.")


class WrongNameOrPassword(SignInRefused):
    """Said of unknown names and wrong passwords alike."""

    code = "wrong_name_or_password"
    message = _("This user name and password do not go together.")
    guidance = _("Check both and try again. Capital letters and spaces count in the password.")


class WrongPassword(SignInRefused):
    """The person is known, since they are signed in; the password is wrong."""

    code = "wrong_password"
    message = _("This is not your current password.")


class TooManyGuesses(SignInRefused):
    """The account's own budget of guesses is used up for now, wherever they came from."""

    code = "too_many_guesses"
    message = _("There were too many attempts to sign in to this account.")

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after  # seconds


class KnownDevicesOnly(SignInRefused):
    """So many wrong guesses in a row that only a browser known to the account may make another
    (NIST SP 800-63B section 3.2.2). Said of names that nobody has as well."""

    code = "known_devices_only"
    message = _("Too many wrong passwords were tried for this account.")
    guidance = _(
        "The password works only in a browser that has signed in before, until you have shown in"
        " another way that you are the owner."
    )


class AccountLocked(SignInRefused):
    """An operator has locked the account. Told whether or not the password was right."""

    code = "account_locked"
    message = _("This account is locked.")

    def __init__(self, told: str = "", ends_at: datetime | None = None) -> None:
        super().__init__()
        self.told = told  # an operator's words for the owner, perhaps none
        self.ends_at = ends_at


class SignInClosed(SignInRefused):
    """Signing in is closed for now, to everybody or in browsers that are not known."""

    code = "sign_in_closed"
    message = _("Signing in is closed for now.")


class ProofGone(SignInRefused):
    """What was proven is no longer good: it was used, expired, or overtaken by a lockout."""

    code = "proof_gone"
    message = _("That took too long, or something changed meanwhile. Please sign in again.")


class SecondFactorNeeded(ProofGone):
    """The account holds a second factor, and this flow has not proven it."""

    code = "second_factor_needed"
    message = _("This account is protected by a second factor, which has to be shown as well.")


class SignUpClosed(AccountError):
    """No accounts are made for now."""

    code = "sign_up_closed"
    message = _("No new accounts can be created for now.")


class NotAnOperator(AccountError):
    """A link for the operator's site was asked for, for somebody who may not get in there."""

    code = "not_an_operator"
    message = _("This account is no operator, or it is locked.")


class FlowUnusable(AccountError):
    """The hidden field of a flow's page cannot be used."""

    code = "flow_unusable"
    message = _("This page cannot be used any more.")
