"""What the owner's commands share: one line for an error, status 0 or 1, JSON on demand."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import AccountError
from accounts.services.readiness import VaultUnavailable


class ConsoleCommand(BaseCommand):
    """A command for the owner's console.

    It runs without Django's system checks, which have nothing to say at three in the morning.
    """

    requires_system_checks: list[str] = []
    _typed: str | None = None  # the command's name, when a person or a script typed it

    def add_arguments(self, parser: CommandParser) -> None:
        """``--json``, which every command has."""
        parser.add_argument(
            "--json", action="store_true", help="print one JSON value and nothing else"
        )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """A parser whose complaints are raised: one line and status 1, as all other errors."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.called_from_command_line = False
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        """Runs the command; an error is one line on stderr."""
        self._typed = argv[1]
        try:
            super().run_from_argv(argv)
        except CommandError as error:  # of the arguments themselves
            self._complain(error)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Runs the command as the owner. Raises ``CommandError``, unless somebody typed it."""
        try:
            return self._execute(*args, **options)
        except CommandError as error:
            if self._typed is None:
                raise
            self._complain(error)

    def _execute(self, *args: Any, **options: Any) -> str | None:
        if settings.ROLE != "owner":
            raise CommandError("this runs as the owner: set AUTHSITE_ROLE=owner and its variables")
        try:
            return super().execute(*args, **options)
        except AccountError as error:
            raise CommandError(sentence(error)) from error
        except VaultUnavailable as error:
            raise CommandError("the vault cannot be reached") from error

    def _complain(self, error: CommandError) -> NoReturn:
        line = " ".join(str(error).split()).removeprefix("Error: ")
        self.stderr.write(f"{self._typed}: {line}")
        sys.exit(error.returncode)

    def say(self, value: Any, *, as_json: bool, lines: list[str]) -> None:
        """Prints what was done: one JSON value, or lines for people."""
        if as_json:
            self.stdout.write(json.dumps(value))
        else:
            self.stdout.write("\n".join(lines))


def sentence(error: AccountError) -> str:
    """What an error says to a person, in one line."""
    said = [str(error.message), str(error.guidance or "")]
    return " ".join(filter(None, said))


def json_of(name: str) -> Any:
    """What a file of JSON holds; ``-`` is standard input. Raises ``CommandError``."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        return json.loads(text)
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{name}: this is not JSON") from error


def text_of(entry: Mapping[str, Any], name: str, where: str) -> str | None:
    """A text of a JSON object, None where it is left out. Raises ``CommandError``."""
    value = entry.get(name)
    if value is None or isinstance(value, str):
        return value
    raise CommandError(f"{where}: {name} must be a text")
