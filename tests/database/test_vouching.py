"""Rows of before MACs: vouched for once, by the owner, and never beside rows that have one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import a_wiki, ask, reported, value
from tests.database.people import sign_in, sign_up
from tests.database.vouched import a_code, redeem
from vault import email_addresses, sessions, wikis

Playing = Callable[[str], AbstractContextManager[None]]

migration = import_module("vault.migrations.0005_vouch_for_rows")
TABLES = ("accounts", "wikis", "email_addresses", "grants")
AS_THE_OWNER = """
from importlib import import_module
from django.conf import settings
from django.db import connections
settings.VOUCH_FOR_ROWS = True
with connections["vault"].cursor() as cursor:
    import_module("vault.migrations.0005_vouch_for_rows").vouch_for_rows(cursor)
"""


@pytest.fixture
def before(admin: psycopg.Connection, manage: Callable[..., str]) -> dict[str, Any]:
    """A vault of before: people, a wiki, addresses and a code, none under a MAC."""
    manage("owner", "createaccount", "Confirmed", "--email", "confirmed@example.org")
    manage("owner", "createaccount", "Asked", "--email", "asked@example.org")
    admin.execute(
        "UPDATE vault.email_addresses SET verified_at = NULL FROM vault.accounts a"
        " WHERE a.id = account_id AND a.username = 'Asked'"
    )
    session = sign_in(sign_up("Ada"))
    a_wiki(admin, "wiki-a")
    a_wiki(admin, "wiki-b", backchannel_logout_uri=None)
    found = wikis.find("wiki-a")
    assert found is not None
    code = a_code(session, found)
    for table in TABLES:
        admin.execute(f"UPDATE vault.{table} SET mac = '', mac_key = ''")
    wikis.forget()
    return {"session": session, "wiki": found, "code": code}


def _without(admin: psycopg.Connection) -> dict[str, int]:
    return {
        table: value(admin, f"SELECT count(*) FROM vault.{table} WHERE mac = ''")
        for table in TABLES
    }


def _read(admin: psycopg.Connection, username: str) -> tuple[str, bool] | None:
    [row] = ask(
        admin,
        "SELECT e.id AS address_id, sealed AS sealed_address, e.account_id, lookup_digest,"
        " lookup_key, verified_at IS NOT NULL AS address_verified, e.mac AS address_mac,"
        " e.mac_key AS address_mac_key FROM vault.email_addresses e"
        " JOIN vault.accounts a ON a.id = e.account_id WHERE a.username = %s",
        username,
    )
    return email_addresses.read_address(row["account_id"], row)


def test_rows_of_before_are_believed_after_the_migration(
    admin: psycopg.Connection, before: dict[str, Any], manage: Callable[..., str]
) -> None:
    """Names, wikis and confirmed addresses; what nobody confirmed and what was issued stays out."""
    assert sessions.resume(before["session"].secret) is None
    assert wikis.find("wiki-a") is None
    wikis.forget()
    admin.execute("DELETE FROM vault.events")
    manage("owner", "shell", "-c", AS_THE_OWNER)
    assert sessions.resume(before["session"].secret) == before["session"]
    assert wikis.find("wiki-a") == before["wiki"]
    assert wikis.find("wiki-b") is not None
    assert _read(admin, "Confirmed") == ("confirmed@example.org", True)
    assert _read(admin, "Asked") == ("asked@example.org", False)
    assert reported(admin) == set()
    assert _without(admin) == {"accounts": 0, "wikis": 0, "email_addresses": 1, "grants": 1}
    assert redeem(before["code"], before["wiki"]) == "unknown"
    manage("owner", "shell", "-c", AS_THE_OWNER)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("accounts", "username = 'Admin', mac = '' WHERE username = 'Ada'"),
        ("wikis", "home_uri = 'https://evil/', mac = '' WHERE client_id = 'wiki-a'"),
        ("email_addresses", "verified_at = now() WHERE mac = ''"),
    ],
)
def test_rows_without_a_mac_beside_others_are_not_vouched_for(
    admin: psycopg.Connection, before: dict[str, Any], playing: Playing, table: str, change: str
) -> None:
    """Whoever writes rows, and makes the migration run once more, gets no MAC by it."""
    with playing("owner"), override_settings(VOUCH_FOR_ROWS=True):
        migration.vouch_for_rows(admin.cursor())
        admin.execute(f"UPDATE vault.{table} SET {change}")
        rows = ask(admin, f"SELECT * FROM vault.{table} ORDER BY 1")
        with pytest.raises(migration.RowsVouchedFor, match=table):
            migration.vouch_for_rows(admin.cursor())
    assert ask(admin, f"SELECT * FROM vault.{table} ORDER BY 1") == rows


def test_rows_whose_macs_were_emptied_are_not_vouched_for_when_migrations_run_again(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Every MAC emptied, a name of the thief's choice, nothing listed: `migrate` refuses."""
    mallory = sign_up("Mallory")
    admin.execute("UPDATE vault.accounts SET username = 'Admin', mac = '', mac_key = ''")
    with playing("owner"), pytest.raises(migration.RowsOfBefore, match="accounts: 1 rows"):
        migration.vouch_for_rows(admin.cursor())
    rows = ask(admin, "SELECT id, username, mac FROM vault.accounts")
    assert rows == [{"id": mallory.account_id, "username": "Admin", "mac": b""}]


def test_rows_of_before_are_vouched_for_batch_by_batch(
    admin: psycopg.Connection, playing: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are: each once, whatever the size of a batch."""
    monkeypatch.setattr(migration, "BATCH", 2)
    members = [sign_up(f"Member {number}") for number in range(5)]
    admin.execute("UPDATE vault.accounts SET mac = ''")
    with playing("owner"), override_settings(VOUCH_FOR_ROWS=True):
        migration.vouch_for_rows(admin.cursor())
    assert _without(admin)["accounts"] == 0
    for member in members:
        assert sign_in(member).username == member.username
