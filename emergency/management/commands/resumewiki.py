"""``manage.py resumewiki``: Put a wiki back into service."""

from typing import Any

from emergency.actions.suspend_wiki import resume_wiki
from emergency.management.wiki_measure import WikiMeasureCommand


class Command(WikiMeasureCommand):
    """At the owner's console."""

    help = "Put a wiki back into service. People sign in to it anew."
    has_dry_run = False

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Puts the wiki back."""
        done = resume_wiki(target, reason, by=None)
        line = f"{target} is back in service."
        return {"client_id": target, "status": done.status}, [line]
