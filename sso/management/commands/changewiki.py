"""``manage.py changewiki``: changes how a wiki is registered, and says what that changed."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from sso.management.wiki_options import (
    add_metadata_options,
    metadata_of,
    refusals_in_one_line,
    secret_lines,
    shown,
)
from sso.services.registration import change_wiki, registration_of
from sso.services.registration_hints import registration_hints

_ABOUT_SECRETS = ("client_secret", "client_secret_expires_at", "older_client_secret_expires_at")


class Command(ConsoleCommand):
    """What is not named stays as it is; its secret stays, and its state."""

    help = (
        "Change how a wiki is registered. What is not named stays; an empty value takes an optional"
        " field away; repeated options are the whole new list."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The client id, and ``addwiki``'s options."""
        super().add_arguments(parser)
        parser.add_argument("client_id", help="the wiki's client id")
        parser.add_argument("--name", dest="client_name", help="the name that people see")
        add_metadata_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Changes it, or says in one line why not."""
        changes = metadata_of(options)
        if options["client_name"] is not None:
            changes["client_name"] = options["client_name"]
        if not changes:
            raise CommandError("say what to change: --help lists it")
        with refusals_in_one_line():
            before = registration_of(options["client_id"])
            after = change_wiki(options["client_id"], changes)
        changed = _changed(before, after)
        lines = [f"{field}: {shown(old)} -> {shown(new)}" for field, (old, new) in changed.items()]
        lines += secret_lines(after)
        if _is_less(before, after):
            lines.append("What it was given and may not have any more is revoked.")
        hints = set(registration_hints(before))
        lines += [f"Note: {hint}" for hint in registration_hints(after) if hint not in hints]
        told = {name: {"before": old, "after": new} for name, (old, new) in changed.items()}
        self.say(
            {**after, "changed": told},
            as_json=options["json"],
            lines=lines or ["Nothing changed: that is how it was registered already."],
        )


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    fields = [name for name in {**before, **after} if name not in _ABOUT_SECRETS]
    found = {name: (before.get(name), after.get(name)) for name in fields}
    return {name: (old, new) for name, (old, new) in found.items() if old != new}


def _is_less(before: dict[str, Any], after: dict[str, Any]) -> bool:
    fewer = set(before["scope"].split()) - set(after["scope"].split())
    return bool(fewer) or (before["first_party"] and not after["first_party"])
