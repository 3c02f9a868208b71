"""An operator shows their passkey for one measure: a session alone, or its cookie, harms nobody."""

from typing import Any

from accounts.errors import AccountLocked, ProofGone
from emergency.errors import NotAllowed, NotProven, NotYourPasskey
from twofactor.errors import CeremonyRefused, PasskeyUnknown
from twofactor.services import ceremonies, passkeys
from vault import operator_passkeys, operators
from vault.errors import FactorMissing
from vault.events import Origin
from vault.operators import Operator
from vault.passkeys import Offered

__all__ = ["CeremonyRefused", "discard", "options_to_prove", "prove"]


def options_to_prove(operator: Operator, challenge: bytes) -> dict[str, Any]:
    """What a browser is asked for: one of this operator's own passkeys of this site."""
    own = [
        Offered(passkey.credential_id, passkey.transports)
        for passkey in operator_passkeys.own(operator.session)
    ]
    return ceremonies.authentication_options(challenge, offered=own, verification="required")


def prove(operator: Operator, credential: str, challenge: bytes, *, origin: Origin) -> None:
    """Notes that the operator has shown their passkey; the vault takes it for one measure.

    The challenge is spent, whatever comes of it. Raises ``CeremonyRefused`` and its kinds (so that
    they may try again), ``NotAllowed``, ``NotProven``, ``VaultUnavailable``.
    """
    try:
        attempt = passkeys.show(
            credential, challenge, purpose="operator", origin=origin, session=operator.session
        )
        is_noted = operators.prove(operator.session, attempt)
    except PasskeyUnknown as error:
        raise NotYourPasskey from error
    except (AccountLocked, ProofGone) as error:
        raise NotAllowed from error
    except FactorMissing as error:
        raise NotProven from error
    if not is_noted:
        raise NotProven


def discard(challenge: bytes) -> None:
    """Spends a challenge whose answer is not looked at. Raises ``VaultUnavailable``."""
    try:
        passkeys.spend(challenge)
    except CeremonyRefused:
        return  # it was spent before
