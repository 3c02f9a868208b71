"""Locks an account: nobody signs in to it, its sessions end or rest, its wikis are told."""

from uuid import UUID

from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from emergency.errors import AlreadyLocked
from vault import lockouts
from vault.lockouts import LOCK, Lock

__all__ = ["LOCK", "Lock", "lock_account"]


def lock_account(account_id: UUID, reason: str, *, by: Operator | None, how: Lock = LOCK) -> Done:
    """Locks the account and ends its sessions, or lets them rest; until it ends, where that is set.

    Raises ``NotAllowed``, ``NotProven``, ``ReasonMissing``, ``TargetUnknown``, ``AlreadyLocked``,
    ``OwnAccount``, ``LastOperator``, ``VaultUnavailable``.
    """
    outcome = lockouts.lock_account(account_id, reason.strip(), by.session if by else None, how)
    return settle(outcome, done="locked", already=AlreadyLocked)
