"""Ending every session of the site, where a million are open: what it takes, and what it writes.

Asked as the site's own roles ask: the owner's console ends them, and web comes with an old one
until it is refused.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString

import psycopg

from bench.vault_site import Vault, read_sql

_END: Final = "SELECT api.console_end_all_sessions_v1('to measure it')"
_COUNT: Final = "SELECT total FROM api.console_lockout_reach_v1('sessions', '', '{}')"
_RESUME: Final = "SELECT FROM api.resume_session_v1(%s)"
# As they were filled, and resumed a moment ago: web notes that once a minute, and not now.
_OPEN_AGAIN: Final = """
WITH resumed AS (UPDATE vault.sessions SET last_seen_at = clock_timestamp()
                 WHERE secret_hash = sha256(%s) RETURNING site_epoch)
UPDATE vault.site SET epoch = site_epoch FROM resumed
"""
_NEXT_TRANSACTION: Final = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
# A cluster that is minutes old has not used up its 32 bits.
_UNTOUCHED_SINCE: Final = "SELECT count(*) FROM vault.sessions WHERE xmin::text::bigint < %s"
_WAL: Final = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
_PATIENCE_SECONDS: Final = 60.0


class SessionOutlived(Exception):
    """A session was resumed after its end, or was not alive before it; the message says which."""


@dataclass(slots=True)
class Ended:
    """What each round took at one vault: milliseconds on the clock, and what was written."""

    sessions: int
    count_ms: list[float] = field(default_factory=list)
    end_ms: list[float] = field(default_factory=list)
    raise_ms: list[float] = field(default_factory=list)
    """The site's number alone, raised and committed: the least that ending can be."""
    refused_ms: list[float] = field(default_factory=list)
    """From the console's answer to web's first refusal; below zero where that came before."""
    rows_written: list[int] = field(default_factory=list)
    """Of ``vault.sessions``."""
    wal_bytes: list[int] = field(default_factory=list)


class OpenSessions:
    """One vault with a live session for each account; all of them end in each round."""

    def __init__(self, vault: Vault) -> None:
        """Fill it, and connect as the console and as web."""
        self.ended = Ended(vault.accounts)
        self._superuser = vault.superuser
        self._superuser.execute(read_sql("sessions_filling.sql"))
        self._superuser.execute("VACUUM ANALYZE vault.sessions")
        self._owner = psycopg.connect(
            vault.environment("owner")["VAULT_URL"],
            autocommit=True,
            options="-c role=authsite_owner",
        )
        self._web = psycopg.connect(vault.web_dsn, autocommit=True, prepare_threshold=0)
        self._web.execute("SET enable_seqscan = off")  # as the site does (vault/connection.py)

    def run_round(self, number: int) -> None:
        """Count, end all, raise the number alone; round 0 is for plans and caches, and not noted.

        Raises ``SessionOutlived``.
        """
        noted = self.ended if number else Ended(self.ended.sessions)
        secret = _secret(number % noted.sessions + 1)
        self._open_again(secret)
        noted.count_ms.append(_milliseconds(self._count))
        before, wal = self._number(_NEXT_TRANSACTION), self._number(_WAL)
        returning = _Returning(self._web, secret)
        noted.end_ms.append(_milliseconds(self._end))
        noted.refused_ms.append(returning.refused_after(time.monotonic()))
        noted.wal_bytes.append(self._number(_WAL) - wal)
        noted.rows_written.append(noted.sessions - self._number(_UNTOUCHED_SINCE, before))
        self._open_again(secret)
        noted.raise_ms.append(_milliseconds(self._raise_alone))

    def close(self) -> None:
        """Close both connections."""
        self._owner.close()
        self._web.close()

    def _open_again(self, secret: bytes) -> None:
        self._superuser.execute(_OPEN_AGAIN, [secret])
        self._superuser.execute("CHECKPOINT")  # lest one fall in between
        if not _is_alive(self._web, secret):
            raise SessionOutlived("a session is not alive before it is ended")

    def _count(self) -> None:
        self._owner.execute(_COUNT).fetchall()

    def _end(self) -> None:
        [(status,)] = self._owner.execute(_END).fetchall()
        if status != "ended":
            raise SessionOutlived(f"the console was answered with {status}")

    def _raise_alone(self) -> None:
        self._owner.execute("UPDATE vault.site SET epoch = epoch + 1")

    def _number(self, question: LiteralString, *given: Any) -> int:
        [(number,)] = self._superuser.execute(question, given).fetchall()
        return int(number)


class _Returning:
    """Somebody who comes with a session, over and over, until it is refused."""

    def __init__(self, web: psycopg.Connection, secret: bytes) -> None:
        self._web = web
        self._secret = secret
        self._alive_at = self._refused_at = float("-inf")  # when that question was asked; answered
        self._thread = threading.Thread(target=self._come, daemon=True)
        self._thread.start()

    def refused_after(self, answered: float) -> float:
        """Give milliseconds from then to the first refusal. Raises ``SessionOutlived``."""
        self._thread.join(_PATIENCE_SECONDS)
        if self._thread.is_alive() or self._alive_at > answered:
            raise SessionOutlived("a session was resumed after the console had its answer")
        return (self._refused_at - answered) * 1000

    def _come(self) -> None:
        asked = time.monotonic()
        while _is_alive(self._web, self._secret):
            self._alive_at = asked
            asked = time.monotonic()
        self._refused_at = time.monotonic()


def _is_alive(web: psycopg.Connection, secret: bytes) -> bool:
    return bool(web.execute(_RESUME, [secret]).fetchall())


def _milliseconds(act: Callable[[], None]) -> float:
    began = time.monotonic()
    act()
    return (time.monotonic() - began) * 1000


def _secret(number: int) -> bytes:
    return hashlib.sha256(f"session {number}".encode()).digest()
