"""Provokes errors in every function that a limited role may call: none may print a row.

Somebody who never was is made, each argument of each function is made hostile in turn, and all of
it is rolled back. A function that acts on what is not theirs is left alone.
"""

from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

import psycopg

from vault.doctor.checks import Note, Skipped, check, code
from vault.doctor.patient import LIMITED, Patient
from vault.doctor.somebody import Somebody, make

_HUGE: Final = 9_000_000_000_000_000_000
_HOSTILE: Final[dict[str, list[Any]]] = {
    "uuid": [None, uuid4()],
    "bytea": [None, b"", b"x" * 20_000],
    "bytea[]": [None, [], [None], [b""] * 200],
    "text": [None, "", "x" * 20_000],
    "text[]": [None, [], [None], ["x" * 9_000], ["y"] * 1_000],
    "integer": [None, 0, -1, 2**31 - 1],
    "bigint": [None, 0, -1, 253402300800, _HUGE],
    "boolean": [None, True, False],
}
# Of what somebody else has, by type: no unique key may be printed either.
_TAKEN: Final = {
    "uuid": ("other", "operator_sid", "redeemed_grant"),
    "text": ("taken", "client_id"),
}
# These parameters say whose thing a function acts on: without one it would act on everybody's.
_WHOSE: Final = frozenset(
    {"p_session", "p_secret", "p_attempt", "p_account", "p_username", "p_client_id", "p_code"}
    | {"p_grant", "p_credential", "p_token", "p_proposal", "p_id"}
)
# What a rollback does not undo.
_FOR_GOOD: Final = "pg_terminate_backend|pg_cancel_backend|pg_notify|nextval|setval|dblink"
_CALL: Final = "SELECT * FROM {}({})"
_BEFORE: Final = "SAVEPOINT before_each_call"
_UNDO: Final = "ROLLBACK TO SAVEPOINT before_each_call"
_REMEDY = (
    "Validate that argument before anything is written, or use ON CONFLICT; the constraint that is"
    " named would have printed the row."
)


def _functions(patient: Patient, role: str) -> Iterator[tuple[str, list[tuple[str, str]], bool]]:
    """Name, parameters, and whether it may be tried, of each function that the role may call."""
    for name, signature, names, types, is_for_good in patient.vault.execute(
        "SELECT p.oid::regproc::text, format('api.%%I(%%s)', p.proname,"
        " oidvectortypes(p.proargtypes)), coalesce(p.proargnames, '{}')::text[],"
        " ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n)"
        " ORDER BY n), p.prosrc ~ %s FROM pg_proc p"
        " WHERE p.pronamespace = 'api'::regnamespace AND p.prokind = 'f' ORDER BY 1",
        [_FOR_GOOD],
    ).fetchall():
        if not patient.wanted.may(LIMITED[role], signature, "EXECUTE"):
            continue
        parameters = list(zip(names, types, strict=False))
        yield name, parameters, not is_for_good and not _WHOSE.isdisjoint(names[: len(types)])


def _provoke(patient: Patient, role: str) -> Iterator[str]:
    left_alone = []
    somebody = make(patient.vault)
    with patient.playing(role) as connection:
        connection.execute(_BEFORE)
        for function, parameters, may_be_tried in _functions(patient, role):
            if not may_be_tried:
                left_alone.append(function)
                continue
            marks = ", ".join(f"%s::{kind}" for _, kind in parameters)
            call = _CALL.format(function, marks).encode()
            good = somebody.arguments(role, function, parameters)
            if error := _error_of(connection, call, good):
                yield f"{function} fails on a good day: {code(error)}"
            for what, arguments in _hostile(parameters, good, somebody):
                error = _error_of(connection, call, arguments)
                if error is not None and _says_too_much(error):
                    yield f"{function} {what}: {code(error)} {error.diag.constraint_name or ''}"
    if left_alone:
        yield Note(f"not tried, since they act on everybody's: {', '.join(left_alone)}")


def _hostile(
    parameters: list[tuple[str, str]], good: list[Any], somebody: Somebody
) -> Iterator[tuple[str, list[Any]]]:
    yield "without any argument", [None] * len(good)
    for position, (name, kind) in enumerate(parameters):
        taken = [somebody.has[key] for key in _TAKEN.get(kind, ())]
        if kind == "bytea":
            taken = somebody.digests()
        for hostile in [*_HOSTILE.get(kind, [None]), *taken]:
            yield f"with a hostile {name}", [*good[:position], hostile, *good[position + 1 :]]


def _error_of(
    connection: psycopg.Connection[Any], call: bytes, arguments: list[Any]
) -> psycopg.Error | None:
    """Calls a function, checks what is deferred, and undoes it; gives the error."""
    try:
        connection.execute(call, arguments)
        # In one question, for there are thousands of calls.
        connection.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {_UNDO}", prepare=False)
    except psycopg.Error as error:
        if connection.closed:
            raise
        connection.execute(_UNDO)
        return error
    return None


def _says_too_much(error: psycopg.Error) -> bool:
    """Whether a constraint broke, or the error has more than its sentence."""
    said = error.diag
    return isinstance(error, psycopg.IntegrityError) or bool(
        said.message_detail or said.column_name
    )


def _as(role: str, patient: Patient) -> Iterator[str]:
    try:
        with patient.playing(role):
            pass
    except psycopg.errors.InsufficientPrivilege:
        raise Skipped(
            f"authsite_migrate cannot become {LIMITED[role]}: run vault/sql/roles.sql once more"
        ) from None
    yield from _provoke(patient, role)


@check(_REMEDY)
def web_errors_print_nothing(patient: Patient) -> Iterator[str]:
    """Whatever web asks, no constraint breaks and no error has a row in its DETAIL."""
    yield from _as("web", patient)


@check(_REMEDY)
def operator_errors_print_nothing(patient: Patient) -> Iterator[str]:
    """Whatever operator asks, no constraint breaks and no error has a row in its DETAIL."""
    yield from _as("operator", patient)


@check(_REMEDY)
def worker_errors_print_nothing(patient: Patient) -> Iterator[str]:
    """Whatever worker asks, no constraint breaks and no error has a row in its DETAIL."""
    yield from _as("worker", patient)


CHECKS = (web_errors_print_nothing, operator_errors_print_nothing, worker_errors_print_nothing)
