"""Locks an account: nobody signs in to it, its sessions end, its wikis are told."""

from uuid import UUID

from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from emergency.errors import AlreadyLocked
from vault import lockouts


def lock_account(account_id: UUID, reason: str, *, by: Operator | None) -> Done:
    """Locks the account and ends its sessions.

    Raises ``NotAllowed``, ``NotProven``, ``ReasonMissing``, ``TargetUnknown``, ``AlreadyLocked``,
    ``OwnAccount``, ``LastOperator``, ``VaultUnavailable``.
    """
    outcome = lockouts.lock_account(account_id, reason.strip(), by.session if by else None)
    return settle(outcome, done="locked", already=AlreadyLocked)
