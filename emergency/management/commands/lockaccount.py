"""``manage.py lockaccount``: Lock an account."""

import shlex
from typing import Any

from django.core.management.base import CommandError, CommandParser

from emergency.actions.lock_account import Lock, lock_account
from emergency.management.lockout import ends_words
from emergency.management.measure import MeasureCommand, sessions

MOST_TOLD = 300


class Command(MeasureCommand):
    """At the owner's console."""

    help = (
        "Lock an account: nobody signs in to it, its sessions end, its wikis are told. With --rest"
        " its sessions rest instead, and are there again when it is unlocked."
    )
    takes_end = True

    def add_arguments(self, parser: CommandParser) -> None:
        """How to lock."""
        super().add_arguments(parser)
        add_lock_arguments(parser)

    def take(self, target: Any, reason: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
        """Locks the account."""
        done = lock_account(target.account_id, reason, by=None, how=read_lock(options))
        fate = "Its sessions rest" if options["rest"] else f"{sessions(done.sessions_ended)} ended"
        line = f"{target.username} is locked. {fate}. {ends_words(options['ends_at'])}"
        answer, lines = self.done(target, done, line)
        return answer, [
            *lines,
            f"Undo: manage.py unlockaccount {shlex.quote(target.username)} --reason ...",
        ]


def add_lock_arguments(parser: CommandParser) -> None:
    """What says how accounts are locked."""
    parser.add_argument(
        "--rest", action="store_true", help="let sessions rest instead of ending them"
    )
    parser.add_argument(
        "--tell", default="", metavar="WORDS", help="what the owner reads of it when they sign in"
    )


def read_lock(options: dict[str, Any]) -> Lock:
    """How accounts are to be locked. Raises ``CommandError``."""
    if len(options["tell"]) > MOST_TOLD:
        raise CommandError(f"--tell: at most {MOST_TOLD} characters")
    return Lock(options["ends_at"], options["rest"], options["tell"])
