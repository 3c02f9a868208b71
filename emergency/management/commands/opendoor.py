"""``manage.py opendoor``: Open again what closedoor closed."""

from typing import Any

from django.core.management.base import CommandParser

from emergency.actions.doors import open_door
from emergency.management.commands.closedoor import DOORS
from emergency.management.lockout import LockoutCommand
from emergency.words import door_words


class Command(LockoutCommand):
    """At the owner's console."""

    help = "Open a door of the site that closedoor closed. Others that are closed stay closed."
    has_dry_run = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Which."""
        super().add_arguments(parser)
        parser.add_argument("door", choices=DOORS, help="what to open")

    def find(self, options: dict[str, Any]) -> Any:
        """The door, as the vault names it."""
        return options["door"].replace("-", "_")

    def name(self, target: Any) -> str:
        """The door in words."""
        return door_words(target)

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Opens it."""
        done = open_door(target, reason, by=None)
        return {"door": options["door"], "status": done.status}, [f"Open: {door_words(target)}."]
