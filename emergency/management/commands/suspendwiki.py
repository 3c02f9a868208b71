"""``manage.py suspendwiki``: Take a wiki out of service."""

from collections.abc import Sequence
from typing import Any

from emergency.actions.reach import Hit, reach
from emergency.actions.suspend_wiki import suspend_wiki
from emergency.management.lockout import ends_words
from emergency.management.wiki_measure import WikiMeasureCommand


class Command(WikiMeasureCommand):
    """At the owner's console."""

    help = "Take a wiki out of service: nobody signs in to it, and all it was given is dead."
    takes_end = True

    def hits(self, target: Any, options: dict[str, Any]) -> Sequence[Hit]:
        """Who is signed in to it."""
        return reach("wiki", by=None, subject=target)

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Suspends the wiki."""
        done = suspend_wiki(target, reason, by=None, ends_at=options["ends_at"])
        line = f"{target} is suspended; every code and token that it was given is dead."
        return {"client_id": target, "status": done.status}, [line, ends_words(options["ends_at"])]
