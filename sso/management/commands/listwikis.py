"""``manage.py listwikis``: which wikis are registered, and how they prove who they are."""

from typing import Any

from accounts.management.console import ConsoleCommand
from sso.management.wiki_options import moment
from sso.services.registration import all_registrations


class Command(ConsoleCommand):
    """One line each; ``--json`` has all that is registered, and never a secret."""

    help = "List the wikis that are registered."

    def handle(self, *args: Any, **options: Any) -> None:
        """Lists them by name."""
        found = all_registrations()
        self.say(
            found,
            as_json=options["json"],
            lines=[_line(one) for one in found] or ["No wiki is registered."],
        )


def _line(registration: dict[str, Any]) -> str:
    words = [
        registration["client_id"],
        registration["client_name"],
        registration["client_uri"],
        registration["token_endpoint_auth_method"],
        registration["state"],
        *(["first-party"] if registration["first_party"] else []),
    ]
    if "older_client_secret_expires_at" in registration:
        words.append(f"older secret until {moment(registration['older_client_secret_expires_at'])}")
    return "  ".join(words)
