"""The line to the table of the counters: one connection per process and database.

Apart from Django's own connection and in autocommit, so that a count stands whatever becomes of
the request's transaction, and holds no lock longer than its statement. Threads share it: psycopg
lets one statement through at a time.
"""

import os
import threading
import time
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql
from psycopg.rows import TupleRow

from accounts.services.throttling import CountersUnavailable

_CONNECT_TIMEOUT = 3  # seconds
_RETRY_CONNECT_AFTER = 1.0  # seconds, so that a dead server costs a request nothing
_REMEMBERED_KEYS = 4096


class Line:
    """This process's connection for one database alias, and the keys it knows to be there."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.present: dict[str, float] = {}
        self._connection: psycopg.Connection[TupleRow] | None = None
        self._made_for: tuple[int, str] | None = None
        self._not_before = 0.0
        self._lock = threading.Lock()

    def ask(self, statement: str, parameters: Mapping[str, Any]) -> TupleRow | None:
        """Run one statement and give its first row.

        A lost connection is made anew and the statement sent again; should the first have been
        counted after all, the count is one too high, never too low.

        Raises CountersUnavailable.
        """
        for last_try in (False, True):
            connection = self._open()
            try:
                cursor = connection.execute(statement, parameters, prepare=True)
                return cursor.fetchone() if cursor.description else None
            except psycopg.Error as error:
                lost = connection.closed
                if lost:
                    self.close()
                if last_try or not lost:
                    raise CountersUnavailable from error
        raise CountersUnavailable

    def remember(self, key: str, seconds: float) -> None:
        """Note that `key` stays for `seconds` from now."""
        if len(self.present) >= _REMEMBERED_KEYS:
            self.present.clear()
        self.present[key] = time.monotonic() + seconds

    def knows(self, key: str) -> bool:
        """Tell whether `key` was seen and cannot have expired yet."""
        return self.present.get(key, 0.0) - 1 > time.monotonic()

    def close(self) -> None:
        """Let go of the connection; the next statement makes another."""
        with self._lock:
            connection, self._connection = self._connection, None
            self.present.clear()
        if connection is not None and self._made_for and self._made_for[0] == os.getpid():
            connection.close()

    def _open(self) -> psycopg.Connection[TupleRow]:
        wrapper = connections[self.alias]
        wanted = (os.getpid(), str(wrapper.settings_dict["NAME"]))
        connection = self._connection
        if connection is not None and self._made_for == wanted:
            return connection
        if connection is not None:  # inherited through a fork, or another database by now
            self.close()
        with self._lock:
            if self._connection is None:
                self._connection = self._connect(wrapper)
                self._made_for = wanted
            return self._connection

    def _connect(self, wrapper: Any) -> psycopg.Connection[TupleRow]:
        if time.monotonic() < self._not_before:
            raise CountersUnavailable
        parameters = wrapper.get_connection_params()
        for name in ("context", "cursor_factory", "prepare_threshold"):
            parameters.pop(name, None)  # Django's own; ours binds on the server, with plain types
        parameters.setdefault("connect_timeout", _CONNECT_TIMEOUT)
        role = wrapper.settings_dict["OPTIONS"].get("assume_role")
        try:
            connection = psycopg.connect(**parameters, autocommit=True)
            if role:
                connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        except psycopg.Error as error:
            self._not_before = time.monotonic() + _RETRY_CONNECT_AFTER
            raise CountersUnavailable from error
        return connection


_lines: dict[str, Line] = {}
_lines_lock = threading.Lock()


def line(alias: str) -> Line:
    """Give this process's line to a database alias."""
    with _lines_lock:
        return _lines.setdefault(alias, Line(alias))
