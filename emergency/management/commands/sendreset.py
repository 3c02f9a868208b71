"""``manage.py sendreset``: Send an account's owner the letter for a new password."""

from typing import Any

from emergency.actions.send_reset import send_reset
from emergency.management.measure import MeasureCommand


class Command(MeasureCommand):
    """At the owner's console."""

    help = (
        "Send an account's owner the letter by which they set a new password, to their confirmed"
        " address. The password stays as it is until they do."
    )
    has_dry_run = False

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Sends the letter."""
        done = send_reset(target.account_id, reason, by=None)
        line = (
            f"{target.username} gets a letter for a new password, unless three went out in this"
            " hour."
        )
        return self.done(target, done, line)
