"""Asking for a letter with a token: no answer, three letters an hour, nothing else changed."""

from typing import Any

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import AGENT, NETWORK, Login, ask, call, value
from tests.database.mail import (
    ADDRESS,
    BROWSER,
    Playing,
    a_member,
    ask_for_reset,
    letters,
    ring_with,
    tokens,
)
from tests.database.people import prove, sign_in
from tests.database.racing import raced
from tests.web.counting import counted_hashes, counted_sql
from vault.attempts import secret_hash


@pytest.mark.parametrize(
    "asked",
    [
        {"username": "Ada"},
        {"username": "Nobody"},
        {"username": None, "address": ADDRESS},
        {"username": None, "address": "nobody@example.org"},
    ],
)
def test_reset_asked_for_takes_the_same_work_whoever_is_known(
    vault: None, playing: Playing, asked: dict[str, Any]
) -> None:
    """One and the same statement, no hash and no answer: nobody is told apart (V-enum)."""
    a_member(playing)
    with counted_sql() as statements, counted_hashes() as hashes:
        ask_for_reset(**asked)
    assert [one.partition("(")[0] for one in statements] == ["SELECT api.request_reset_v1"]
    assert hashes == []


def test_reset_asked_for_changes_nothing_but_the_mail(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Whoever asks for somebody else keeps them neither from their session nor their password."""
    ada = a_member(playing)
    session = sign_in(ada)
    for _ in range(5):
        ask_for_reset()
    assert prove(ada).status == "right"
    assert sign_in(ada, old=session)
    assert value(admin, "SELECT epoch FROM vault.accounts") == 1


def test_reset_asked_for_again_and_again_sends_three_letters_an_hour(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """By name or by address, an account gets three letters an hour, and no more (V-limit)."""
    a_member(playing)
    for _ in range(3):
        ask_for_reset()
        ask_for_reset(None, address="ADA@example.org")
    assert len(letters(admin, "password_reset_link")) == len(tokens(admin)) == 3
    sent = [
        row["detail"].get("sent")
        for row in ask(
            admin, "SELECT detail FROM vault.events WHERE tag = 'account:token:requested'"
        )
    ]
    assert sorted(sent) == [False, False, False, True, True, True]
    admin.execute("UPDATE vault.mailed_tokens SET requested_at = requested_at - interval '1 hour'")
    ask_for_reset()
    assert len(tokens(admin)) == 4


def test_reset_asked_for_by_a_hundred_at_once_sends_three_letters(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Requests that race share the three letters of the hour (V-race, V-limit)."""
    a_member(playing)
    arguments = ("Ada", None, secret_hash(BROWSER), "en", NETWORK, AGENT)
    answers = raced(100, login, lambda c: call(c, "api.request_reset_v1", *arguments)["status"])
    assert set(answers) == {"asked"}
    assert len(letters(admin, "password_reset_link")) == 3


def test_reset_asked_for_by_an_address_of_two_accounts_writes_to_each(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """An address is no identity: each account that confirmed it gets its own letter."""
    a_member(playing)
    a_member(playing, "Bob")
    a_member(playing, "Eve", "eve@example.org")
    ask_for_reset(None, address=ADDRESS)
    found = letters(admin, "password_reset_link")
    assert {one["username"] for one in found} == {"Ada", "Bob"}
    assert len({one["token"] for one in found}) == 2


def test_reset_asked_for_by_an_address_stored_under_an_older_key_finds_it(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A new key in front of the ring makes nobody's address unknown."""
    a_member(playing)
    with override_settings(ADDRESS_KEYS=ring_with("AUTHSITE_ADDRESS_KEYS", "t2")):
        ask_for_reset(None, address=ADDRESS)
    assert len(tokens(admin)) == 1


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE vault.email_addresses SET verified_at = NULL",
        "UPDATE vault.accounts SET state = 'locked'",
        "DELETE FROM vault.email_addresses",
    ],
)
def test_reset_asked_for_without_a_confirmed_address_or_when_locked_sends_nothing(
    admin: psycopg.Connection, playing: Playing, meanwhile: str
) -> None:
    """Nothing goes to an address that nobody confirmed, nor for an account that is locked."""
    a_member(playing)
    admin.execute(meanwhile)
    ask_for_reset()
    ask_for_reset(None, address=ADDRESS)
    assert letters(admin) == []


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
    assert tokens(admin) == []
