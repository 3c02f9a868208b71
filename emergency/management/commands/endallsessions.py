"""``manage.py endallsessions``: End every session of the site."""

from collections.abc import Sequence
from typing import Any

from emergency.actions.end_all_sessions import end_all_sessions
from emergency.actions.reach import Hit, reach
from emergency.management.lockout import LockoutCommand


class Command(LockoutCommand):
    """At the owner's console."""

    help = "End every session of the site, operators' too. Everybody may sign in again."

    def hits(self, target: Any, options: dict[str, Any]) -> Sequence[Hit]:
        """All that are alive."""
        return reach("sessions", by=None)

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Ends them all, without counting: it must not wait for that."""
        done = end_all_sessions(reason, by=None)
        line = "Every session, code and token has ended. Wikis learn when they next ask."
        return {"status": done.status}, [line]
