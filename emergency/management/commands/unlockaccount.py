"""``manage.py unlockaccount``: Lift an account's lock."""

from uuid import UUID

from emergency.actions.outcome import Done
from emergency.actions.unlock_account import unlock_account
from emergency.management.measure import MeasureCommand


class Command(MeasureCommand):
    """At the owner's console."""

    help = "Lift an account's lock. Sessions that ended stay ended."

    def act(self, account_id: UUID, reason: str) -> Done:
        """Takes the measure."""
        return unlock_account(account_id, reason, by=None)

    def words(self, name: str, done: Done) -> str:
        """What was done."""
        return f"{name} is unlocked."
