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


class WrongNameOrRecoveryCode(AccountError):
    """Said of unknown names, wrong codes and accounts that have a password alike."""

    code = "wrong_name_or_recovery_code"
    message = _("This user name and recovery code do not go together.")
    guidance = _("This is only for accounts without a password; each code works once.")


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


class TooManyPasskeys(AccountError):
    """Twenty passkeys are there already."""

    code = "too_many_passkeys"
    message = _("You have twenty passkeys, which is as many as an account can have.")
    guidance = _("Remove one that you no longer use.")


class LastPasskey(AccountError):
    """Without it nobody could sign in to the account: it has no password."""

    code = "last_passkey"
    message = _("This is your only way to sign in, so it stays.")
    guidance = _("Add another passkey or set a password first.")


class TooFewPasskeys(AccountError):
    """Without a password one loss would shut them out."""

    code = "too_few_passkeys"
    message = _("To do without a password you need two passkeys and a recovery code.")
    guidance = _("Each passkey has to be one that asks for a PIN, your fingerprint or your face.")


class PasskeyTaken(AccountError):
    """The passkey that was made is one that is known already."""

    code = "passkey_taken"
    message = _("This passkey is in use already.")


class CeremonyRefused(AccountError):
    """What the browser sent for a passkey does not hold; ``why`` is for logs, without secrets."""

    code = "ceremony_refused"
    message = _("That passkey could not be checked.")
    guidance = _("Please try once more, or choose another way.")

    def __init__(self, why: str = "") -> None:
        super().__init__()
        self.why = why


class PasskeyUnknown(CeremonyRefused):
    """No account has this passkey, or not any more, or not the one that is asked for."""

    code = "passkey_unknown"
    message = _("This passkey does not belong to an account here, or it was removed.")
    guidance = _("Choose another one, or another way to sign in.")


class PasskeyCopied(CeremonyRefused):
    """Its counter went back: perhaps somebody has copied it (WebAuthn section 6.1.1)."""

    code = "passkey_copied"
    message = _("This passkey may have been copied, so it was not accepted.")
    guidance = _("Sign in another way and replace it.")


class UserNotVerified(CeremonyRefused):
    """The device did not ask for a PIN, a fingerprint or a face, where it has to."""

    code = "user_not_verified"
    message = _("Your device did not check that it is you.")
    guidance = _(
        "Use a passkey that asks for a PIN, your fingerprint or your face; or, if your laptop is"
        " shut, open its lid. Another way works as well."
    )
