"""What a statement of ours is answered with, whatever its values, and how its end is told."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.test import override_settings

from vault import connection
from vault.connection import close_pools
from vault.errors import VaultUnavailable

pytestmark = pytest.mark.usefixtures("server")

VALUES: list[Any] = [
    "Zoë, 中文",
    "",
    b"\x00\xff",
    0,
    32768,
    2**40,
    True,
    None,
    UUID(int=7),
    ["openid", "profile"],
    [],
]
TYPES = ["text", "text", "bytea", *["bigint"] * 3, "boolean", "text", "uuid", "text[]", "text[]"]


@pytest.mark.parametrize(("value", "kind"), list(zip(VALUES, TYPES, strict=True)))
def test_value_of_every_type_comes_back_as_it_went(value: Any, kind: str) -> None:
    """Bound on the server by name, a name used twice as well."""
    statement = f"SELECT %(value)s::{kind} AS one, %(value)s::{kind} AS two, 'x' AS three"
    found = connection.row(statement, {"value": value})  # type: ignore[arg-type]
    assert found == {"one": value, "two": value, "three": "x"}


def test_statement_whose_values_change_type_is_answered_each_time() -> None:
    """Small and large numbers have types of their own on the server; so has nothing."""
    statement = "SELECT %(number)s::bigint AS number"
    for number in (1, 2**40, None, 70_000, 1):
        assert connection.row(statement, {"number": number}) == {"number": number}


def test_statement_of_many_rows_or_of_none_is_answered_whole() -> None:
    """Each row by the names of its columns."""
    statement = "SELECT n, n * 2 AS twice FROM generate_series(1, %(last)s) AS n"
    for last in (3, 0, 2):
        found = connection.rows(statement, {"last": last})
        assert found == [{"n": n, "twice": 2 * n} for n in range(1, last + 1)]


def test_text_with_nul_is_refused_before_it_is_sent() -> None:
    """PostgreSQL stores none."""
    with pytest.raises(psycopg.DataError):
        connection.rows("SELECT %(text)s::text AS text", {"text": "a\0b"})


def test_error_of_a_statement_has_its_state_and_the_connection_goes_on() -> None:
    """A bug is told as what it is, not as a vault that is away."""
    with override_settings(VAULT_POOL_SIZE=1):
        close_pools()
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.rows("SELECT 1 / %(number)s::bigint AS n", {"number": 0})
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.rows("SELECT * FROM vault.sessions", {})
        assert connection.row("SELECT 1 / %(number)s::bigint AS n", {"number": 1}) == {"n": 1}
    close_pools()


def test_connection_that_was_cut_is_an_unavailable_vault_once(admin: psycopg.Connection) -> None:
    """The next question finds a new one."""
    with override_settings(VAULT_POOL_SIZE=1):
        close_pools()
        [found] = connection.rows("SELECT pg_backend_pid() AS pid", {})
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [found["pid"]])
        with pytest.raises(VaultUnavailable):
            connection.rows("SELECT pg_backend_pid() AS pid", {})
        [again] = connection.rows("SELECT pg_backend_pid() AS pid", {})
        assert again["pid"] != found["pid"]
    close_pools()


def test_function_that_was_made_anew_is_asked_by_connections_of_before(
    admin: psycopg.Connection,
) -> None:
    """`migrate` gives functions other columns while processes hold statements prepared for them."""
    made = (
        "CREATE FUNCTION api.probe_v1() RETURNS TABLE ({columns}) LANGUAGE sql AS 'SELECT {values}'"
    )
    with override_settings(VAULT_POOL_SIZE=1):
        close_pools()
        try:
            admin.execute(made.format(columns="one integer", values="1"))
            admin.execute("GRANT EXECUTE ON FUNCTION api.probe_v1 TO authsite_web")
            assert connection.rows("SELECT * FROM api.probe_v1()", {}) == [{"one": 1}]
            for _turn in range(2):
                admin.execute("DROP FUNCTION api.probe_v1")
                admin.execute(made.format(columns="one integer, two text", values="1, ''b''"))
                admin.execute("GRANT EXECUTE ON FUNCTION api.probe_v1 TO authsite_web")
                found = connection.rows("SELECT * FROM api.probe_v1()", {})
                assert found == [{"one": 1, "two": "b"}]
        finally:
            admin.execute("DROP FUNCTION IF EXISTS api.probe_v1")
    close_pools()


def test_statement_that_the_server_lost_is_prepared_again() -> None:
    """As behind a proxy that gives a connection another server."""
    with override_settings(VAULT_POOL_SIZE=1):
        close_pools()
        for _turn in range(2):
            assert connection.row("SELECT 1 AS one", {}) == {"one": 1}
            connection.rows("DEALLOCATE ALL", {})
    close_pools()
