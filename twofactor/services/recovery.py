"""Getting back in without a password: a recovery code leads to a new passkey, and to no session."""

from accounts.services.attempts import Attempt
from accounts.services.passwords import check_not_refused, name_to_ask_for
from accounts.services.sessions import Origin
from twofactor.errors import WrongNameOrRecoveryCode
from twofactor.services.passkeys import Made, check_added
from vault import recoveries


def verify_recovery_code(username: str, code: str, *, origin: Origin) -> Attempt:
    """Takes one guess at a recovery code of a typed name; gives an attempt to recover.

    Raises ``WrongNameOrRecoveryCode`` (also for unknown names and for accounts with a password),
    ``TooManyGuesses``, ``KnownDevicesOnly``, ``AccountLocked``, ``SignInClosed``,
    ``VaultUnavailable``, ``HashingBusy``.
    """
    name = name_to_ask_for(username)
    verdict = recoveries.prove(name, code, origin=origin)
    check_not_refused(verdict.status, verdict.wait_seconds, name)
    if verdict.attempt is None:
        raise WrongNameOrRecoveryCode
    return verdict.attempt


def mend(attempt: Attempt, new: Made, *, language: str, origin: Origin) -> None:
    """Adds a passkey by an attempt to recover, which is over then; ends all sessions.

    Raises ``PasskeyTaken``, ``TooManyPasskeys``, ``ProofGone``, ``VaultUnavailable``.
    """
    check_added(
        recoveries.mend_with_passkey(
            attempt, new.passkey, name=new.name, language=language, origin=origin
        )
    )
