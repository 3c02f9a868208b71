"""Roles, databases and passwords of a cluster that we may administer: the demo's and the tests'.

The statements themselves are `vault/sql/roles.sql` and `vault/sql/database.sql`, the very files
that an administrator runs in production (docs/runbook.md).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from demo.postgres import Server

SQL_FOLDER = Path(__file__).resolve().parent.parent / "vault" / "sql"
VAULT_DATABASE = "authsite_vault"
SITE_DATABASE = "authsite_site"
OWNER = "authsite_owner"

# Which login the process of each AUTHSITE_ROLE uses.
LOGINS = {
    "web": "authsite_web",
    "operator": "authsite_operator",
    "worker": "authsite_worker",
    "owner": "authsite_migrate",
}


def prepare_cluster(
    server: Server,
    passwords: Mapping[str, str],
    *,
    databases: Iterable[str] = (VAULT_DATABASE, SITE_DATABASE),
) -> None:
    """Make the roles and the databases, and give each login its password; safe to repeat.

    `passwords` has one password for each key of LOGINS.
    """
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        _run_file(connection, "roles.sql")
        for role, login in LOGINS.items():
            _set_password(connection, login, passwords[role])
        for name in databases:
            _create_database(connection, name)
    for name in databases:
        with psycopg.connect(server.dsn(name), autocommit=True) as connection:
            _run_file(connection, "database.sql")


def role_dsn(server: Server, role: str, passwords: Mapping[str, str], database: str) -> str:
    """Give the connection URL that the process of `role` uses for `database`."""
    return server.dsn(database, user=LOGINS[role], password=passwords[role])


def _run_file(connection: psycopg.Connection, name: str) -> None:
    # Bytes are taken as they are; the file has several statements, so nothing is prepared.
    connection.execute((SQL_FOLDER / name).read_bytes())


def _set_password(connection: psycopg.Connection, login: str, password: str) -> None:
    # The verifier is computed here, so the password itself is never in a statement or a log.
    verifier = connection.pgconn.encrypt_password(
        password.encode(), login.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), sql.Literal(verifier))
    )


def _create_database(connection: psycopg.Connection, name: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if found is None:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                sql.Identifier(name), sql.Identifier(OWNER)
            )
        )
