"""Odd things for the watch to find, and the alerts that they give."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.database.asking import AGENT, Login, Row, ask, call, random_32, sha256

WATCH = "api.watch_v1"


@pytest.fixture
def web(vault: None, login: Login) -> Iterator[psycopg.Connection]:
    """The public site's own connection."""
    with login("web") as connection:
        yield connection


@pytest.fixture
def worker(vault: None, login: Login) -> Iterator[psycopg.Connection]:
    """The worker's own connection."""
    with login("worker") as connection:
        yield connection


def fail(web: psycopg.Connection, username: str, network: str) -> None:
    """One wrong guess at a name, proposed, committed and judged as web does it."""
    proposed = call(
        web,
        "api.propose_password_v1",
        *(username, random_32(), "sign_in", sha256(random_32()), None, network, AGENT),
    )
    if proposed["proposal"]:
        assert call(web, "api.judge_password_v1", proposed["proposal"])["status"] == "wrong"


def happened(
    admin: psycopg.Connection,
    tag: str,
    *,
    account: UUID | None = None,
    minutes_ago: float = 0,
    times: int = 1,
    **detail: Any,
) -> None:
    """Events as the vault's functions would have written them, some time ago."""
    admin.execute(
        "INSERT INTO vault.events (tag, account_id, detail, at)"
        " SELECT %s, %s, %s, clock_timestamp() - %s * interval '1 minute'"
        " FROM generate_series(1, %s)",
        [tag, account, json.dumps(detail), minutes_ago, times],
    )


def watch(worker: psycopg.Connection, **thresholds: int) -> int:
    """Looks once; gives how many alerts are new."""
    answer = call(worker, WATCH, json.dumps(thresholds))
    assert answer["status"] == "watched"
    raised: int = answer["raised"]
    return raised


def alerts(admin: psycopg.Connection, kind: str | None = None) -> list[Row]:
    """All alerts so far, oldest first; of a kind, if one is named."""
    return ask(
        admin,
        "SELECT id, kind, subject, count, detail, closed_at IS NULL AS is_open FROM vault.alerts"
        " WHERE kind = coalesce(%s, kind) ORDER BY id",
        kind,
    )


def letters(admin: psycopg.Connection) -> list[dict[str, Any]]:
    """What the outbox holds for operators."""
    return [
        row["payload"]
        for row in ask(admin, "SELECT payload FROM vault.outbox WHERE kind = 'alert' ORDER BY id")
    ]


def grow_older(admin: psycopg.Connection, minutes: int) -> None:
    """Lets time go by: everything that the watch looks at is so much older."""
    for table, columns in {
        "events": ["at"],
        "alerts": ["first_at", "last_at", "closed_at", "acknowledged_at"],
        "outbox": ["created_at", "not_before", "buried_at"],
        "password_proposals": ["proposed_at"],
        "factor_proposals": ["proposed_at"],
        "usual_rates": ["slot"],
    }.items():
        admin.execute(
            f"UPDATE vault.{table} SET "
            + ", ".join(f"{c} = {c} - {minutes} * interval '1 minute'" for c in columns)
        )


def somebody(admin: psycopg.Connection, username: str) -> UUID:
    """An account without anything."""
    account = uuid4()
    admin.execute("INSERT INTO vault.accounts (id, username) VALUES (%s, %s)", [account, username])
    admin.execute(
        "INSERT INTO vault.usernames (username, account_id) VALUES (%s, %s)", [username, account]
    )
    return account
