"""``checkvault`` on a vault in service: what it leaves, whom it keeps waiting, how far it goes."""

import re
import secrets
from pathlib import Path
from typing import Any

import psycopg
import pytest

from demo.databases import VAULT_DATABASE
from tests.database.asking import ask, value
from tests.database.console import Playing
from tests.database.examining import LOGINS, QUICK, examine, red
from tests.database.people import sign_in, sign_up
from tests.environment import dsn
from vault import sessions
from vault.doctor import attempts, blueprint, errors, somebody
from vault.doctor.patient import Patient
from vault.schema import function_files


def test_checkvault_leaves_nothing_behind(
    vault: None, admin: psycopg.Connection, playing: Playing
) -> None:
    """No row, guess, event, role or schema is there afterwards that was not there before."""
    sign_in(sign_up("Ada"))
    before = _everything(admin)
    examination = examine(playing, logins=LOGINS, events=True)
    assert not red(examination)
    assert _everything(admin) == before


def _everything(admin: psycopg.Connection) -> dict[str, Any]:
    tables = [
        row["tablename"]
        for row in ask(admin, "SELECT tablename FROM pg_tables WHERE schemaname = 'vault'")
    ]
    kept = {
        table: value(
            admin,
            f"SELECT md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM"
            f" vault.{table} t",
        )
        for table in tables
    }
    names = "SELECT coalesce(array_agg({0} ORDER BY {0}), '{{}}') FROM {1}"
    for column, catalog in (
        ("nspname", "pg_namespace"),
        ("rolname", "pg_roles"),
        ("oid", "pg_proc"),
        ("oid", "pg_class WHERE relnamespace::regnamespace::text !~ '^pg_toast'"),
        ("gid", "pg_prepared_xacts"),
    ):
        kept[catalog] = value(admin, names.format(column, catalog))
    return kept


def test_examination_in_the_middle_of_its_work_keeps_nobody_waiting(
    vault: None, admin: psycopg.Connection, playing: Playing
) -> None:
    """While its transactions are open, people sign up and in, and operators look at their lists."""
    with playing("owner"):
        patient = Patient()
        with patient.rolled_back():
            somebody.make(patient.vault)
            patient.vault.execute("SET LOCAL check_function_bodies = off")
            for statements in blueprint._files("doctor_test_"):
                patient.vault.execute(statements.encode())
            with playing("web"):
                session = sign_in(sign_up("Ada"))
                assert sessions.resume(session.secret) is not None
            with psycopg.connect(dsn("operator", VAULT_DATABASE), autocommit=True) as operator:
                operator.execute("SET lock_timeout = '5s'")
                for view in ("accounts", "wikis", "sessions", "events"):
                    operator.execute(f"SELECT * FROM views.{view}")
            # Nor does whoever changes the schema: none of its locks is on what is there.
            admin.execute("SET lock_timeout = '5s'")
            admin.execute("ALTER TABLE vault.usual_rates ADD COLUMN for_a_moment int")
            admin.execute("ALTER TABLE vault.usual_rates DROP COLUMN for_a_moment")
        patient.close()


def test_vault_that_is_read_only_is_a_finding(
    vault: None, admin: psycopg.Connection, playing: Playing
) -> None:
    """As a standby is: most of it cannot be tried there, which is said rather than passed over."""
    admin.execute("ALTER ROLE authsite_migrate SET default_transaction_read_only = on")
    try:
        found = red(examine(playing))
    finally:
        admin.execute("ALTER ROLE authsite_migrate RESET default_transaction_read_only")
    assert {"vault-takes-writes", "functions-as-files", "web-errors-print-nothing"} <= set(found)


def test_value_in_the_text_of_a_statement_is_found(vault: None, playing: Playing) -> None:
    """A process that binds on its own side shows its values to every other of its role."""
    with psycopg.connect(
        dsn("worker", VAULT_DATABASE), autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as careless:
        careless.execute("SELECT length(%s)", [secrets.token_bytes(32)])
        found = red(examine(playing, without=QUICK))
    assert found == {"values-bound-apart": ("authsite_worker, by an unnamed program",)}


def test_functions_are_tried_as_far_as_they_go(vault: None, playing: Playing) -> None:
    """Most of them do their work on a good day, so that a constraint deep inside is reached."""
    answers: dict[str, str] = {}
    with playing("owner"):
        patient = Patient()
        with patient.rolled_back():
            invented = somebody.make(patient.vault)
            for role in ("web", "operator", "worker"):
                for name, parameters, may_be_tried in errors._functions(patient, role):
                    if may_be_tried:
                        marks = ", ".join(f"%s::{kind}" for _, kind in parameters)
                        with patient.playing(role) as connection:
                            row = connection.execute(
                                f"SELECT * FROM {name}({marks})".encode(),
                                invented.arguments(role, name, parameters),
                            ).fetchone()
                        answers[f"{role} {name}"] = str(row[0]) if row else "no row"
        patient.close()
    refusals = {"no row", "bad_request", "forbidden", "gone", "unknown", "dead"}
    refused = [name for name, answer in answers.items() if answer in refusals]
    assert len(refused) < len(answers) / 5, refused


def test_tricks_are_refused_to_a_bare_role_and_work_for_a_superuser(
    vault: None, admin: psycopg.Connection
) -> None:
    """Each is a statement that would do something, so that a refusal means something."""
    for what, statement in attempts._TRICKS:
        assert attempts.got_through(admin, statement) == "it worked", what


def test_function_files_are_all_understood() -> None:
    """Every CREATE of the files is found, so that none is left out of the comparison."""
    made = [one for file in function_files() for one in blueprint.made_by(file)]
    text = "\n".join(file.read_text(encoding="utf-8") for file in function_files())
    assert len(made) == len(re.findall(r"(?im)^\s*create\b.*\b(?:function|procedure|view)\b", text))


def test_function_file_that_is_not_understood_is_refused(tmp_path: Path) -> None:
    """Rather than compare a part of it."""
    file = tmp_path / "odd.sql"
    file.write_text(
        "CREATE FUNCTION api.odd_v1() RETURNS int LANGUAGE sql RETURN 1;\n"
        "CREATE FUNCTION api.even_v1() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;\n",
        encoding="utf-8",
    )
    with pytest.raises(blueprint.FilesUnread, match=r"odd\.sql"):
        blueprint.made_by(file)
