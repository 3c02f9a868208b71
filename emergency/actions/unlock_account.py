"""Lifts an account's lock; the sessions that it ended stay ended."""

from uuid import UUID

from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from emergency.errors import NotLocked
from vault import lockouts


def unlock_account(account_id: UUID, reason: str, *, by: Operator | None) -> Done:
    """Lets the account in again.

    Raises ``NotAllowed``, ``NotProven``, ``ReasonMissing``, ``TargetUnknown``, ``NotLocked``,
    ``VaultUnavailable``.
    """
    outcome = lockouts.unlock_account(account_id, reason.strip(), by.session if by else None)
    return settle(outcome, done="unlocked", already=NotLocked)
