"""``manage.py afterrestore``: What must happen between restoring a dump and opening the site."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from emergency.actions.after_restore import Line, Restored, after_restore
from emergency.errors import MeasureRefused


class Command(ConsoleCommand):
    """At the owner's console."""

    help = (
        "After restoring a dump: end every session, code and token, apply again what the seal "
        "store says has changed since, and list what people must do themselves."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What to leave out."""
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument(
            "--without-store",
            action="store_true",
            help="the seal store is lost: only end what the dump revived",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Deals with the restore and lists its lines."""
        try:
            done = after_restore(dry_run=options["dry_run"], without_store=options["without_store"])
        except MeasureRefused as error:
            raise CommandError(str(error.message)) from error
        lines = _as_text(done, without_store=options["without_store"])
        self.say(_as_json(done), as_json=options["json"], lines=lines)


def _as_json(done: Restored) -> dict[str, Any]:
    return {
        **asdict(done),
        "lines": [
            {**asdict(line), "at": line.at.isoformat() if line.at else None} for line in done.lines
        ],
    }


def _as_text(done: Restored, *, without_store: bool) -> list[str]:
    if done.handled:
        head = "This restore was dealt with before; nothing was changed."
    elif done.dry_run:
        head = "Nothing was changed. With this restore dealt with:"
    else:
        head = "Every session, code and token of before is dead."
    numbers = (
        f"Site epoch {done.epoch_before} -> {done.epoch_after};"
        f" seals: database {done.database_number}, store {done.store_number}."
    )
    return [
        head,
        numbers,
        *([_line(line) for line in done.lines] or [_nothing(done, without_store)]),
    ]


def _nothing(done: Restored, without_store: bool) -> str:
    """Why there is no line."""
    if without_store:
        return "Without the store nothing is known of what came after the dump."
    nothing = "The store knows of no change after the dump."
    if done.dry_run and not done.handled and done.database_number >= done.store_number:
        nothing += " The database has every seal of it: where nothing was restored, leave it so."
    return nothing


def _line(line: Line) -> str:
    whom = line.username or line.client_id or line.account_id or "the site"
    at = f"{line.at:%Y-%m-%d %H:%M}" if line.at else "at no known time"
    words = f"{at}  {line.status:8} {line.tag}  {whom}"
    return f"{words}: {line.todo}" if line.todo else words
