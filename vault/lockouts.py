"""Lockouts of accounts and wikis. On the operator's site they act for a session; at the console for
the owner.

Each answers a status word: ``forbidden``, ``unproven`` (no passkey was shown for this one:
``operators.prove``), ``bad_request`` (no reason given, or an end that is none), ``unknown``,
``already``, ``self``, ``last_operator``, or that it was done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from vault import connection
from vault.sessions import Session

WikiState = Literal["active", "suspended"]


@dataclass(frozen=True)
class Outcome:
    """What became of a lockout, and how many sessions it ended."""

    status: str
    sessions_ended: int = 0


@dataclass(frozen=True)
class Lock:
    """How accounts are locked: until when (None: until somebody unlocks them), whether their
    sessions rest instead of ending, and what their owners may read of it (300 characters)."""

    ends_at: datetime | None = None
    keeps_sessions: bool = False
    told: str = ""


LOCK = Lock()


@dataclass(frozen=True)
class LiveLockout:
    """A lockout that holds: ``kind`` is account, accounts (a list, with its ``id``), wiki, sign_up,
    sign_in, unknown_devices or signing_keys; ``subject`` a user name or client id, where there is
    one; ``placed_by`` None is the console."""

    kind: str
    id: int | None
    subject: str
    reason: str
    placed_at: datetime
    ends_at: datetime | None
    placed_by: str | None
    accounts: int | None


def lock_account(account_id: UUID, reason: str, by: Session | None, how: Lock = LOCK) -> Outcome:
    """Locks an account (``locked``); ``by`` None is the console."""
    row = taken(
        by,
        "SELECT * FROM api.console_lock_account_v1(%(account)s, %(reason)s, %(ends_at)s,"
        " %(rest)s, %(told)s)",
        "SELECT * FROM api.lock_account_v1(%(session)s, %(account)s, %(reason)s, %(ends_at)s,"
        " %(rest)s, %(told)s)",
        {"account": account_id, "reason": reason, **lock_parameters(how)},
    )
    return Outcome(row["status"], row["sessions_ended"])


def lock_parameters(how: Lock) -> dict[str, Any]:
    """How to lock, as the vault's functions take it."""
    return {"ends_at": how.ends_at, "rest": how.keeps_sessions, "told": how.told}


def unlock_account(account_id: UUID, reason: str, by: Session | None) -> Outcome:
    """Undoes a lock (``unlocked``); the sessions that it ended stay ended."""
    row = taken(
        by,
        "SELECT api.console_unlock_account_v1(%(account)s, %(reason)s) AS status",
        "SELECT api.unlock_account_v1(%(session)s, %(account)s, %(reason)s) AS status",
        {"account": account_id, "reason": reason},
    )
    return Outcome(row["status"])


def send_reset(account_id: UUID, reason: str, by: Session | None) -> Outcome:
    """Has the letter sent by which the owner sets a new password (``sent``).

    ``already``: the account is locked; ``no_address``: it has no confirmed address.
    """
    row = taken(
        by,
        "SELECT api.console_send_reset_v1(%(account)s, %(reason)s) AS status",
        "SELECT api.send_reset_v1(%(session)s, %(account)s, %(reason)s) AS status",
        {"account": account_id, "reason": reason},
    )
    return Outcome(row["status"])


def end_sessions(account_id: UUID, reason: str, by: Session | None) -> Outcome:
    """Ends all sessions, codes and pending sign-ins of an account (``ended``)."""
    row = taken(
        by,
        "SELECT * FROM api.console_end_account_sessions_v1(%(account)s, %(reason)s)",
        "SELECT * FROM api.end_account_sessions_v1(%(session)s, %(account)s, %(reason)s)",
        {"account": account_id, "reason": reason},
    )
    return Outcome(row["status"], row["sessions_ended"])


def set_wiki_state(
    client_id: str,
    state: WikiState,
    reason: str,
    by: Session | None,
    ends_at: datetime | None = None,
) -> Outcome:
    """Takes a wiki out of service (``suspended``), or back in (``active``)."""
    row = taken(
        by,
        "SELECT api.console_set_wiki_state_v1(%(client_id)s, %(state)s, %(reason)s, %(ends_at)s)"
        " AS status",
        "SELECT api.set_wiki_state_v1(%(session)s, %(client_id)s, %(state)s, %(reason)s,"
        " %(ends_at)s) AS status",
        {"client_id": client_id, "state": state, "reason": reason, "ends_at": ends_at},
    )
    return Outcome(row["status"])


def live() -> list[LiveLockout]:
    """What is closed now, the latest first. Owner only."""
    return [
        LiveLockout(**row) for row in connection.rows("SELECT * FROM api.console_lockouts_v1()", {})
    ]


def lift_due() -> int:
    """Lifts what has come to its end; gives how many. Worker only."""
    row = connection.row("SELECT api.lift_due_v1() AS lifted", {})
    return int(row["lifted"])


def taken(
    by: Session | None,
    at_console: LiteralString,
    in_session: LiteralString,
    given: Mapping[str, Any],
) -> Mapping[str, Any]:
    """Takes a measure by the statement of whoever takes it; gives the row that it answers."""
    [only] = asked(by, at_console, in_session, given)
    return only


def asked(
    by: Session | None,
    at_console: LiteralString,
    in_session: LiteralString,
    given: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """The rows that the statement of whoever asks answers: the console's, or the session's."""
    if by is None:
        return connection.rows(at_console, given)
    return connection.rows(in_session, {**given, "session": by.secret})
