"""What the commands for one account share: its name, a reason, and refusals in one line."""

from abc import ABC, abstractmethod
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from accounts.services.registration import find_account
from emergency.actions.outcome import Done
from emergency.errors import MeasureRefused


class MeasureCommand(ConsoleCommand, ABC):
    """One measure on one account. ``act`` takes it, ``words`` says so."""

    def add_arguments(self, parser: CommandParser) -> None:
        """The name, and why."""
        super().add_arguments(parser)
        parser.add_argument("name", help="the user name")
        parser.add_argument("--reason", required=True, help="why; stands in the audit trail")

    @abstractmethod
    def act(self, account_id: Any, reason: str) -> Done:
        """Takes the measure. Raises ``MeasureRefused``."""

    @abstractmethod
    def words(self, name: str, done: Done) -> str:
        """What was done, in one line."""

    def handle(self, *_args: Any, **options: Any) -> None:
        """Takes the measure on the account of that name."""
        found = find_account(options["name"])
        if found is None:
            raise CommandError(f"{options['name']}: there is no such account")
        try:
            done = self.act(found.account_id, options["reason"])
        except MeasureRefused as error:
            raise CommandError(f"{found.username}: {error.message}") from error
        answer = {
            "username": found.username,
            "id": str(found.account_id),
            "status": done.status,
            "sessions_ended": done.sessions_ended,
        }
        self.say(answer, as_json=options["json"], lines=[self.words(found.username, done)])


def sessions(count: int) -> str:
    """A number of sessions in words."""
    return "1 session" if count == 1 else f"{count} sessions"
