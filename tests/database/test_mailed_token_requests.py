"""Asking for a letter with a reset token: the same for everybody, and nothing else changed.

What the worker makes of a request is in test_reset_answers.py; how often an address hears from us,
in test_letters_limited.py.
"""

from typing import Any

import psycopg
import pytest

from tests.database.asking import AGENT, NETWORK, Login, Row, ask, call, value
from tests.database.mail import (
    ADDRESS,
    BROWSER,
    Playing,
    a_member,
    answer_requests,
    request_reset,
    requests,
    tokens,
)
from tests.database.people import prove, sign_in
from tests.web.counting import counted_hashes, counted_sql
from vault.attempts import secret_hash

ASKED: list[dict[str, Any]] = [
    {"username": "Ada"},
    {"username": "Bob"},  # has no address
    {"username": "Nobody"},
    {"username": None, "address": ADDRESS},
    {"username": None, "address": "nobody@example.org"},
    {"username": None, "address": "ada's@example.org\u0000"},
]


def _written(admin: psycopg.Connection) -> tuple[list[Row], list[Row], dict[str, int]]:
    """All that stands in the vault but what was typed and when: jobs, events, rows a table."""
    jobs = ask(
        admin,
        "SELECT id, kind, account_id, sealed_address, tries, done_at, buried_at, last_error,"
        " payload - '{username,digests}'::text[] AS rest,"
        " ARRAY(SELECT jsonb_object_keys(payload) ORDER BY 1) AS names,"
        " jsonb_array_length(payload -> 'digests') AS digests"
        " FROM vault.outbox",
    )
    events = ask(admin, "SELECT to_jsonb(e) - 'at' AS row FROM vault.events e ORDER BY id")
    counts = {
        name: value(admin, f"SELECT count(*) FROM vault.{name}")
        for (name,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'vault'")
    }
    return jobs, events, counts


@pytest.mark.parametrize("asked", ASKED)
def test_reset_asked_for_takes_the_same_work_whoever_is_known(
    vault: None, playing: Playing, asked: dict[str, Any]
) -> None:
    """One and the same statement, no hash and no answer: nobody is told apart (V-enum)."""
    a_member(playing)
    a_member(playing, "Bob", None)
    request_reset("Somebody before")  # after whom the connection is there
    with counted_sql() as statements, counted_hashes() as hashes:
        request_reset(**asked)
    assert [one.partition("(")[0] for one in statements] == ["SELECT api.request_reset_v1"]
    assert hashes == []


@pytest.mark.parametrize("by", ["username", "address"])
def test_reset_asked_for_leaves_the_same_rows_whoever_is_known(
    admin: psycopg.Connection, playing: Playing, by: str
) -> None:
    """One job and one event, alike in every field but what was typed: counting tells nothing."""
    a_member(playing)
    a_member(playing, "Bob", None)
    locked = a_member(playing, "Lea", "lea@example.org")
    admin.execute("UPDATE vault.accounts SET state = 'locked' WHERE id = %s", [locked.account_id])
    admin.execute("TRUNCATE vault.events RESTART IDENTITY")
    seen = []
    typed = (
        ("Ada", "Bob", "Lea", "Nobody") if by == "username" else (ADDRESS, "lea@example.org", "x@y")
    )
    for one in typed:
        request_reset(one if by == "username" else None, **({} if by == "username" else {by: one}))
        seen.append(_written(admin))
        admin.execute("TRUNCATE vault.outbox, vault.events RESTART IDENTITY")
    assert all(one == seen[0] for one in seen)
    [job], [event], _ = seen[0]
    assert (job["kind"], job["account_id"], job["sealed_address"]) == ("reset_request", None, None)
    assert event["row"]["tag"] == "account:token:requested"
    assert event["row"]["account_id"] is None
    assert event["row"]["detail"] == {"purpose": "reset"}


def test_reset_asked_for_is_done_in_as_many_reads_whoever_is_known(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Not even the vault itself looks anybody up: no table of accounts or addresses is touched."""
    a_member(playing)
    seen = (
        "SELECT sum(coalesce(idx_scan, 0) + seq_scan) FROM pg_stat_xact_user_tables WHERE relname"
    )
    with login("web") as web:
        for name, digests in (("Ada", None), ("Nobody", None), (None, [b"d" * 32])):
            with web.transaction():
                asked = (name, digests, secret_hash(BROWSER), "en", NETWORK, AGENT)
                assert call(web, "api.request_reset_v1", *asked)["status"] == "asked"
                looked = value(
                    web, f"{seen} IN ('accounts', 'usernames', 'email_addresses', 'mailed_tokens')"
                )
                assert looked == 0


def test_reset_asked_for_changes_nothing_but_the_mail(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Whoever asks for somebody else keeps them neither from their session nor their password."""
    ada = a_member(playing)
    session = sign_in(ada)
    for _ in range(5):
        request_reset()
    answer_requests(playing, admin)
    assert prove(ada).status == "right"
    assert sign_in(ada, old=session)
    assert value(admin, "SELECT epoch FROM vault.accounts") == 1


def test_reset_asked_for_is_forgotten_once_it_was_answered(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """What was typed into the field for a name, a password perhaps, stays nowhere."""
    a_member(playing)
    for typed in ("Ada", "correct horse battery staple"):
        request_reset(typed)
    answer_requests(playing, admin)
    for row in ask(admin, "SELECT tablename FROM pg_tables WHERE schemaname = 'vault'"):
        dump = str(ask(admin, f"SELECT t::text AS row FROM vault.{row['tablename']} t"))
        assert "correct horse" not in dump, row["tablename"]
    assert requests(admin) == []


@pytest.mark.parametrize(
    "arguments",
    [
        (None, None, secret_hash(BROWSER), "en"),
        ("Ada", [b"d" * 32], secret_hash(BROWSER), "en"),
        ("", None, secret_hash(BROWSER), "en"),
        ("x" * 256, None, secret_hash(BROWSER), "en"),
        (None, [], secret_hash(BROWSER), "en"),
        (None, [b"d" * 32] * 11, secret_hash(BROWSER), "en"),
        ("Ada", None, None, "en"),
        ("Ada", None, b"short", "en"),
        ("Ada", None, secret_hash(BROWSER), None),
        ("Ada", None, secret_hash(BROWSER), "e"),
        ("Ada", None, secret_hash(BROWSER), "en'; --"),
    ],
)
def test_reset_asked_for_with_odd_arguments_is_a_bad_request(
    admin: psycopg.Connection, login: Login, playing: Playing, arguments: tuple[Any, ...]
) -> None:
    """Missing, too long, or both ways at once: a status of its own, and nothing written."""
    a_member(playing)
    with login("web") as web:
        answer = call(web, "api.request_reset_v1", *arguments, NETWORK, AGENT)
    assert answer["status"] == "bad_request"
    assert requests(admin) == tokens(admin) == []
