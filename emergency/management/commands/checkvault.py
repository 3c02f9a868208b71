"""``manage.py checkvault``: whether the vault in service still is what it is meant to be."""

import json
import os
import stat
import sys
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from emergency.actions.check_vault import (
    Logins,
    LoginsUnread,
    check_ids,
    check_vault,
    read_logins,
)

_ROWS: Final = 10_000


class Command(ConsoleCommand):
    """Exit status 0 when nothing was found, 1 for any finding."""

    help = (
        "Examine the vault: roles, grants, functions, tables, rows, keys and the server. Nothing is"
        " kept, nothing is charged: whatever is tried is rolled back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """How much to look at, and with which logins."""
        super().add_arguments(parser)
        parser.add_argument(
            "--logins",
            metavar="FILE",
            help="really log in as well: a JSON object with the address of the vault for web,"
            " operator and worker (or VAULT_URL and DATABASE_URL for each), from a file that only"
            " you may read; - for standard input",
        )
        parser.add_argument(
            "--rows",
            type=_rows,
            default=_ROWS,
            metavar="N",
            help=f"check the seals of about N rows of each table ({_ROWS} unless you say), or all",
        )
        parser.add_argument(
            "--events", action="store_true", help="check the sealed audit trail as well"
        )
        parser.add_argument(
            "--without",
            action="append",
            default=[],
            metavar="ID",
            choices=check_ids(),
            help="leave out a check, by its id; may be repeated",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Makes the checks and prints what came of them."""
        examination = check_vault(
            rows=options["rows"],
            events=options["events"],
            logins=_logins(options["logins"]) if options["logins"] else {},
            without=options["without"],
        )
        self.say(examination.as_data(), as_json=options["json"], lines=examination.as_lines())
        if examination.findings:
            sys.exit(1)


def _rows(text: str) -> int | None:
    """A number of rows, or None for all."""
    if text == "all":
        return None
    if not text.isascii() or not text.isdigit() or not int(text):
        raise ValueError
    return int(text)


_rows.__name__ = "number of rows"  # as argparse says it


def _logins(name: str) -> Logins:
    try:
        return read_logins(json.loads(sys.stdin.read() if name == "-" else _private(name)))
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from error
    except (ValueError, RecursionError):
        raise CommandError(f"{name}: this is not JSON") from None
    except LoginsUnread as error:
        raise CommandError(f"{name}: {error}") from error


def _private(name: str) -> str:
    """The text of a file that nobody else may read."""
    with open(name, encoding="utf-8") as file:  # noqa: PTH123 - what is checked is what is read
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise CommandError(f"{name}: others may read it; chmod 600 first")
        return file.read()
