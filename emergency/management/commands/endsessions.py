"""``manage.py endsessions``: End all sessions of an account."""

from collections.abc import Sequence
from typing import Any

from emergency.actions.end_sessions import end_sessions
from emergency.actions.reach import Hit
from emergency.management.measure import MeasureCommand, sessions


class Command(MeasureCommand):
    """At the owner's console."""

    help = "End all sessions of an account. Its owner may sign in again."

    def hits(self, target: Any, options: dict[str, Any]) -> Sequence[Hit]:
        """The sessions and wikis alone: the account stays open."""
        found = super().hits(target, options)
        return [hit for hit in found if hit.what in ("sessions", "wikis")]

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Ends the sessions."""
        done = end_sessions(target.account_id, reason, by=None)
        line = f"{sessions(done.sessions_ended)} of {target.username} ended."
        return self.done(target, done, line)
