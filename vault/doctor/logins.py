"""Really logs in, with the addresses that somebody handed over: as each role, and with no right to.

Each login is tried once with a wrong password and once with none; the server's log shows that.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from vault.doctor.attempts import try_everything
from vault.doctor.checks import Skipped, check
from vault.doctor.patient import LIMITED, LOGINS, MIGRATE, OWNER, Patient

_NONE_GIVEN: Final = "nobody gave the logins: --logins FILE, or - for standard input"
_PATIENCE: Final = 5


@contextmanager
def _logged_in(address: str, **changes: str) -> Iterator[psycopg.Connection[Any]]:
    # No file of passwords stands in for what was given: this one cannot exist.
    conninfo = make_conninfo(address, passfile=f"{os.devnull}/none", **changes)
    with psycopg.connect(
        conninfo,
        autocommit=True,
        application_name="authsite-checkvault",
        connect_timeout=_PATIENCE,
    ) as connection:
        connection.execute("SET lock_timeout = '500ms'")
        connection.execute("SET statement_timeout = '1min'")
        yield connection


def _gets_in(address: str, **changes: str) -> bool:
    try:
        with _logged_in(address, **changes):
            return True
    except psycopg.OperationalError:
        return False


def _addresses(patient: Patient) -> Iterator[tuple[str, str]]:
    """Each login with each address that was given for it."""
    if not patient.logins:
        raise Skipped(_NONE_GIVEN)
    for role, addresses in patient.logins.items():
        for address in addresses.values():
            yield role, address


@check("In pg_hba.conf: scram-sha-256 in every rule (trap: an embedded server trusts everybody).")
def wrong_passwords_refused(patient: Patient) -> Iterator[str]:
    """Each login gets in with its own password, and with no other or none."""
    for role, address in _addresses(patient):
        where = f"{LOGINS[role]} at {_database(address)}"
        if conninfo_to_dict(address).get("user") != LOGINS[role]:
            yield f"the address given for {role} does not log in as {LOGINS[role]}"
        elif not _gets_in(address):
            yield f"{where} does not get in with the password that was given"
        else:
            if _gets_in(address, password=secrets.token_urlsafe(16)):
                yield f"{where} gets in with a wrong password"
            if _gets_in(address, password=""):
                yield f"{where} gets in without a password"


def _database(address: str) -> str:
    return str(conninfo_to_dict(address).get("dbname", "its database"))


@check("REVOKE CONNECT ON DATABASE ... FROM PUBLIC and from our roles, for each database named.")
def other_databases_refused(patient: Patient) -> Iterator[str]:
    """No login of ours gets into another database of the server than the site's two."""
    ours = {_database(address) for _, address in _addresses(patient)}
    ours |= {patient.vault.info.dbname, patient.site.info.dbname}
    others = [
        name
        for (name,) in patient.vault.execute(
            "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate"
            " OR datname = 'template1' ORDER BY 1"
        )
        if name not in ours
    ]
    for role, addresses in patient.logins.items():
        address = next(iter(addresses.values()))
        for name in others:
            if _gets_in(address, dbname=name):
                yield f"{LOGINS[role]} gets into {name}"


@check("See what the checks of roles, grants and passwords say; if they are silent, tell us.")
def logins_refused(patient: Patient) -> Iterator[str]:
    """Really logged in, no limited role gets at a table, becomes another, or undoes a guess."""
    if not patient.logins:
        raise Skipped(_NONE_GIVEN)
    for role in LIMITED:
        if "VAULT_URL" not in patient.logins.get(role, {}):
            yield f"no address of the vault was given for {role}"
            continue
        try:
            with _logged_in(patient.logins[role]["VAULT_URL"]) as connection:
                if connection.info.user != LIMITED[role] or not _is_same(connection, patient):
                    yield f"the address given for {role} is another login's or another vault's"
                    continue
                yield from try_everything(connection, role, patient)
                yield from _become_another(connection, role)
                yield from _ask_for_too_much(connection, role)
        except psycopg.OperationalError as error:
            yield f"{LIMITED[role]} cannot be tried: {type(error).__name__}"


def _is_same(connection: psycopg.Connection[Any], patient: Patient) -> bool:
    question = (
        "SELECT pg_postmaster_start_time(), d.oid FROM pg_database d"
        " WHERE d.datname = current_database()"
    )
    theirs = connection.execute(question).fetchone()
    return theirs == patient.vault.execute(question).fetchone()


def _become_another(connection: psycopg.Connection[Any], role: str) -> Iterator[str]:
    for other in (OWNER, MIGRATE, *LIMITED.values(), "pg_read_all_data"):
        if other == LIMITED[role]:
            continue
        for way in (f"SET LOCAL ROLE {other}", f"SET LOCAL SESSION AUTHORIZATION {other}"):
            try:
                with connection.transaction(force_rollback=True):
                    connection.execute(way.encode())
            except psycopg.errors.InsufficientPrivilege:
                continue
            yield f"{LIMITED[role]}: {way}: it worked"


def _ask_for_too_much(connection: psycopg.Connection[Any], role: str) -> Iterator[str]:
    """What the functions themselves must refuse. Nobody has the name, and all is rolled back."""
    if role == "worker":
        return
    if role == "web":
        yield from _undo_a_guess(connection)
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute("SELECT api.spend_challenge_v1(%s)", [secrets.token_bytes(32)])
        yield f"{LIMITED[role]} is answered by a snapshot from before a lockout"
    except psycopg.errors.InvalidTransactionState:
        pass


def _undo_a_guess(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """A password is web's to try, and no other role's."""
    name = f"Doctor {secrets.token_hex(8)}"
    guess = [name, secrets.token_bytes(32), secrets.token_bytes(32)]
    with connection.transaction(force_rollback=True):
        row = connection.execute(
            "SELECT j.status FROM api.propose_password_v1(%s, %s, 'sign_in', %s, NULL, '', '') p"
            " CROSS JOIN LATERAL api.judge_password_v1(p.proposal) j",
            guess,
        ).fetchone()
        if row is not None and row[0] not in ("early", "unknown"):
            yield f"{LIMITED['web']} has a guess judged that it can still undo: {row[0]}"


CHECKS = (wrong_passwords_refused, other_databases_refused, logins_refused)
