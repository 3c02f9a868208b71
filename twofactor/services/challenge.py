"""Proving a code within a sign-in: one guess, charged and judged by the vault."""

from collections.abc import Callable
from typing import Final, Literal

from accounts.errors import AccountError, KnownDevicesOnly, TooManyGuesses
from accounts.models import Account
from accounts.services.attempts import Attempt
from accounts.services.sessions import Origin
from twofactor.errors import AttemptOver, NoSuchFactor, WrongCode, WrongRecoveryCode
from twofactor.models import AuthenticatorApps, Holding, RecoveryCodes, VaultDevice, hold
from vault import recovery_codes, totp
from vault.factors import Verdict

CodeMethod = Literal["totp", "recovery_code"]

_WRONG: Final[dict[CodeMethod, type[AccountError]]] = {
    "totp": WrongCode,
    "recovery_code": WrongRecoveryCode,
}
_DEVICES: Final[dict[CodeMethod, type[VaultDevice]]] = {
    "totp": AuthenticatorApps,
    "recovery_code": RecoveryCodes,
}


class _Guesses:
    """Guesses within an attempt, by the devices that its account holds; ``proven`` once right."""

    def __init__(self, attempt: Attempt, origin: Origin) -> None:
        self._attempt, self._origin = attempt, origin
        self.proven: Attempt | None = None

    def account(self) -> Account:
        """Whose attempt it is, with what the vault said that they hold."""
        account = Account(id=self._attempt.account_id, username=self._attempt.username)
        provers = {"totp": self._totp, "recovery_codes": self._recovery_code}
        held = {kind: prover for kind, prover in provers.items() if kind in self._attempt.factors}
        hold(account, Holding(held))
        return account

    def _totp(self, token: str) -> bool:
        return self._judged(totp.prove, token)

    def _recovery_code(self, token: str) -> bool:
        return self._judged(recovery_codes.prove, token)

    def _judged(self, prove: Callable[..., Verdict], token: str) -> bool:
        verdict = prove(self._attempt, token, origin=self._origin)
        self.proven = verdict.attempt
        if verdict.status == "wait":
            raise TooManyGuesses(verdict.wait_seconds)
        if verdict.status == "known_only":
            raise KnownDevicesOnly
        if verdict.status == "none":
            raise NoSuchFactor
        if verdict.status not in ("right", "wrong"):
            raise AttemptOver
        return self.proven is not None


def verify_code(method: CodeMethod, attempt: Attempt, code: str, *, origin: Origin) -> Attempt:
    """Takes one guess at a code; gives the attempt with the proof that it then holds.

    Raises ``WrongCode``, ``WrongRecoveryCode``, ``TooManyGuesses``, ``KnownDevicesOnly``,
    ``NoSuchFactor``, ``AttemptOver`` (sign in again), ``VaultUnavailable``, ``HashingBusy``.
    """
    guesses = _Guesses(attempt, origin)
    device = _DEVICES[method].objects.devices_for_user(guesses.account()).first()
    if device is None:
        raise NoSuchFactor
    if not device.verify_token(code) or guesses.proven is None:
        raise _WRONG[method]
    return guesses.proven
