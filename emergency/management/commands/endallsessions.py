"""``manage.py endallsessions``: End every session of the site."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from emergency.actions.end_all_sessions import end_all_sessions
from emergency.errors import MeasureRefused
from emergency.management.measure import sessions


class Command(ConsoleCommand):
    """At the owner's console."""

    help = "End every session of the site, operators' too. Everybody may sign in again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Why, and whether only to count."""
        super().add_arguments(parser)
        parser.add_argument("--reason", default="", help="why; stands in the audit trail")
        parser.add_argument("--dry-run", action="store_true", help="say how many would end")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Takes the measure, or counts."""
        try:
            done = end_all_sessions(options["reason"], dry_run=options["dry_run"])
        except MeasureRefused as error:
            raise CommandError(f"{error.message} (--reason)") from error
        count = sessions(done.sessions_ended)
        self.say(
            {"status": done.status, "sessions_ended": done.sessions_ended},
            as_json=options["json"],
            lines=[
                f"{count} would end; everybody would have to sign in again."
                if options["dry_run"]
                else f"{count} ended, with every code and token. Wikis learn when they next ask."
            ],
        )
