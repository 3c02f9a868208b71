"""``manage.py createsigningkeys``: a signing key for each algorithm that has none."""

from typing import Any

from accounts.management.console import ConsoleCommand
from sso.services.keys import create_missing_keys


class Command(ConsoleCommand):
    """Makes what is missing; run again, it makes nothing."""

    help = "Make a signing key for each algorithm that has none."

    def handle(self, *args: Any, **options: Any) -> None:
        """Makes the keys and says which."""
        made = create_missing_keys()
        lines = [f"made signing key {kid}" for kid in made]
        self.say(
            {"created": made},
            as_json=options["json"],
            lines=lines or ["every algorithm has its signing key"],
        )
