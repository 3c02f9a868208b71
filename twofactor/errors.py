"""What can go wrong with second factors, one class per reason (see `accounts.errors`)."""

from django.utils.translation import gettext_lazy as _

from accounts.errors import AccountError


class WrongCode(AccountError):
    """Not a code of this account's, or one that was used already."""

    code = "wrong_code"
    message = _("This code is not right.")
    guidance = _("Codes change every 30 seconds, and each works once. Wait for the next one.")


class WrongRecoveryCode(AccountError):
    """Not a recovery code of this account's, or a used one."""

    code = "wrong_recovery_code"
    message = _("This recovery code is not right.")
    guidance = _("Each works once. Take one that you have not used yet.")


class NotOneOfThese(AccountError):
    """What was typed back is none of the new recovery codes."""

    code = "not_one_of_these"
    message = _("This is not one of the codes above.")
    guidance = _("Type any one of them, from where you have kept them.")


class TooManyApps(AccountError):
    """Ten apps are there already."""

    code = "too_many_apps"
    message = _("You have ten apps, which is as many as an account can have.")
    guidance = _("Remove one that you no longer use.")


class AttemptOver(AccountError):
    """Ten codes were wrong, the attempt ran out, or a lockout overtook it."""

    code = "attempt_over"
    message = _("That took too long, or too many codes were wrong. Please sign in again.")


class NoSuchFactor(AccountError):
    """The account has nothing of this kind."""

    code = "no_such_factor"
    message = _("This account has no such second step. Please choose another way.")
