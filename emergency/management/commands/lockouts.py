"""``manage.py lockouts``: What is closed now, and how to undo each."""

import shlex
from typing import Any

from accounts.management.console import ConsoleCommand
from emergency.actions.live_lockouts import LiveLockout, live
from emergency.words import lockout_words


class Command(ConsoleCommand):
    """At the owner's console."""

    help = "List what lockouts hold now: since when, by whom, why, until when, how to undo it."

    def handle(self, *_args: Any, **options: Any) -> None:
        """Lists them, the latest first."""
        found = live()
        lines = [line for lockout in found for line in _lines(lockout)]
        self.say(
            [_as_json(lockout) for lockout in found],
            as_json=options["json"],
            lines=lines or ["Nothing is closed, and no account is locked."],
        )


def _lines(lockout: LiveLockout) -> list[str]:
    since = f"since {lockout.placed_at:%Y-%m-%d %H:%M} UTC by {lockout.placed_by or 'console'}"
    until = f", until {lockout.ends_at:%Y-%m-%d %H:%M} UTC" if lockout.ends_at else ""
    return [
        f"{_what(lockout)}: {since}{until}: {lockout.reason}",
        f"    undo: manage.py {_undo(lockout)} --reason ...",
    ]


def _what(lockout: LiveLockout) -> str:
    if lockout.kind == "account":
        return f"{lockout.subject} is locked"
    return lockout_words(lockout.kind, lockout.accounts or 0, lockout.subject)


def _undo(lockout: LiveLockout) -> str:
    """The command that undoes it."""
    return {
        "account": f"unlockaccount {shlex.quote(lockout.subject)}",
        "accounts": f"unlockaccounts {lockout.id}",
        "wiki": f"resumewiki {shlex.quote(lockout.subject)}",
        "signing_keys": "restorekeys",
    }.get(lockout.kind, f"opendoor {lockout.kind.replace('_', '-')}")


def _as_json(lockout: LiveLockout) -> dict[str, Any]:
    return {
        **vars(lockout),
        "placed_at": lockout.placed_at.isoformat(),
        "ends_at": lockout.ends_at.isoformat() if lockout.ends_at else None,
        "undo": _undo(lockout),
    }
