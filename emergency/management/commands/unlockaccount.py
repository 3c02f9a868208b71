"""``manage.py unlockaccount``: Unlock an account."""

from collections.abc import Sequence
from typing import Any

from emergency.actions.reach import Hit
from emergency.actions.unlock_account import unlock_account
from emergency.management.measure import MeasureCommand


class Command(MeasureCommand):
    """At the owner's console."""

    help = "Unlock an account: lift its lock, or the limit that wrong guesses put on its password."

    def would(self, target: Any, hits: Sequence[Hit]) -> list[str]:
        """Whether there is a lock to lift."""
        is_locked = any(hit.what == "already" for hit in hits)
        state = "is locked, and would be unlocked" if is_locked else "is not locked"
        return [f"{target.username} {state}.", "Nothing was done: this was a dry run."]

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Unlocks the account."""
        done = unlock_account(target.account_id, reason, by=None)
        return self.done(target, done, f"{target.username} is unlocked.")
