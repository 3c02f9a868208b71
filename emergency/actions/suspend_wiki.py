"""Takes a wiki out of service, and back in: no sign-in to it, and what it was given is dead."""

from datetime import datetime

from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from emergency.errors import AlreadySuspended, NotSuspended
from vault import lockouts


def suspend_wiki(
    client_id: str, reason: str, *, by: Operator | None, ends_at: datetime | None = None
) -> Done:
    """Suspends the wiki, until then or until it is put back, and revokes all that it was given.

    Raises ``NotAllowed``, ``NotProven``, ``ReasonMissing``, ``TargetUnknown``,
    ``AlreadySuspended``, ``VaultUnavailable``.
    """
    session = by.session if by else None
    outcome = lockouts.set_wiki_state(client_id, "suspended", reason.strip(), session, ends_at)
    return settle(outcome, done="suspended", already=AlreadySuspended)


def resume_wiki(client_id: str, reason: str, *, by: Operator | None) -> Done:
    """Takes the wiki back into service; people sign in to it anew.

    Raises ``NotAllowed``, ``NotProven``, ``ReasonMissing``, ``TargetUnknown``, ``NotSuspended``,
    ``VaultUnavailable``.
    """
    session = by.session if by else None
    outcome = lockouts.set_wiki_state(client_id, "active", reason.strip(), session)
    return settle(outcome, done="active", already=NotSuspended)
