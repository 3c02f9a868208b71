"""Lockouts of the whole site: its doors, every session, the signing keys, a role's connections.

Each answers a status word as those of ``vault/lockouts.py`` do; ``by`` None is the owner's console.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vault import connection
from vault.lockouts import Outcome, taken
from vault.sessions import Session

Door = Literal["sign_up", "sign_in", "unknown_devices"]


@dataclass(frozen=True)
class KeysOutcome:
    """What became of a lockout of signing keys, and which they were, by their ``kid``."""

    status: str
    kids: tuple[str, ...] = ()


def close_door(door: Door, reason: str, by: Session | None, ends_at: datetime | None) -> Outcome:
    """Closes signing up, signing in, or signing in where the browser is not known (``closed``)."""
    row = taken(
        by,
        "SELECT api.console_close_door_v1(%(door)s, %(reason)s, %(ends_at)s) AS status",
        "SELECT api.close_door_v1(%(session)s, %(door)s, %(reason)s, %(ends_at)s) AS status",
        {"door": door, "reason": reason, "ends_at": ends_at},
    )
    return Outcome(row["status"])


def open_door(door: Door, reason: str, by: Session | None) -> Outcome:
    """Opens that door again (``opened``); others that are closed stay closed."""
    row = taken(
        by,
        "SELECT api.console_open_door_v1(%(door)s, %(reason)s) AS status",
        "SELECT api.open_door_v1(%(session)s, %(door)s, %(reason)s) AS status",
        {"door": door, "reason": reason},
    )
    return Outcome(row["status"])


def end_all_sessions(reason: str, by: Session | None) -> Outcome:
    """Ends every session, code and token of the site (``ended``), operators' own too.

    ``too_often``: operators did so three times within the hour.
    """
    row = taken(
        by,
        "SELECT api.console_end_all_sessions_v1(%(reason)s) AS status",
        "SELECT api.end_all_sessions_v1(%(session)s, %(reason)s) AS status",
        {"reason": reason},
    )
    return Outcome(row["status"])


def lock_signing_keys(reason: str, by: Session | None, ends_at: datetime | None) -> KeysOutcome:
    """Takes every published signing key out of service (``withdrawn``)."""
    row = taken(
        by,
        "SELECT * FROM api.console_lock_signing_keys_v1(%(reason)s, %(ends_at)s)",
        "SELECT * FROM api.lock_signing_keys_v1(%(session)s, %(reason)s, %(ends_at)s)",
        {"reason": reason, "ends_at": ends_at},
    )
    return KeysOutcome(row["status"], tuple(row["kids"]))


def restore_signing_keys(reason: str, by: Session | None) -> KeysOutcome:
    """Puts back the keys that a lockout took (``restored``)."""
    row = taken(
        by,
        "SELECT * FROM api.console_restore_signing_keys_v1(%(reason)s)",
        "SELECT * FROM api.restore_signing_keys_v1(%(session)s, %(reason)s)",
        {"reason": reason},
    )
    return KeysOutcome(row["status"], tuple(row["kids"]))


def end_backends(role: str, by: Session) -> int:
    """Ends the database connections of one role; gives how many, -1 when not allowed.

    That takes a fresh proof as all lockouts do.
    """
    row = connection.row(
        "SELECT api.end_backends_v1(%(session)s, %(role)s) AS ended",
        {"session": by.secret, "role": role},
    )
    return int(row["ended"])
