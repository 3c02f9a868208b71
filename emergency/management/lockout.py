"""What the lockouts' commands share: a dry run first, a reason, an end, refusals in one line."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser

from accounts.management.console import ConsoleCommand
from emergency.actions.reach import Hit
from emergency.ends import EndUnreadable, read_end
from emergency.errors import MeasureRefused, ReasonMissing
from emergency.reach_words import reach_words


class LockoutCommand(ConsoleCommand, ABC):
    """One lockout. ``find`` says on what, ``hits`` what it would hit, ``take`` takes it."""

    takes_end: ClassVar[bool] = False
    has_dry_run: ClassVar[bool] = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Why, until when, and whether only to count."""
        super().add_arguments(parser)
        parser.add_argument("--reason", default="", help="why; stands in the audit trail")
        if self.has_dry_run:
            parser.add_argument(
                "--dry-run", action="store_true", help="say what it would hit, and do nothing"
            )
        if self.takes_end:
            parser.add_argument(
                "--until",
                default="",
                help="when it ends by itself: 90m, 2h, 3d, or 2026-11-30 06:00 (UTC)",
            )

    def find(self, options: dict[str, Any]) -> Any:  # noqa: ARG002
        """What the lockout is on. Raises ``CommandError``."""
        return None

    def name(self, target: Any) -> str:  # noqa: ARG002
        """The target as it is named before an error; empty for the whole site."""
        return ""

    def hits(self, target: Any, options: dict[str, Any]) -> Sequence[Hit]:  # noqa: ARG002
        """What it would hit."""
        return ()

    def would(self, target: Any, hits: Sequence[Hit]) -> list[str]:
        """What a dry run says."""
        name = self.name(target)
        lines = reach_words(hits)
        first = f"This would happen ({name}):" if name else "This would happen:"
        return [first, *lines, "Nothing was done: this was a dry run."]

    @abstractmethod
    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Takes it; gives what was done, as JSON and in lines. Raises ``MeasureRefused``."""

    def handle(self, *_args: Any, **options: Any) -> None:
        """Takes the lockout, or says what it would hit."""
        if self.takes_end:
            options["ends_at"] = _end(options["until"])
        target = self.find(options)
        if self.has_dry_run and options["dry_run"]:
            hits = self.hits(target, options)
            self.say(
                {"dry_run": True, "hits": [vars(hit) for hit in hits]},
                as_json=options["json"],
                lines=self.would(target, hits),
            )
            return
        try:
            answer, lines = self.take(target, options["reason"], options)
        except MeasureRefused as error:
            name = self.name(target)
            said = f"{name}: {error.message}" if name else str(error.message)
            more = " (--reason)" if isinstance(error, ReasonMissing) else ""
            raise CommandError(f"{said}{more}") from error
        self.say(answer, as_json=options["json"], lines=lines)


def _end(said: str) -> datetime | None:
    try:
        return read_end(said, datetime.now(UTC))
    except EndUnreadable as error:
        raise CommandError(
            f"--until {said}: say 90m, 2h, 3d, or 2026-11-30 06:00 (UTC), within a year from now"
        ) from error


def ends_words(ends_at: datetime | None) -> str:
    """When it ends, or that it does not by itself; to follow a sentence."""
    if ends_at is None:
        return "It holds until you undo it."
    return f"It ends by itself at {ends_at:%Y-%m-%d %H:%M} UTC."
