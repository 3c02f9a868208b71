"""``manage.py inviteoperator``: A link by which an operator enrols a passkey."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from accounts.services.operator_links import invite_operator
from accounts.services.registration import find_account


class Command(ConsoleCommand):
    """At the owner's console. The link is a secret: it goes to standard output and nowhere else."""

    help = (
        "Print a link by which an operator enrols a passkey for the operator's site: for a first"
        " one, a second one, or a lost one. It works once and for three days; links of before do"
        " not work any more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The name."""
        super().add_arguments(parser)
        parser.add_argument("name", help="the operator's user name")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Prints the link."""
        found = find_account(options["name"])
        if found is None:
            raise CommandError(f"{options['name']}: there is no such account")
        link = invite_operator(found.account_id)
        self.say(
            {"username": found.username, "operator_enrolment_url": link},
            as_json=options["json"],
            lines=[f"For {found.username}, once, within three days:", link],
        )
