"""Passwords that cannot be set."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.errors.base import AccountError


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
