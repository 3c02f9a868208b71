"""Operators' own sign-in: by a passkey of this site's, and only by the vault's word.

Neither a password nor a session of the public site opens anything here.
"""

from typing import Any

from accounts.errors import AccountLocked, ProofGone
from accounts.services.sessions import cookie_value, decoded
from emergency.errors import NotLetIn
from twofactor.errors import PasskeyUnknown
from twofactor.services import ceremonies, passkeys
from vault import operators
from vault.errors import FactorMissing
from vault.events import Origin
from vault.operators import Level, Operator
from vault.sessions import Session

__all__ = [
    "Level",
    "Operator",
    "Session",
    "cookie_value",
    "options_to_sign_in",
    "resume",
    "sign_in",
    "sign_out",
]


def options_to_sign_in(challenge: bytes) -> dict[str, Any]:
    """What a browser is asked for: any passkey of this site's that knows its user."""
    return ceremonies.authentication_options(challenge, verification="required")


def sign_in(
    credential: str, challenge: bytes | None, *, agent_label: str, origin: Origin
) -> Session:
    """Opens an operator's session by what a browser shows for a passkey; spends the challenge.

    A passkey that nobody has, one of somebody who is no operator, and one of a locked account get
    the same error; the vault's trail tells them apart. Raises ``NotLetIn``, ``CeremonyRefused``
    and its kinds, ``VaultUnavailable``.
    """
    try:
        attempt = passkeys.show(credential, challenge, purpose="operator", origin=origin)
        session = operators.sign_in(attempt, agent_label=agent_label, origin=origin)
    except (PasskeyUnknown, AccountLocked, ProofGone, FactorMissing) as error:
        raise NotLetIn from error
    if session is None:
        raise NotLetIn
    return session


def resume(cookie: str) -> Operator | None:
    """The operator whose live session the cookie holds, or None. Raises ``VaultUnavailable``."""
    secret = decoded(cookie)
    return operators.resume(secret) if secret is not None else None


def sign_out(operator: Operator, origin: Origin) -> None:
    """Ends the operator's session. Raises ``VaultUnavailable``."""
    operators.sign_out(operator.session, origin)
