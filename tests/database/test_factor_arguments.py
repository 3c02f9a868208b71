"""Every argument of second factors' functions, missing or hostile: a status word, and no error.

What else these functions may be asked for wrongly is in test_postgres_traps_errors.py.
"""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.database import factor_arguments
from tests.database.asking import Login, a_person, ask, call, random_32
from tests.database.factors import RECOVERY_SET

HOSTILE: dict[str, list[Any]] = {
    "uuid": [None, uuid4()],
    "bytea": [None, b"", b"x", bytes(32), b"x" * 31, b"x" * 33, b"x" * 20_000],
    "bytea[]": [
        *(None, [], [None], [[b"x"], [b"y"]], [b"x"], [b"y" * 32] * 2, [b"z" * 32] * 1_000),
    ],
    "text": [None, "", "x", "\u0410da", "'; --", "x" * 20_000],
    "text[]": [None, [], [None], ["usb", None], [["a"], ["b"]], ["x" * 9_000], ["y"] * 1_000],
    "integer": [None, 0, -1, 2**31 - 1, -(2**31)],
    "bigint": [None, 0, -1, 2**32, 2**63 - 1, -(2**63)],
    "boolean": [None, True, False],
}
WORDS = {
    *("added", "exists", "full", "gone", "weak", "bad_request", "renamed", "unknown", "removed"),
    *("proposed", "none", "wait", "known_only", "ended", "opened", "early", "late", "right"),
    *("wrong", "replayed", "replaced", "counter", "locked", "closed", "ready"),
}
STATUSES = {
    "add_totp",
    "rename_totp",
    "remove_totp",
    "propose_totp",
    "open_totp",
    "accept_totp",
    "refuse_totp",
    "recovery_code_challenge",
    "replace_recovery_codes",
    "propose_recovery_code",
    "judge_recovery_code",
    "add_passkey",
    "rename_passkey",
    "remove_passkey",
    "prove_passkey",
}


@pytest.fixture
def web(vault: None, login: Login) -> Iterator[psycopg.Connection]:
    """Web's own connection."""
    with login("web") as connection:
        yield connection


def _types(admin: psycopg.Connection, function: str) -> list[str]:
    [row] = ask(
        admin,
        "SELECT ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY"
        " AS a (t, n) ORDER BY n) AS types FROM pg_proc p WHERE p.oid = %s::regproc",
        f"api.{function}_v1",
    )
    types: list[str] = row["types"]
    return types


def _answer(web: psycopg.Connection, function: str, arguments: list[Any]) -> list[dict[str, Any]]:
    """What a function says; undone, so that the next is asked about the same things."""
    marks = ", ".join(["%s"] * len(arguments))
    with web.transaction(force_rollback=True):
        return ask(web, f"SELECT * FROM api.{function}_v1({marks})", *arguments)


def test_argument_that_is_hostile_is_answered_by_a_word(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """Each argument of each function in turn, and all missing: nothing is raised (trap 2)."""
    good = factor_arguments.web_arguments(admin, web)
    tried = 0
    for function, arguments in good.items():
        types = _types(admin, function)
        changes = [
            [*arguments[:position], hostile, *arguments[position + 1 :]]
            for position, kind in enumerate(types)
            for hostile in HOSTILE[kind]
        ]
        for changed in [*changes, [None] * len(types)]:
            for row in _answer(web, function, changed):
                if function in STATUSES:
                    status = row.get("status", next(iter(row.values())))
                    assert status in WORDS, (function, changed)
            tried += 1
    assert tried > 400


def test_argument_that_is_missing_leads_nowhere(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """Without its session, attempt, proposal or id each function answers nothing of anybody's."""
    good = factor_arguments.web_arguments(admin, web)
    for function, arguments in good.items():
        for row in _answer(web, function, [None, *arguments[1:]]):
            status = row.get("status", next(iter(row.values())))
            assert status in (None, "gone", "unknown", "bad_request"), function
            assert not [name for name in row if name == "sealed" and row[name]]
        assert _answer(web, function, arguments), f"{function} answers on a good day"


def test_secret_of_another_kind_leads_nowhere(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """V-replay: a session is no attempt and an attempt no session, whoever's they are."""
    good = factor_arguments.web_arguments(admin, web)
    session, attempt = good["list_totp"][0], good["propose_totp"][0]
    for function, arguments in good.items():
        for this, other in ((session, attempt), (attempt, session)):
            swapped = [other if given == this else given for given in arguments]
            if swapped == arguments or function == "prove_passkey":
                continue
            rows = _answer(web, function, swapped)
            if function in STATUSES:
                [row] = rows
                assert row.get("status", next(iter(row.values()))) in ("gone", "unknown"), function
            else:
                assert all(set(row.values()) == {None} for row in rows), function


def test_owners_functions_answer_hostile_arguments_by_a_word(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """The importer's as well: a dump may hold anything."""
    ada = a_person(web)
    new = [random_32()]
    good = {
        "import_totp": [ada.account_id, uuid4(), "Phone", b"s" * 60, random_32(), "t1", -1],
        "import_recovery_codes": [ada.account_id, *RECOVERY_SET, new, new],
    }
    for function, arguments in good.items():
        for position, kind in enumerate(_types(admin, function)):
            for hostile in HOSTILE[kind]:
                changed = [*arguments[:position], hostile, *arguments[position + 1 :]]
                with admin.transaction(force_rollback=True):
                    status = call(admin, f"api.{function}_v1", *changed)["status"]
                assert status in {"added", "replaced", "unknown", "bad_request"}, changed
