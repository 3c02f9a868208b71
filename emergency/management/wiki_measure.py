"""What the commands for one wiki share: its client id, a reason, and refusals in one line."""

from abc import ABC, abstractmethod
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from emergency.actions.outcome import Done
from emergency.errors import MeasureRefused


class WikiMeasureCommand(ConsoleCommand, ABC):
    """One measure on one wiki. ``act`` takes it, ``words`` says so."""

    def add_arguments(self, parser: CommandParser) -> None:
        """The client id, and why."""
        super().add_arguments(parser)
        parser.add_argument("client_id", help="the wiki's client id")
        parser.add_argument("--reason", required=True, help="why; stands in the audit trail")

    @abstractmethod
    def act(self, client_id: str, reason: str) -> Done:
        """Takes the measure. Raises ``MeasureRefused``."""

    @abstractmethod
    def words(self, client_id: str) -> str:
        """What was done, in one line."""

    def handle(self, *_args: Any, **options: Any) -> None:
        """Takes the measure on the wiki of that client id."""
        client_id = options["client_id"]
        try:
            done = self.act(client_id, options["reason"])
        except MeasureRefused as error:
            raise CommandError(f"{client_id}: {error.message}") from error
        answer = {"client_id": client_id, "status": done.status}
        self.say(answer, as_json=options["json"], lines=[self.words(client_id)])
