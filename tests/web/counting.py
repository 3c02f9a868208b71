"""Counts the expensive things that a request does: statements to any database, Argon2id hashes."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import psycopg
from argon2.low_level import hash_secret_raw

from vault import hashing
from vault.asking import VaultConnection


@contextmanager
def counted_sql() -> Iterator[list[str]]:
    """Collects every statement that this process sends: vault, counters and Django alike."""
    statements: list[str] = []
    execute, ask = psycopg.Cursor.execute, VaultConnection.ask

    def executing(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        statements.append(str(query))
        return execute(cursor, query, *args, **kwargs)

    def asking(connection: VaultConnection, written: Any, parameters: Any) -> Any:
        statements.append(written)
        return ask(connection, written, parameters)

    with (
        patch.object(psycopg.Cursor, "execute", executing),
        patch.object(VaultConnection, "ask", asking),
    ):
        yield statements


def functions_of(statements: Iterable[str]) -> list[str]:
    """The vault's functions that were asked, but for what a process looks up every few seconds."""
    asked = [re.findall(r"api\.(\w+)_v\d+\(", text) or [text] for text in statements]
    remembered = {"list_wikis", "find_wiki", "signing_keys"}
    return [name for names in asked for name in names if name not in remembered]


@contextmanager
def counted_hashes() -> Iterator[list[int]]:
    """Collects the memory cost of every password hash that is computed."""
    hashes: list[int] = []

    def counting(*args: Any, **kwargs: Any) -> bytes:
        hashes.append(kwargs["memory_cost"])
        return hash_secret_raw(*args, **kwargs)

    with patch.object(hashing, "hash_secret_raw", counting):
        yield hashes
