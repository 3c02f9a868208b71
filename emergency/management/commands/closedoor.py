"""``manage.py closedoor``: Close sign-up, sign-in, or sign-in from unknown browsers."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from emergency.actions.doors import close_door
from emergency.actions.reach import Hit, reach
from emergency.management.lockout import LockoutCommand, ends_words
from emergency.words import door_words

DOORS = ("sign-up", "sign-in", "unknown-devices")


class Command(LockoutCommand):
    """At the owner's console."""

    help = (
        "Close a door of the site: signing up, signing in, or signing in where the account was"
        " never signed in to before. Whoever is signed in stays so; operators get in as always."
    )
    takes_end = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Which."""
        super().add_arguments(parser)
        parser.add_argument("door", choices=DOORS, help="what to close")

    def find(self, options: dict[str, Any]) -> Any:
        """The door, as the vault names it."""
        return options["door"].replace("-", "_")

    def name(self, target: Any) -> str:
        """The door in words."""
        return door_words(target)

    def hits(self, target: Any, options: dict[str, Any]) -> Sequence[Hit]:
        """Who came through it in the last hour."""
        return reach(target, by=None)

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Closes it."""
        done = close_door(target, reason, by=None, ends_at=options["ends_at"])
        line = f"Closed: {door_words(target)}. {ends_words(options['ends_at'])}"
        undo = f"Undo: manage.py opendoor {options['door']} --reason ..."
        return {"door": options["door"], "status": done.status}, [line, undo]
