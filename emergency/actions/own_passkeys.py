"""An operator's own passkeys of this site: which there are, and taking one away."""

from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from twofactor.services.passkeys import key_of
from vault import operator_passkeys
from vault.operator_passkeys import OperatorPasskey

__all__ = ["OperatorPasskey", "key_of", "own_passkeys", "remove_passkey"]


def own_passkeys(operator: Operator) -> dict[str, OperatorPasskey]:
    """This operator's passkeys, the oldest first, each by how addresses name it."""
    return {
        key_of(passkey.credential_id): passkey
        for passkey in operator_passkeys.own(operator.session)
    }


def remove_passkey(credential_id: bytes, reason: str, *, by: Operator) -> Done:
    """Takes one of one's own away, and ends one's other sessions; a reason may be given.

    Raises ``NotAllowed``, ``NotProven``, ``TargetUnknown``, ``LastPasskeyHere``,
    ``VaultUnavailable``.
    """
    outcome = operator_passkeys.remove(by.session, credential_id, reason.strip())
    return settle(outcome, done="removed")
