"""What the commands for one wiki share: its client id."""

from abc import ABC
from typing import Any

from django.core.management.base import CommandParser

from emergency.management.lockout import LockoutCommand


class WikiMeasureCommand(LockoutCommand, ABC):
    """One measure on one wiki."""

    def add_arguments(self, parser: CommandParser) -> None:
        """The client id, and what every lockout takes."""
        super().add_arguments(parser)
        parser.add_argument("client_id", help="the wiki's client id")

    def find(self, options: dict[str, Any]) -> Any:
        """The client id: the vault knows whether there is such a wiki."""
        return options["client_id"]

    def name(self, target: Any) -> str:
        """Its client id."""
        return str(target)
