"""Lines of the audit trail, sealed as the worker seals them, looked at as the owner looks."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.environment import SEAL_STORE, dsn
from vault import event_seals, seal_handover
from vault.event_seals import Finding

Play = Callable[[str], AbstractContextManager[None]]


class Trail:
    """The trail of the test's vault."""

    def __init__(self, admin: psycopg.Connection, playing: Play) -> None:
        self.admin = admin
        self.playing = playing

    def write(
        self, lines: int = 1, tag: str = "account:password:wrong", *, age: int = 0, **columns: Any
    ) -> None:
        """Adds so many lines, as a function of the vault would; ``age`` minutes ago."""
        row = {"tag": tag, "detail": "{}", **columns}
        if age:
            row["at"] = datetime.now(UTC) - timedelta(minutes=age)
        marks = ", ".join(["%s"] * len(row))
        for _ in range(lines):
            self.admin.execute(
                f"INSERT INTO vault.events ({', '.join(row)}) VALUES ({marks})", list(row.values())
            )

    def seal(self) -> int:
        """Seals what waits, as the worker."""
        with self.playing("worker"):
            return event_seals.seal_closed_batch()

    def sealed(self, *batches: int) -> None:
        """Writes and seals so many lines, batch by batch."""
        for lines in batches:
            self.write(lines)
            assert self.seal() == lines

    def hand_over(self) -> int:
        """Hands the seals to the store, as the worker."""
        with self.playing("worker"):
            return seal_handover.hand_over()

    def findings(self, since: int | None = None) -> list[Finding]:
        """What the owner finds in the database."""
        with self.playing("owner"):
            return list(event_seals.verify(since))

    def store_findings(self) -> list[Finding]:
        """What the owner finds by comparing with the store."""
        with self.playing("owner"):
            return list(seal_handover.verify_store())

    def refused_rows(self) -> list[tuple[str, str]]:
        """What was reported, and which."""
        return [
            (detail["what"], detail["subject"])
            for (detail,) in self.admin.execute(
                "SELECT detail FROM vault.events WHERE tag = 'site:row:refused' ORDER BY id"
            )
        ]


def records() -> list[dict[str, Any]]:
    """Every whole line of the seal store."""
    lines = [line for file in sorted(SEAL_STORE.glob("*.jsonl")) for line in file.open()]
    return [json.loads(line) for line in lines]


@contextmanager
def still_writing(tag: str = "account:password:wrong") -> Iterator[psycopg.Connection]:
    """A transaction that has written a line, and has yet to commit."""
    with psycopg.connect(dsn("owner", "authsite_vault")) as connection:
        connection.execute("SET ROLE authsite_owner")
        connection.execute("INSERT INTO vault.events (tag) VALUES (%s)", [tag])
        yield connection


@pytest.fixture
def trail(admin: psycopg.Connection, playing: Play) -> Trail:
    """The trail of the test's vault, empty."""
    admin.execute("TRUNCATE vault.events RESTART IDENTITY")  # the set-up's own lines
    return Trail(admin, playing)
