"""``manage.py renewsecret``: gives a wiki a new client secret, beside the old one for a while."""

from typing import Any

from django.core.management.base import CommandParser

from accounts.management.console import ConsoleCommand
from sso.management.wiki_options import refusals_in_one_line, secret_lines
from sso.services.registration import OVERLAP_SECONDS, renew_secret


class Command(ConsoleCommand):
    """The new one works within seconds; the old one for as long as the wiki's servers need."""

    help = "Give a wiki a new client secret. Prints it, once, and until when the old one is good."

    def add_arguments(self, parser: CommandParser) -> None:
        """The client id, and how long both are good."""
        super().add_arguments(parser)
        parser.add_argument("client_id", help="the wiki's client id")
        until = parser.add_mutually_exclusive_group()
        until.add_argument(
            "--overlap",
            type=int,
            metavar="HOURS",
            default=OVERLAP_SECONDS // 3600,
            help="how long the old one is good as well; 24 unless said, 720 at most",
        )
        until.add_argument(
            "--at-once",
            action="store_true",
            help="the old one ends now, and one before it too: for a secret that leaked",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Makes and prints it, or says in one line why not."""
        hours = 0 if options["at_once"] else options["overlap"]
        with refusals_in_one_line():
            renewed = renew_secret(options["client_id"], overlap_seconds=hours * 3600)
        lines = [f"client_id: {renewed['client_id']}", *secret_lines(renewed)]
        if not hours:
            lines.append("No secret before this one is good any more, within five seconds.")
        self.say(renewed, as_json=options["json"], lines=lines)
