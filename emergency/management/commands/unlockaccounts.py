"""``manage.py unlockaccounts``: Undo a list that lockaccounts locked."""

from typing import Any

from django.core.management.base import CommandParser

from emergency.actions.account_lists import unlock_accounts
from emergency.management.lockout import LockoutCommand


class Command(LockoutCommand):
    """At the owner's console."""

    help = "Unlock what a list locked, and nobody unlocked since. Other locks stay as they are."
    has_dry_run = False

    def add_arguments(self, parser: CommandParser) -> None:
        """The list."""
        super().add_arguments(parser)
        parser.add_argument("list", type=int, help="its number (manage.py lockouts shows them)")

    def find(self, options: dict[str, Any]) -> Any:
        """Its number."""
        return options["list"]

    def name(self, target: Any) -> str:
        """Its number in words."""
        return f"list {target}"

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Unlocks them."""
        done = unlock_accounts(target, reason, by=None, progress=self._progress)
        line = f"List {target}: {done.accounts} unlocked."
        return {"list": target, "status": "unlocked", "unlocked": done.accounts}, [line]

    def _progress(self, list_id: int, dealt_with: int, total: int) -> None:
        if dealt_with < total:
            self.stderr.write(f"list {list_id}: {dealt_with} of {total}")
