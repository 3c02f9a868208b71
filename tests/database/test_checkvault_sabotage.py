"""``checkvault`` and those who have been at the vault: each act of theirs turns its checks red.

Every sabotage is done by a superuser and undone by one, so that the next finds a healthy vault.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from demo.postgres import Server
from tests.conftest import superuser
from tests.database.asking import value
from tests.database.console import Playing
from tests.database.examining import examine, red
from tests.database.sabotages import SABOTAGES, Sabotage


@contextmanager
def _done(server: Server, sabotage: Sabotage) -> Iterator[None]:
    with superuser(server, sabotage.database) as saboteur:
        saboteur.execute(sabotage.act)
        try:
            yield
        finally:
            saboteur.execute(sabotage.undo)


@pytest.mark.parametrize("what", SABOTAGES)
def test_sabotage_turns_exactly_its_checks_red(
    vault: None, server: Server, playing: Playing, what: str
) -> None:
    """Neither fewer, which would be blind, nor more, which would send people the wrong way."""
    sabotage = SABOTAGES[what]
    with _done(server, sabotage):
        found = red(examine(playing))
    assert set(found) == sabotage.found_by, found


@pytest.mark.parametrize("function", ["api.judge_password_v1(uuid)", "vault.charge_guess(bytea)"])
def test_sabotage_of_a_functions_text_is_found(
    vault: None, admin: psycopg.Connection, playing: Playing, function: str
) -> None:
    """One word of a body, in a function that a role calls and in a helper."""
    before = value(admin, f"SELECT pg_get_functiondef('{function}'::regprocedure)")
    # A comment changes nothing that could be seen from outside.
    admin.execute(before.replace("BEGIN", "BEGIN -- changed", 1))
    try:
        found = red(examine(playing))
    finally:
        admin.execute(before)
    name = function.partition("(")[0]
    assert set(found) == {"functions-as-files"}
    assert name in found["functions-as-files"][0]


def test_secret_in_a_functions_text_is_found(
    vault: None, admin: psycopg.Connection, playing: Playing
) -> None:
    """A long literal in a text that anybody may read."""
    before = value(admin, "SELECT pg_get_functiondef('vault.today()'::regprocedure)")
    admin.execute(before.replace("BEGIN", "BEGIN /* 0123456789abcdef0123 */", 1))
    try:
        found = red(examine(playing))
    finally:
        admin.execute(before)
    assert set(found) == {"functions-as-files", "functions-hold-no-secret"}


def test_constraint_that_prints_a_row_is_found_by_provoking_it(
    vault: None, admin: psycopg.Connection, playing: Playing
) -> None:
    """A constraint that arguments can reach: the error's DETAIL would be told to web."""
    admin.execute("ALTER TABLE vault.sessions ADD CONSTRAINT telling CHECK (agent_label <> '')")
    try:
        found = red(examine(playing))
    finally:
        admin.execute("ALTER TABLE vault.sessions DROP CONSTRAINT telling")
    assert set(found) == {
        "tables-as-files",
        "web-errors-print-nothing",
        "operator-errors-print-nothing",
    }
    assert "CheckViolation telling" in " ".join(found["web-errors-print-nothing"])


def test_vault_after_all_of_this_is_healthy_again(vault: None, playing: Playing) -> None:
    """Everything was undone, so that what was red was red for its own reason."""
    assert red(examine(playing)) == {}
