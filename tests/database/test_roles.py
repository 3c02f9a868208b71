"""What each role may do in the vault, tried by connecting as it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import pytest

Login = Callable[[str], AbstractContextManager[psycopg.Connection]]
LIMITED = ("web", "operator", "worker")


@pytest.mark.parametrize("role", LIMITED)
def test_table_of_the_vault_as_a_limited_role_cannot_be_read(
    vault: None, admin: psycopg.Connection, login: Login, role: str
) -> None:
    """No role but the owner reads or writes any table, by any verb."""
    tables = [
        name
        for (name,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'vault'")
    ]
    assert len(tables) > 15
    with login(role) as connection:
        for table in tables:
            for statement in (
                f"SELECT * FROM vault.{table}",
                f"DELETE FROM vault.{table}",
                f"TRUNCATE vault.{table}",
                f"INSERT INTO vault.{table} DEFAULT VALUES",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
