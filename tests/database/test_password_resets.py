"""Redeeming the token of a reset letter: once, in time, and only the mailed one (V-reset)."""

from collections import Counter
from typing import Any

import psycopg
import pytest

from tests.database.asking import AGENT, NETWORK, Login, ask, call, random_32, sha256, value
from tests.database.mail import (
    BROWSER,
    OTHER_BROWSER,
    Playing,
    a_member,
    a_reset_token,
    add,
    ask_for_reset,
    fresh,
    mailed,
    redeem,
    tokens,
)
from tests.database.people import attempt_of, sign_in
from tests.database.racing import raced
from vault import mailed_tokens
from vault.attempts import Attempt

ORIGIN = (NETWORK, AGENT)


@pytest.mark.parametrize(
    ("meanwhile", "status"),
    [
        ("UPDATE vault.mailed_tokens SET spent_at = clock_timestamp()", "spent"),
        ("UPDATE vault.mailed_tokens SET expires_at = clock_timestamp()", "expired"),
        ("UPDATE vault.mailed_tokens SET expires_at = NULL", "expired"),
        ("UPDATE vault.accounts SET state = 'locked'", "dead"),
        ("UPDATE vault.accounts SET epoch = epoch + 1", "dead"),
        ("UPDATE vault.site SET epoch = epoch + 1", "dead"),
        ("UPDATE vault.email_addresses SET verified_at = NULL", "dead"),
        ("DELETE FROM vault.email_addresses", "dead"),
        ("DELETE FROM vault.mailed_tokens", "unknown"),
        ("UPDATE vault.mailed_tokens SET token_hash = NULL", "unknown"),
    ],
)
def test_reset_token_after_its_time_is_refused(
    admin: psycopg.Connection, login: Login, playing: Playing, meanwhile: str, status: str
) -> None:
    """Spent, expired, locked, overtaken or without its address: a word for each, and no attempt."""
    a_member(playing)
    secret = a_reset_token(playing, admin)
    [token] = tokens(admin)
    admin.execute(meanwhile)
    assert mailed_tokens.find(secret, "reset", browser=BROWSER) == status
    assert redeem(secret) == status
    # And in the vault itself, for a web process that skips the first look.
    with login("web") as web:
        answer = call(
            web, "api.redeem_reset_v1", token, secret, BROWSER, None, random_32(), *ORIGIN
        )
    assert answer["status"] == status
    assert {answer[name] for name in answer if name != "status"} == {None}
    assert value(admin, "SELECT count(*) FROM vault.attempts") == 0


def test_reset_token_lives_an_hour_from_its_letter(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Sixty minutes by the vault's clock, whenever it was asked for."""
    a_member(playing)
    ask_for_reset(playing, admin)
    admin.execute("UPDATE vault.mailed_tokens SET requested_at = requested_at - interval '5 hours'")
    mailed(playing, admin)
    left = "SELECT expires_at - clock_timestamp() BETWEEN '59 minutes' AND '60 minutes'"
    assert value(admin, f"{left} FROM vault.mailed_tokens")


@pytest.mark.parametrize("odd", [b"", b"x", b"x" * 31, b"x" * 33, bytes(32), b"x" * 20_000])
def test_reset_token_of_another_form_is_unknown(
    admin: psycopg.Connection, playing: Playing, odd: bytes
) -> None:
    """What is no token finds no row, unarmed ones least of all."""
    a_member(playing)
    ask_for_reset(playing, admin)
    assert mailed_tokens.find(odd, "reset", browser=BROWSER) == "unknown"
    assert redeem(odd) == "unknown"


def test_reset_with_arguments_missing_or_odd_is_a_bad_request(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Each argument alone: missing, too short, too long, or taken; nothing is spent by it."""
    a_member(playing)
    secret = a_reset_token(playing, admin)
    [token] = tokens(admin)
    good: list[Any] = [token, secret, BROWSER, None, random_32(), *ORIGIN]
    password = [random_32()[:16], 19457, 2, 1, "t1", random_32(), random_32(), "en"]
    with login("web") as web:
        taken = sha256(attempt_of(a_member(playing, "Eve", None)).secret)
        for position, odd in (
            *((0, None), (1, None), (1, b""), (1, b"x" * 33)),
            *((4, None), (4, b"x" * 31), (4, taken)),
        ):
            arguments = [*good[:position], odd, *good[position + 1 :]]
            answer = call(web, "api.redeem_reset_v1", *arguments)
            assert answer["status"] == "bad_request", (position, odd)
        attempt = random_32()
        good[4] = sha256(attempt)
        assert call(web, "api.redeem_reset_v1", *good)["status"] == "right"
        for position in range(len(password)):
            for odd in (None, b"" if isinstance(password[position], bytes) else None):
                arguments = [*password[:position], odd, *password[position + 1 :]]
                answer = call(web, "api.reset_password_v1", attempt, *arguments, *ORIGIN)
                assert answer["status"] == "bad_request", (position, odd)
        for nobodys in (None, b"", b"x", random_32()):
            answer = call(web, "api.reset_password_v1", nobodys, *password, *ORIGIN)
            assert answer["status"] == "gone"
            assert value(web, "SELECT api.recovery_subject_v1(%s)", nobodys) is None
        assert call(web, "api.reset_password_v1", attempt, *password, *ORIGIN)["status"] == "reset"


def test_reset_token_in_another_browser_needs_the_user_name(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """A link that was passed on, or caught on its way, is not enough in another browser."""
    a_member(playing)
    a_member(playing, "Eve", "eve@example.org")
    secret = a_reset_token(playing, admin)
    found = mailed_tokens.find(secret, "reset", browser=OTHER_BROWSER)
    assert isinstance(found, mailed_tokens.MailedToken)
    assert not found.same_browser
    for browser in (OTHER_BROWSER, None, b""):
        for username in (None, "", "Eve", "ada", "Nobody"):
            assert redeem(secret, browser=browser, username=username) == "other_browser"
    assert isinstance(redeem(secret, browser=None, username="Ada"), Attempt)


def test_token_of_one_purpose_is_no_token_of_the_other(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """A confirmation sets no password, and a reset confirms no address (V-replay)."""
    ada = a_member(playing)
    session = sign_in(ada)
    add(session, fresh(ada, session), "ada@example.net")
    confirming = mailed(playing, admin, address="ada@example.net")
    [token] = tokens(admin)
    assert redeem(confirming) == "unknown"
    with login("web") as web:
        arguments = (token, confirming, BROWSER, None, random_32(), *ORIGIN)
        assert call(web, "api.redeem_reset_v1", *arguments)["status"] == "unknown"
    resetting = a_reset_token(playing, admin)
    assert mailed_tokens.find(resetting, "confirm", browser=BROWSER) == "unknown"
    assert ask(admin, "SELECT * FROM vault.events WHERE tag = 'site:row:refused'") == []


def test_reset_token_raced_by_a_hundred_is_redeemed_once(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Exactly one attempt to recover; the other ninety-nine are told that it is spent (V-race)."""
    a_member(playing)
    secret = a_reset_token(playing, admin)
    [token] = tokens(admin)

    def present(web: psycopg.Connection) -> str:
        arguments = (token, secret, BROWSER, None, random_32(), *ORIGIN)
        status: str = call(web, "api.redeem_reset_v1", *arguments)["status"]
        return status

    assert Counter(raced(100, login, present)) == {"right": 1, "spent": 99}
    assert value(admin, "SELECT count(*) FROM vault.attempts") == 1
