"""Ends an account's sessions everywhere; its owner may sign in again at once."""

from uuid import UUID

from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from vault import lockouts


def end_sessions(account_id: UUID, reason: str, *, by: Operator | None) -> Done:
    """Ends all sessions, codes and pending sign-ins of the account, operator's sessions too.

    Raises ``NotAllowed``, ``NotProven``, ``ReasonMissing``, ``TargetUnknown``,
    ``VaultUnavailable``.
    """
    outcome = lockouts.end_sessions(account_id, reason.strip(), by.session if by else None)
    return settle(outcome, done="ended")
