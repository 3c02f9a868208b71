"""``manage.py sendreset``: Send an account's owner the letter for a new password."""

from uuid import UUID

from emergency.actions.outcome import Done
from emergency.actions.send_reset import send_reset
from emergency.management.measure import MeasureCommand


class Command(MeasureCommand):
    """At the owner's console."""

    help = (
        "Send an account's owner the letter by which they set a new password, to their confirmed"
        " address. The password stays as it is until they do."
    )

    def act(self, account_id: UUID, reason: str) -> Done:
        """Takes the measure."""
        return send_reset(account_id, reason, by=None)

    def words(self, name: str, done: Done) -> str:
        """What was done."""
        return f"{name} gets a letter for a new password, unless three went out in this hour."
