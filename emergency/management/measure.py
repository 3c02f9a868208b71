"""What the commands for one account share: its name, and what one line says."""

from abc import ABC
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.services.registration import find_account
from emergency.actions.outcome import Done
from emergency.actions.reach import Hit, reach
from emergency.management.lockout import LockoutCommand


class MeasureCommand(LockoutCommand, ABC):
    """One measure on one account."""

    def add_arguments(self, parser: CommandParser) -> None:
        """The name, and what every lockout takes."""
        super().add_arguments(parser)
        parser.add_argument("name", help="the user name")

    def find(self, options: dict[str, Any]) -> Any:
        """The account of that name."""
        found = find_account(options["name"])
        if found is None:
            raise CommandError(f"{options['name']}: there is no such account")
        return found

    def name(self, target: Any) -> str:
        """Its user name."""
        return str(target.username)

    def hits(self, target: Any, options: dict[str, Any]) -> Sequence[Hit]:  # noqa: ARG002
        """The account, its sessions, its wikis."""
        return reach("accounts", by=None, accounts=[target.account_id])

    @staticmethod
    def done(target: Any, done: Done, line: str) -> tuple[Any, list[str]]:
        """What was done to an account, as JSON and in a line."""
        answer = {
            "username": target.username,
            "id": str(target.account_id),
            "status": done.status,
            "sessions_ended": done.sessions_ended,
        }
        return answer, [line]


def sessions(count: int) -> str:
    """A number of sessions in words."""
    return "1 session" if count == 1 else f"{count} sessions"
