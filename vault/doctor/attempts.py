"""Plays each limited role and tries what must fail.

Whatever would succeed does no harm: questions about tables and functions are only planned
(EXPLAIN checks the privileges and runs nothing), everything else is rolled back.
"""

from collections.abc import Iterator
from typing import Any, Final

import psycopg

from vault.doctor.checks import Skipped, check, code
from vault.doctor.patient import LIMITED, Patient

_REMEDY = "See what grants-as-files and the checks of roles say; if they are silent, tell us."
_REFUSED: Final = "42501"  # insufficient_privilege
_NO_SUCH_VIEW_UPDATE: Final = "55000"  # a view that cannot be written says so first

# PostgreSQL gives all of this to a bare role, or to a role that somebody raised.
_TRICKS: Final = (
    ("runs a DO block", "DO $$ BEGIN END $$"),
    ("makes a function", "CREATE FUNCTION public.doctor() RETURNS int LANGUAGE sql RETURN 1"),
    ("makes a function in api", "CREATE FUNCTION api.doctor() RETURNS int LANGUAGE sql RETURN 1"),
    ("makes a table", "CREATE TABLE public.doctor ()"),
    ("makes a schema", "CREATE SCHEMA doctor"),
    ("shadows a table with a temporary one", "CREATE TEMP TABLE site (id int)"),
    ("shadows a table by SELECT INTO", "SELECT 1 AS id INTO TEMP accounts"),
    ("makes a large object", "SELECT pg_catalog.lo_create(0)"),
    ("fills a large object", "SELECT pg_catalog.lo_from_bytea(0, 'x')"),
    ("takes an advisory lock", "SELECT pg_catalog.pg_try_advisory_xact_lock(7431)"),
    ("locks a table", "LOCK TABLE vault.policy IN ACCESS SHARE MODE"),
    ("runs a program", "COPY (SELECT 1) TO PROGRAM 'cat > /dev/null'"),
    ("reads a file of the server", "SELECT pg_catalog.pg_read_file('PG_VERSION')"),
    ("reads stored passwords", "SELECT rolpassword FROM pg_catalog.pg_authid LIMIT 0"),
    ("reads samples of the tables", "SELECT * FROM pg_catalog.pg_statistic LIMIT 0"),
    ("makes a role", "CREATE ROLE authsite_doctor"),
    ("lets the owner log in", "ALTER ROLE authsite_owner LOGIN"),
    ("switches foreign keys off", "SET LOCAL session_replication_role = replica"),
    ("has all statements logged", "SET LOCAL log_statement = 'all'"),
)
_READ: Final = "EXPLAIN SELECT 1 FROM {}"
_WRITE: Final = ("EXPLAIN DELETE FROM {}", "EXPLAIN INSERT INTO {} DEFAULT VALUES")
_UPDATE: Final = "EXPLAIN UPDATE {} SET {} = NULL"


def got_through(
    connection: psycopg.Connection[Any], statement: str, *also_refused: str
) -> str | None:
    """None when PostgreSQL refuses the statement for want of privileges; else how it went."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except psycopg.Error as error:
        if connection.closed:
            raise
        return None if error.sqlstate in (_REFUSED, *also_refused) else code(error)
    return "it worked"


def try_everything(
    connection: psycopg.Connection[Any], role: str, patient: Patient
) -> Iterator[str]:
    """What the role on this connection is not refused, though it must be."""
    for what, statement in _TRICKS:
        if how := got_through(connection, statement):
            yield f"{LIMITED[role]} {what}: {how}"
    for statement in _about_tables(patient):
        if how := got_through(connection, statement):
            yield f"{LIMITED[role]}: {statement}: {how}"
    for statement in _about_views(role, patient):
        if how := got_through(connection, statement, _NO_SUCH_VIEW_UPDATE):
            yield f"{LIMITED[role]}: {statement}: {how}"
    for function, statement in _about_functions(role, patient):
        if how := got_through(connection, statement):
            yield f"{LIMITED[role]} may call {function}: {how}"


def _about_tables(patient: Patient) -> Iterator[str]:
    columns = {
        name.rpartition(".")[0]: name.rpartition(".")[2] for name in patient.found.kind("column")
    }
    for table in sorted(patient.found.kind("table")):
        yield _READ.format(table)
        yield from (write.format(table) for write in _WRITE)
        if table in columns:
            yield _UPDATE.format(table, columns[table])


def _about_views(role: str, patient: Patient) -> Iterator[str]:
    for view in sorted(patient.found.kind("view")):
        if not patient.wanted.may(LIMITED[role], view, "SELECT"):
            yield _READ.format(view)
        yield from (write.format(view) for write in _WRITE)


def _about_functions(role: str, patient: Patient) -> Iterator[tuple[str, str]]:
    for signature, definition in sorted(patient.found.kind("function").items()):
        # A procedure cannot be explained; grants-as-files says who may call one.
        if definition.startswith("f ") and not patient.wanted.may(
            LIMITED[role], signature, "EXECUTE"
        ):
            name, _, types = signature.rstrip(")").partition("(")
            arguments = ", ".join(f"NULL::{kind}" for kind in types.split(", ") if kind)
            yield name, f"EXPLAIN SELECT {name}({arguments})"


def _as(role: str, patient: Patient) -> Iterator[str]:
    try:
        with patient.playing(role) as connection:
            yield from try_everything(connection, role, patient)
    except psycopg.errors.InsufficientPrivilege:
        raise Skipped(
            f"authsite_migrate cannot become {LIMITED[role]}: run vault/sql/roles.sql once more"
        ) from None


@check(_REMEDY)
def web_refused(patient: Patient) -> Iterator[str]:
    """Tried as authsite_web: no table or view, no function but its own, none of the tricks."""
    yield from _as("web", patient)


@check(_REMEDY)
def operator_refused(patient: Patient) -> Iterator[str]:
    """Tried as authsite_operator: no table, no function but its own, no writing to a view, and none
    of the tricks.
    """
    yield from _as("operator", patient)


@check(_REMEDY)
def worker_refused(patient: Patient) -> Iterator[str]:
    """Tried as authsite_worker: no table or view, no function but its own, none of the tricks."""
    yield from _as("worker", patient)


CHECKS = (web_refused, operator_refused, worker_refused)
