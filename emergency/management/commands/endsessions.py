"""``manage.py endsessions``: End all sessions of an account."""

from uuid import UUID

from emergency.actions.end_sessions import end_sessions
from emergency.actions.outcome import Done
from emergency.management.measure import MeasureCommand, sessions


class Command(MeasureCommand):
    """At the owner's console."""

    help = "End all sessions of an account. Its owner may sign in again."

    def act(self, account_id: UUID, reason: str) -> Done:
        """Takes the measure."""
        return end_sessions(account_id, reason, by=None)

    def words(self, name: str, done: Done) -> str:
        """What was done."""
        return f"{sessions(done.sessions_ended)} of {name} ended."
