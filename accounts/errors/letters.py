"""E-mail addresses, and what comes back from letters."""

from django.utils.translation import gettext_lazy as _

from accounts.errors.base import AccountError


class EmailInvalid(AccountError):
    """What was typed is no e-mail address."""

    code = "email_invalid"
    message = _("This is not an e-mail address.")
    guidance = _("It should look like name@example.org.")


class AddressKnown(AccountError):
    """The account has this address already."""

    code = "address_known"
    message = _("This address is among yours already.")


class TooManyAddresses(AccountError):
    """The account has as many addresses as one may have."""

    code = "too_many_addresses"
    message = _("You have five addresses already.")
    guidance = _("Remove one first.")


class TooManyLetters(AccountError):
    """The account has had its letters of this hour."""

    code = "too_many_letters"
    message = _("We have sent you three such letters in the last hour.")
    guidance = _("Look for them, also among spam, or try again in an hour.")


class NoSuchAddress(AccountError):
    """It is not one's own, or not confirmed where it has to be."""

    code = "no_such_address"
    message = _("This address is not among yours.")


class PrimaryAddress(AccountError):
    """Letters go there, and there is another confirmed one that could take its place."""

    code = "primary_address"
    message = _("Letters go to this address.")
    guidance = _("Let them go to another one first.")


class LetterUnusable(AccountError):
    """The code or link of a letter cannot be used; the subclass says why."""

    code = "letter_unusable"
    message = _("This letter cannot be used.")


class LetterUnknown(LetterUnusable):
    """There is no such token, or it is for something else."""

    code = "letter_unknown"
    message = _("This is not the code of a letter from us.")
    guidance = _("Look at the letter again: it has 16 letters and digits in four groups.")


class LetterUsed(LetterUnusable):
    """Its token was spent."""

    code = "letter_used"
    message = _("This letter was used already: it works once.")


class LetterTooOld(LetterUnusable):
    """Its token has expired."""

    code = "letter_too_old"
    message = _("This letter is too old.")


class LetterOvertaken(LetterUnusable):
    """Something happened since it was written that ends its token."""

    code = "letter_overtaken"
    message = _("Something changed since this letter was written, so it is no longer good.")


class LetterOfAnotherBrowser(LetterUnusable):
    """It was asked for in another browser, and whose it is was not said, or not rightly."""

    code = "letter_of_another_browser"
    message = _("This letter was not asked for in this browser.")
    guidance = _("Type the user name that it is for, as it stands in the letter.")
