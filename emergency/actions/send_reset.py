"""Sends an account's owner the letter by which they set a new password; nobody else sees it."""

from uuid import UUID

from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from emergency.errors import AlreadyLocked
from vault import lockouts


def send_reset(account_id: UUID, reason: str, *, by: Operator | None) -> Done:
    """Has the letter sent that the owner could ask for; it counts among their three an hour.

    Raises ``NotAllowed``, ``NotProven``, ``ReasonMissing``, ``TargetUnknown``, ``AlreadyLocked``,
    ``NoAddress``, ``VaultUnavailable``.
    """
    outcome = lockouts.send_reset(account_id, reason.strip(), by.session if by else None)
    return settle(outcome, done="sent", already=AlreadyLocked)
