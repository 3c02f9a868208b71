"""``manage.py lockaccount``: Lock an account and end its sessions."""

from uuid import UUID

from emergency.actions.lock_account import lock_account
from emergency.actions.outcome import Done
from emergency.management.measure import MeasureCommand, sessions


class Command(MeasureCommand):
    """At the owner's console."""

    help = "Lock an account and end its sessions."

    def act(self, account_id: UUID, reason: str) -> Done:
        """Takes the measure."""
        return lock_account(account_id, reason, by=None)

    def words(self, name: str, done: Done) -> str:
        """What was done."""
        return f"{name} is locked; {sessions(done.sessions_ended)} ended."
