"""Operators' own sign-in: never from a session of the public site, and only by the vault's word."""

import uuid

from accounts.errors import WrongNameOrPassword
from accounts.services.passwords import verify_password
from accounts.services.sessions import cookie_value, decoded
from emergency.errors import CannotAskForFactor
from vault import operators
from vault.errors import FactorMissing
from vault.events import Origin
from vault.operators import Level, Operator
from vault.sessions import Session

__all__ = ["Level", "Operator", "Session", "cookie_value", "resume", "sign_in", "sign_out"]


def sign_in(username: str, password: str, *, agent_label: str, origin: Origin) -> Session:
    """Opens an operator's session by name and password.

    A wrong password and a right one of somebody who is no operator get the same error after the
    same questions to the vault; its trail tells them apart. Raises ``WrongNameOrPassword``,
    ``CannotAskForFactor``, ``TooManyGuesses``, ``AccountLocked``, ``PasswordTooLong``,
    ``VaultUnavailable``, ``HashingBusy``.
    """
    try:
        attempt = verify_password(username, password, origin=origin, purpose="operator")
    except WrongNameOrPassword:
        # The question that a right password leads to, about nobody.
        operators.is_operator(uuid.uuid4())
        raise
    try:
        session = operators.sign_in(attempt, agent_label=agent_label, origin=origin)
    except FactorMissing as error:
        raise CannotAskForFactor from error
    if session is None:
        raise WrongNameOrPassword
    return session


def resume(cookie: str) -> Operator | None:
    """The operator whose live session the cookie holds, or None. Raises ``VaultUnavailable``."""
    secret = decoded(cookie)
    return operators.resume(secret) if secret is not None else None


def sign_out(operator: Operator, origin: Origin) -> None:
    """Ends the operator's session. Raises ``VaultUnavailable``."""
    operators.sign_out(operator.session, origin)
