"""``manage.py lockaccounts``: Lock a list of accounts."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from emergency.actions.account_lists import FoundList, find_accounts, lock_accounts, names_in
from emergency.actions.reach import Hit, reach
from emergency.management.commands.lockaccount import add_lock_arguments, read_lock
from emergency.management.lockout import LockoutCommand, ends_words
from emergency.management.measure import sessions
from emergency.words import left_alone_words


class Command(LockoutCommand):
    """At the owner's console."""

    help = (
        "Lock the accounts of a list (one name or id a line, # begins a remark; - is standard"
        " input) as one. unlockaccounts undoes just that: what was locked before stays locked."
    )
    takes_end = True

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and how to lock."""
        super().add_arguments(parser)
        parser.add_argument("file", help="the list; - reads standard input")
        add_lock_arguments(parser)

    def find(self, options: dict[str, Any]) -> Any:
        """The accounts of the list. What means none is said, and stops nothing else."""
        found = find_accounts(names_in(_read(options["file"])), by=None)
        if found.unknown:
            self.stderr.write(f"lockaccounts: no account: {', '.join(found.unknown)}")
        return found

    def hits(self, target: Any, options: dict[str, Any]) -> Sequence[Hit]:
        """The accounts, their sessions, their wikis."""
        return reach("accounts", by=None, accounts=[one.account_id for one in target.accounts])

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Locks them, saying how far it is."""
        found: FoundList = target
        done = lock_accounts(
            [one.account_id for one in found.accounts],
            reason,
            by=None,
            how=read_lock(options),
            progress=self._progress,
        )
        fate = (
            "their sessions rest" if options["rest"] else f"{sessions(done.sessions_ended)} ended"
        )
        lines = [
            f"List {done.list_id}: {done.accounts} locked, {fate}.",
            ends_words(options["ends_at"]),
            *(f"{count} {left_alone_words(status)}." for status, count in done.left_alone),
            f"Undo: manage.py unlockaccounts {done.list_id} --reason ...",
        ]
        answer = {
            "list": done.list_id,
            "locked": done.accounts,
            "sessions_ended": done.sessions_ended,
            "left_alone": dict(done.left_alone),
            "unknown": list(found.unknown),
        }
        return answer, lines

    def _progress(self, list_id: int, dealt_with: int, total: int) -> None:
        if dealt_with < total:
            self.stderr.write(f"list {list_id}: {dealt_with} of {total}")


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file}: cannot be read as a list in UTF-8") from error
