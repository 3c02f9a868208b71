"""Emergency measures. On the operator's site they act for a session; at the console for the owner.

Each answers a status word: ``forbidden``, ``unproven`` (no passkey was shown for this one:
``operators.prove``), ``bad_request`` (no reason given), ``unknown``, ``already``, ``self``,
``last_operator``, or that it was done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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


def lock_account(account_id: UUID, reason: str, by: Session | None) -> Outcome:
    """Locks an account and ends its sessions (``locked``); ``by`` None is the console."""
    row = _taken(
        by,
        "SELECT * FROM api.console_lock_account_v1(%(account)s, %(reason)s)",
        "SELECT * FROM api.lock_account_v1(%(session)s, %(account)s, %(reason)s)",
        {"account": account_id, "reason": reason},
    )
    return Outcome(row["status"], row["sessions_ended"])


def unlock_account(account_id: UUID, reason: str, by: Session | None) -> Outcome:
    """Undoes a lock (``unlocked``); the sessions that it ended stay ended."""
    row = _taken(
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
    row = _taken(
        by,
        "SELECT api.console_send_reset_v1(%(account)s, %(reason)s) AS status",
        "SELECT api.send_reset_v1(%(session)s, %(account)s, %(reason)s) AS status",
        {"account": account_id, "reason": reason},
    )
    return Outcome(row["status"])


def end_sessions(account_id: UUID, reason: str, by: Session | None) -> Outcome:
    """Ends all sessions, codes and pending sign-ins of an account (``ended``)."""
    row = _taken(
        by,
        "SELECT * FROM api.console_end_account_sessions_v1(%(account)s, %(reason)s)",
        "SELECT * FROM api.end_account_sessions_v1(%(session)s, %(account)s, %(reason)s)",
        {"account": account_id, "reason": reason},
    )
    return Outcome(row["status"], row["sessions_ended"])


def end_all_sessions(reason: str, *, dry_run: bool) -> Outcome:
    """Ends every session, code and token of the site (``ended``), or counts them (``counted``).

    Owner only.
    """
    row = connection.row(
        "SELECT * FROM api.console_end_all_sessions_v1(%(reason)s, %(dry_run)s)",
        {"reason": reason, "dry_run": dry_run},
    )
    return Outcome(row["status"], row["sessions_ended"])


def set_wiki_state(client_id: str, state: WikiState, reason: str, by: Session | None) -> Outcome:
    """Takes a wiki out of service (``suspended``) or back in (``active``)."""
    row = _taken(
        by,
        "SELECT api.console_set_wiki_state_v1(%(client_id)s, %(state)s, %(reason)s) AS status",
        "SELECT api.set_wiki_state_v1(%(session)s, %(client_id)s, %(state)s, %(reason)s) AS status",
        {"client_id": client_id, "state": state, "reason": reason},
    )
    return Outcome(row["status"])


def end_backends(role: str, by: Session) -> int:
    """Ends the database connections of one role; gives how many, -1 when not allowed.

    That takes a fresh proof as all lockouts do.
    """
    row = connection.row(
        "SELECT api.end_backends_v1(%(session)s, %(role)s) AS ended",
        {"session": by.secret, "role": role},
    )
    return int(row["ended"])


def _taken(
    by: Session | None,
    at_console: LiteralString,
    in_session: LiteralString,
    given: Mapping[str, Any],
) -> Mapping[str, Any]:
    """Takes a measure by the statement of whoever takes it; gives the row that it answers."""
    if by is None:
        return connection.row(at_console, given)
    return connection.row(in_session, {**given, "session": by.secret})
