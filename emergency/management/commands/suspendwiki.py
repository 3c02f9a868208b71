"""``manage.py suspendwiki``: Take a wiki out of service."""

from emergency.actions.outcome import Done
from emergency.actions.suspend_wiki import suspend_wiki
from emergency.management.wiki_measure import WikiMeasureCommand


class Command(WikiMeasureCommand):
    """At the owner's console."""

    help = "Take a wiki out of service: nobody signs in to it, and all it was given is dead."

    def act(self, client_id: str, reason: str) -> Done:
        """Takes the measure."""
        return suspend_wiki(client_id, reason, by=None)

    def words(self, client_id: str) -> str:
        """What was done."""
        return f"{client_id} is suspended; every code and token that it was given is dead."
