"""``manage.py addwiki``: registers a wiki and prints what its client needs."""

import json
from typing import Any

from django.core.management.base import CommandParser

from accounts.management.console import ConsoleCommand
from sso.management.wiki_options import (
    add_metadata_options,
    metadata_of,
    refusals_in_one_line,
    secret_lines,
    shown,
)
from sso.services.registration import register_wiki
from sso.services.registration_hints import registration_hints


class Command(ConsoleCommand):
    """From options, or from a file of RFC 7591 client metadata."""

    help = "Register a wiki. Prints the registration, with the client secret, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Its name, and the metadata's fields as options, or ``--metadata``."""
        super().add_arguments(parser)
        parser.add_argument("name", help="the name that people see")
        add_metadata_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Registers the wiki, or says in one line what is wrong with the metadata."""
        with refusals_in_one_line():
            registered = register_wiki({**metadata_of(options), "client_name": options["name"]})
        if options["json"] or options["metadata"]:
            self.stdout.write(json.dumps(registered))
            return
        lines = [
            f"{field}: {shown(value)}"
            for field, value in registered.items()
            if "client_secret" not in field
        ]
        self.stdout.write("\n".join(lines + secret_lines(registered)))
        for hint in registration_hints(registered):
            self.stdout.write(f"Note: {hint}")
