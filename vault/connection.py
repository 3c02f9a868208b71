"""The only way from web, operator and worker into the vault: a small pool of psycopg's own.

Autocommit, prepared, parameters bound on the server, so that no secret stands in SQL text
(``pg_stat_activity`` would show it to every session of the role). Never Django's ``atomic``.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, LiteralString

import psycopg
from django.conf import settings
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from vault.asking import ConsoleConnection, VaultConnection
from vault.errors import VaultUnavailable

_pools: dict[str, ConnectionPool[VaultConnection]] = {}
_pools_lock = threading.Lock()
_counted: ContextVar[list[str] | None] = ContextVar("vault_statements", default=None)


def _prepare(connection: VaultConnection) -> None:
    connection.autocommit = True
    # From the first use on: every statement here is asked again and again.
    connection.prepare_threshold = 0
    if settings.ROLE == "web":
        # Web seeks every row by a key. A plan made while a table is empty, as those of guesses are
        # after a quiet day, would read it in full at every guess until somebody analyses it.
        connection.execute("SET enable_seqscan = off")


def _pool() -> ConnectionPool[VaultConnection]:
    """The pool of this process, opened at the first question (after a server has forked)."""
    url: str = settings.VAULT_URL
    pool = _pools.get(url)
    if pool is None:
        with _pools_lock:
            pool = _pools.get(url)
            if pool is None:
                pool = ConnectionPool(
                    url,
                    connection_class=(
                        ConsoleConnection if settings.ROLE == "owner" else VaultConnection
                    ),
                    kwargs={
                        "application_name": f"authsite-{settings.ROLE}",
                        "connect_timeout": 5,
                        # The owner logs in as itself and becomes the role that owns the tables.
                        **(
                            {"options": "-c role=authsite_owner"}
                            if settings.ROLE == "owner"
                            else {}
                        ),
                    },
                    configure=_prepare,
                    # None ahead: the first question would find it on its way and make another,
                    # and both would take turns, each with colder caches.
                    min_size=0,
                    max_size=settings.VAULT_POOL_SIZE,
                    timeout=settings.VAULT_POOL_TIMEOUT,
                    max_idle=600,
                    name="vault",
                    open=True,
                )
                _pools[url] = pool
    return pool


def close_pools() -> None:
    """Closes every pool of this process: for tests, and for a worker that stops."""
    with _pools_lock:
        for pool in _pools.values():
            pool.close()
        _pools.clear()


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Collects the statements that this thread sends to the vault, for tests and the benchmark."""
    statements: list[str] = []
    token = _counted.set(statements)
    try:
        yield statements
    finally:
        _counted.reset(token)


def rows(statement: LiteralString, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All rows of one statement, with ``parameters`` bound on the server by name.

    Raises ``VaultUnavailable`` when the vault cannot be reached. Errors of the statement itself
    are bugs and pass through, without the parameters' values.
    """
    counter = _counted.get()
    if counter is not None:
        counter.append(statement)
    try:
        pool = _pool()
        # Not "with pool.connection()": that commits, and in autocommit there is nothing to commit.
        connection = pool.getconn()
        try:
            return _execute(connection, statement, parameters)
        finally:
            pool.putconn(connection)
    except (PoolTimeout, PoolClosed) as error:
        raise VaultUnavailable("no connection to the vault is free") from error
    except psycopg.OperationalError as error:
        raise VaultUnavailable(type(error).__name__) from error


def _execute(
    connection: VaultConnection, statement: LiteralString, parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    try:
        return connection.ask(statement, parameters)
    except psycopg.errors.LockNotAvailable as error:
        raise VaultUnavailable("a row of the vault stayed locked") from error


def row(statement: LiteralString, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The one row that the statement always answers."""
    [only] = rows(statement, parameters)
    return only


def find_row(statement: LiteralString, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    """The statement's row, or None where there is none."""
    found = rows(statement, parameters)
    return found[0] if found else None


def execute(statement: LiteralString, parameters: Mapping[str, Any]) -> None:
    """Runs a statement whose answer does not matter."""
    rows(statement, parameters)
