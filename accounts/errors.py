"""What can go wrong in accounts, one class per reason.

Services and the flow raise these; views translate them once, at the edge. `code` is stable and
meant for programs and tests, `message` is one sentence for the person, `guidance` says what
would work. An error never carries what was typed, so that no log or page can show a secret.
"""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


class AccountError(Exception):
    """Something a person asked of their account cannot be done."""

    code: ClassVar[str] = "account_error"
    message: str | Promise = _("That did not work.")
    guidance: str | Promise | None = None

    def __str__(self) -> str:
        """Give the stable code: safe to log, the same in every language."""
        return self.code


# --- User names -------------------------------------------------------------------------------


class UsernameInvalid(AccountError):
    """A typed name cannot be a user name."""

    code = "username_invalid"
    message = _("This cannot be a user name.")


class UsernameEmpty(UsernameInvalid):
    """Nothing is left of the name once spaces are trimmed."""

    code = "username_empty"
    message = _("Please enter a user name.")


class UsernameTooLong(UsernameInvalid):
    """The name has more bytes than MediaWiki stores, or lets new names have."""

    code = "username_too_long"
    message = _("This user name is too long.")


class UsernameHasForbiddenCharacter(UsernameInvalid):
    """A character, or a sequence of them, that no page title of a wiki can hold."""

    code = "username_forbidden_character"
    message = _("This user name contains a character that user names cannot have.")
    guidance = _(
        "Letters, digits, spaces and most punctuation are fine; # / < > [ ] { } | are not."
    )


class UsernameHasWikiPrefix(UsernameInvalid):
    """The name would lead to another namespace or another site."""

    code = "username_wiki_prefix"
    message = _("A user name cannot begin with a word that has its own meaning on wikis.")


class UsernameLooksLikeNetworkAddress(UsernameInvalid):
    """An IP address, or something shaped like one."""

    code = "username_network_address"
    message = _("A user name cannot look like a network address.")


class UsernameReserved(UsernameInvalid):
    """A name that belongs to the software, to a role, or looks just like such a name."""

    code = "username_reserved"
    message = _("This user name is reserved.")


class UsernameNotForNewAccounts(UsernameInvalid):
    """`@` or `:` or `>`: old accounts have them, new ones cannot."""

    code = "username_not_for_new_accounts"
    message = _("A new user name cannot contain @ or a colon.")


class UsernameLooksTemporary(UsernameInvalid):
    """Wikis give names that begin with a tilde to visitors without an account."""

    code = "username_looks_temporary"
    message = _("A user name cannot begin with ~, which marks temporary accounts.")


class UsernameHasInvisibleCharacter(UsernameInvalid):
    """Zero-width, direction-changing, private, unassigned: nothing a reader can see or trust."""

    code = "username_invisible_character"
    message = _("This user name contains an invisible or unknown character.")
    guidance = _("If you pasted the name, please type it instead.")


class UsernameHasTooManyMarks(UsernameInvalid):
    """Accents stacked on accents, or an accent without a letter below it."""

    code = "username_too_many_marks"
    message = _("This user name has accents without a letter, or too many on one letter.")


class UsernameMixesScripts(UsernameInvalid):
    """Letters of writing systems that do not belong together."""

    code = "username_mixed_scripts"
    message = _("A user name cannot mix letters of different writing systems.")
    guidance = _("Any writing system is fine, as long as the whole name uses it.")


# --- Passwords --------------------------------------------------------------------------------


class PasswordUnacceptable(AccountError):
    """A password cannot be set (or, where it is too long, cannot even be checked)."""

    code = "password_unacceptable"
    message = _("This password cannot be used.")


class PasswordTooShort(PasswordUnacceptable):
    """Fewer characters than the account's other factors allow for."""

    code = "password_too_short"
    guidance = _("A few unrelated words in a row are long and easy to remember.")

    def __init__(self, *, minimum: int) -> None:
        super().__init__()
        self.minimum = minimum
        self.message = format_lazy(
            _("This password is too short: it needs at least {minimum} characters."),
            minimum=minimum,
        )


class PasswordTooLong(PasswordUnacceptable):
    """More bytes than are ever hashed."""

    code = "password_too_long"
    message = _("This password is too long.")
    guidance = _("Anything up to a thousand characters works in every language.")


class PasswordIsCommon(PasswordUnacceptable):
    """The whole password is on the list of common ones, or a trivial variation of one."""

    code = "password_common"
    message = _("This password is one that many people use, so it would be tried first.")
    guidance = _("Let a password manager make one, or use a few unrelated words.")


class PasswordIsPredictable(PasswordUnacceptable):
    """The whole password is a repetition, a sequence or a walk over the keyboard."""

    code = "password_predictable"
    message = _("This password only repeats itself or follows the keyboard or the alphabet.")
    guidance = _("Let a password manager make one, or use a few unrelated words.")


class PasswordIsOurName(PasswordUnacceptable):
    """The whole password consists of words of this site."""

    code = "password_site_words"
    message = _("This password consists of the name of this site, which is easy to guess.")
    guidance = _("Add a few words that have nothing to do with this site.")


class PasswordIsYourName(PasswordUnacceptable):
    """The whole password consists of the account's own name or address."""

    code = "password_own_name"
    message = _("This password consists of your name or address, which is easy to guess.")
    guidance = _("Add a few words that have nothing to do with you.")


# --- Limits by network ------------------------------------------------------------------------


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


# --- Signing in and up ------------------------------------------------------------------------


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


class SignInClosed(SignInRefused):
    """All sign-in is closed for now."""

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


class UsernameTaken(UsernameInvalid):
    """Somebody has exactly this name."""

    code = "username_taken"
    message = _("This user name is taken.")
    guidance = _("If it is yours, sign in instead.")


class UsernameLooksAlike(UsernameInvalid):
    """Somebody has a name that looks just like this one."""

    code = "username_looks_alike"
    message = _("This user name looks just like one that is taken.")
    guidance = _("Choose one that nobody could mistake for somebody else's.")


class NotAnOperator(AccountError):
    """A link for the operator's site was asked for, for somebody who may not get in there."""

    code = "not_an_operator"
    message = _("This account is no operator, or it is locked.")


class EmailInvalid(AccountError):
    """What was typed is no e-mail address."""

    code = "email_invalid"
    message = _("This is not an e-mail address.")
    guidance = _("It should look like name@example.org.")


# --- The flow ---------------------------------------------------------------------------------


class FlowUnusable(AccountError):
    """The hidden field of a flow's page cannot be used."""

    code = "flow_unusable"
    message = _("This page cannot be used any more.")
