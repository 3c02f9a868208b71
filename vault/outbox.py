"""The outbox as the worker sees it: jobs are claimed with a lease, and done at least once.

Operators decide about the jobs that were given up; people see the letters to themselves.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from vault import connection
from vault.errors import KeyUnknown, SealBroken
from vault.lockouts import Outcome
from vault.seals import open_address
from vault.sessions import Session


@dataclass(frozen=True)
class Job:
    """One thing to be sent. ``tries`` counts this one."""

    id: int
    kind: str
    payload: dict[str, Any]
    tries: int
    account_id: UUID | None
    created_at: datetime
    sealed_address: bytes | None = field(repr=False, default=None)


def claim(limit: int, lease_seconds: int) -> list[Job]:
    """Takes up to ``limit`` due jobs; no other worker sees them until the lease runs out."""
    return [
        Job(**row)
        for row in connection.rows(
            "SELECT * FROM api.claim_outbox_v1(%(limit)s, %(lease)s)",
            {"limit": limit, "lease": lease_seconds},
        )
    ]


def finish(job_id: int) -> None:
    """The job is done."""
    connection.execute("SELECT api.finish_outbox_v1(%(id)s)", {"id": job_id})


def retry(job_id: int, *, delay_seconds: int, error: str) -> None:
    """Try again later. ``error`` is a short code without secrets."""
    connection.execute(
        "SELECT api.retry_outbox_v1(%(id)s, %(delay)s, %(error)s)",
        {"id": job_id, "delay": delay_seconds, "error": error},
    )


def bury(job_id: int, *, error: str) -> None:
    """Give up: the job stays for operators to see."""
    connection.execute(
        "SELECT api.bury_outbox_v1(%(id)s, %(error)s)", {"id": job_id, "error": error}
    )


def prune() -> None:
    """Deletes what has lived its time; nothing's validity hangs on it."""
    connection.execute("SELECT api.prune_v1()", {})


def revive(job_id: int, reason: str, by: Session) -> Outcome:
    """Has a job that was given up tried again from the start (``revived``)."""
    row = connection.row(
        "SELECT api.revive_outbox_v1(%(session)s, %(id)s, %(reason)s) AS status",
        {"session": by.secret, "id": job_id, "reason": reason},
    )
    return Outcome(row["status"])


def drop(job_id: int, reason: str, by: Session) -> Outcome:
    """Deletes a job that was given up (``dropped``)."""
    row = connection.row(
        "SELECT api.drop_outbox_v1(%(session)s, %(id)s, %(reason)s) AS status",
        {"session": by.secret, "id": job_id, "reason": reason},
    )
    return Outcome(row["status"])


@dataclass(frozen=True)
class OwnLetter:
    """A letter to the person who is signed in.

    ``template`` says which, ``state`` whether it was sent, waits or was given up; ``address`` is
    None where its key is gone.
    """

    template: str
    reference: str
    at: datetime
    state: Literal["done", "due", "dead"]
    address: str | None = field(repr=False)


def own_letters(session: Session) -> list[OwnLetter]:
    """The letters of the last month to this session's person, the newest first, at most 50."""
    return [
        OwnLetter(row["template"], row["reference"], row["at"], row["state"], _address(row))
        for row in connection.rows(
            "SELECT * FROM api.own_letters_v1(%(secret)s)", {"secret": session.secret}
        )
    ]


def _address(row: dict[str, Any]) -> str | None:
    try:
        return open_address(row["sealed_address"], row["account_id"])
    except (SealBroken, KeyUnknown):
        return None
