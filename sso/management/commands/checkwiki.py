"""``manage.py checkwiki``: tries a wiki's addresses, keys and clock, and says what is wrong."""

import json
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from sso.errors import WikiAmbiguous, WikiUnknown
from sso.services import wiki_checks


class Command(ConsoleCommand):
    """One line a finding; the status is 1 if any is wrong."""

    help = (
        "Try a wiki's addresses, its back-channel logout, keys and clock, and look at how it is"
        " registered. One line a finding: ok, note or wrong. Nothing secret is sent."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which wiki."""
        super().add_arguments(parser)
        parser.add_argument("name", help="the wiki's client id, or its name if no other has it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Checks the wiki, and says each finding as it is made."""
        try:
            wiki, last = wiki_checks.find(options["name"])
        except WikiUnknown as error:
            raise CommandError(f"no wiki of ours is called {error.client_id}") from error
        except WikiAmbiguous as error:
            ids = ", ".join(error.client_ids)
            raise CommandError(f"several wikis are called {error.name}: {ids}") from error
        findings = []
        for finding in wiki_checks.check(wiki, last):
            findings.append(finding)
            if not options["json"]:
                self.stdout.write(f"{finding.verdict:<5}  {finding.about}: {finding.says}")
        faults = sum(finding.verdict == "wrong" for finding in findings)
        if options["json"]:
            said = {
                "client_id": wiki.client_id,
                "name": wiki.name,
                "findings": [vars(finding) for finding in findings],
                "wrong": faults,
            }
            self.stdout.write(json.dumps(said))
        if faults:
            sys.exit(1)
