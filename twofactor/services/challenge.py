"""Proving a second factor within a sign-in: one guess, charged and judged by the vault."""

from collections.abc import Callable
from typing import Final, Literal

from accounts.errors import AccountError, KnownDevicesOnly, TooManyGuesses
from accounts.services.attempts import Attempt
from accounts.services.sessions import Origin
from twofactor.errors import AttemptOver, NoSuchFactor, WrongCode, WrongRecoveryCode
from vault import recovery_codes, totp
from vault.factors import Verdict

Method = Literal["totp", "recovery_code"]
# Which of an account's factors (the vault's words) a method proves, in the order to offer them.
METHODS: Final[dict[Method, str]] = {"totp": "totp", "recovery_code": "recovery_codes"}

_WRONG: Final[dict[Method, type[AccountError]]] = {
    "totp": WrongCode,
    "recovery_code": WrongRecoveryCode,
}


def methods_of(attempt: Attempt) -> list[Method]:
    """What the attempt's account can be asked for, the best first."""
    return [method for method, factor in METHODS.items() if factor in attempt.factors]


def verify_factor(method: Method, attempt: Attempt, code: str, *, origin: Origin) -> Attempt:
    """Takes one guess at a code; gives the attempt with the proof that it then holds.

    Raises ``WrongCode``, ``WrongRecoveryCode``, ``TooManyGuesses``, ``KnownDevicesOnly``,
    ``NoSuchFactor``, ``AttemptOver`` (sign in again), ``VaultUnavailable``, ``HashingBusy``.
    """
    prove: Callable[..., Verdict] = totp.prove if method == "totp" else recovery_codes.prove
    verdict = prove(attempt, code, origin=origin)
    if verdict.attempt is not None:
        return verdict.attempt
    if verdict.status == "wait":
        raise TooManyGuesses(verdict.wait_seconds)
    if verdict.status == "wrong":
        raise _WRONG[method]
    if verdict.status == "known_only":
        raise KnownDevicesOnly
    if verdict.status == "none":
        raise NoSuchFactor
    raise AttemptOver
