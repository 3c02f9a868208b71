"""``manage.py createsigningkeys``: a signing key for each algorithm that has none."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sso.services.keys import create_missing_keys


class Command(BaseCommand):
    """Makes what is missing; run again, it makes nothing."""

    help = "Make a signing key for each algorithm that has none."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--json``."""
        parser.add_argument("--json", action="store_true", help="print one JSON value")

    def handle(self, *args: Any, **options: Any) -> None:
        """Makes the keys and says which."""
        made = create_missing_keys()
        if options["json"]:
            self.stdout.write(json.dumps({"created": made}))
        elif made:
            self.stdout.write("\n".join(f"made signing key {kid}" for kid in made))
        else:
            self.stdout.write("every algorithm has its signing key")
