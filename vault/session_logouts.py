"""Signing out everywhere, and whom the end of a session has reached."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal
from uuid import UUID

from vault import connection
from vault.events import Origin
from vault.sessions import Session

# Empty: the wiki never asked to be told.
State = Literal["told", "waiting", "failed", ""]


@dataclass(frozen=True)
class ToldWiki:
    """A wiki that a session had signed in to, and what became of telling it of the end."""

    name: str
    state: State


@dataclass(frozen=True)
class EndedSession:
    """One of a person's own sessions that ended lately."""

    sid: UUID
    agent: str
    ended_at: datetime
    wikis: list[ToldWiki]


def end_everywhere(session: Session, origin: Origin) -> list[UUID] | None:
    """Ends all sessions of the same person, this one too, with all that came of them.

    Gives their sids, None when this one has ended. One statement. Raises ``VaultUnavailable``.
    """
    ended: list[UUID] | None = connection.row(
        "SELECT api.end_all_own_sessions_v1(%(secret)s, %(network)s, %(agent)s) AS ended",
        {"secret": session.secret, "network": origin.network, "agent": origin.agent},
    )["ended"]
    return ended


def progress(sids: Collection[UUID]) -> list[ToldWiki]:
    """Whom the end of these sessions (50 at most) has reached: each wiki once, the slowest counts.

    One statement. Raises ``VaultUnavailable``.
    """
    slowest: dict[str, State] = {}
    order = ("", "told", "failed", "waiting")
    for row in connection.rows(
        "SELECT * FROM api.logout_progress_v1(%(sids)s)", {"sids": list(sids)}
    ):
        known = slowest.get(row["wiki"], "")
        slowest[row["wiki"]] = max(known, row["state"], key=order.index)
    return [ToldWiki(name, state) for name, state in slowest.items()]


def own_logouts(session: Session) -> list[EndedSession]:
    """One's own sessions that ended within the hour, the latest first. One statement."""
    rows = connection.rows(
        "SELECT * FROM api.own_logouts_v1(%(secret)s)", {"secret": session.secret}
    )
    return [
        EndedSession(
            sid=sid,
            agent=first["agent_label"],
            ended_at=first["ended_at"],
            wikis=[ToldWiki(r["wiki"], r["state"]) for r in (first, *rest) if r["wiki"]],
        )
        for sid, group in groupby(rows, key=lambda row: row["sid"])
        for first, *rest in [list(group)]
    ]
