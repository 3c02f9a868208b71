"""``manage.py findaccount``: whose name, id or e-mail address is this."""

import sys
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from accounts.services.registration import find_account
from emergency.actions.find_by_address import find_by_address
from emergency.models import Account

_ADDRESS = {
    "confirmed": "confirmed",
    "unconfirmed": "not confirmed: it may be anybody's",
    "removed": "taken away within the last days",
}


class Command(ConsoleCommand):
    """At the owner's console. An address comes from standard input, where no history has it."""

    help = (
        "Say whose user name, account id or e-mail address this is. A search by address stands in "
        "the trail; the address does not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """A name or id, or an address on standard input."""
        super().add_arguments(parser)
        parser.add_argument("name", nargs="?", help="the user name, or the account's id")
        parser.add_argument(
            "--address-stdin",
            action="store_true",
            help="read a whole e-mail address from standard input, one line",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Says who it is."""
        if bool(options["name"]) == options["address_stdin"]:
            raise CommandError("give a user name or an id, or --address-stdin")
        if options["address_stdin"]:
            found = [
                _entry(holder.account_id, holder.state)
                for holder in find_by_address(sys.stdin.readline(), by=None)
            ]
        else:
            found = [_entry(_named(options["name"]), None)]
        self.say(
            {"accounts": found},
            as_json=options["json"],
            lines=[_line(entry) for entry in found] or ["Nobody has this address."],
        )


def _named(name: str) -> UUID:
    try:
        return UUID(name.strip())
    except ValueError:
        found = find_account(name)
    if found is None:
        raise CommandError(f"{name}: there is no such account")
    return found.account_id


def _entry(account_id: UUID, address: str | None) -> dict[str, Any]:
    account = Account.objects.filter(id=account_id).first()
    if account is None:
        raise CommandError(f"{account_id}: there is no such account")
    entry = {
        "username": account.username,
        "id": str(account.id),
        "state": account.state,
        "live_sessions": account.live_sessions,
    }
    return entry if address is None else {**entry, "address": address}


def _line(entry: dict[str, Any]) -> str:
    parts = [entry["username"], entry["id"], entry["state"]]
    parts.append(f"live sessions: {entry['live_sessions']}")
    if "address" in entry:
        parts.append(f"address: {_ADDRESS[entry['address']]}")
    return "  ".join(parts)
