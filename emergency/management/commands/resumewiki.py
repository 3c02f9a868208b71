"""``manage.py resumewiki``: Put a suspended wiki back into service."""

from emergency.actions.outcome import Done
from emergency.actions.suspend_wiki import resume_wiki
from emergency.management.wiki_measure import WikiMeasureCommand


class Command(WikiMeasureCommand):
    """At the owner's console."""

    help = "Put a suspended wiki back into service; people sign in to it anew."

    def act(self, client_id: str, reason: str) -> Done:
        """Takes the measure."""
        return resume_wiki(client_id, reason, by=None)

    def words(self, client_id: str) -> str:
        """What was done."""
        return f"{client_id} is back in service."
