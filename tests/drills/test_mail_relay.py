"""The thief is the mail relay: it reads, keeps, changes and drops every letter that is sent."""

import base64
import email
import email.policy
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest
from django.test import override_settings

from outbox.worker import Worker
from tests.database.asking import value
from tests.database.factors import enrol_app
from tests.database.mail import BROWSER, OTHER_BROWSER, a_member, ask_for_reset, redeem, reset
from tests.database.people import prove, sign_in
from tests.drills.loot import Loot
from vault import sessions
from vault.attempts import Attempt
from vault.events import NOWHERE

Play = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def relay(vault: None, playing: Play, tmp_path: Path) -> Callable[[], list[str]]:
    """Sends what waits, through the relay's hands; gives the text of all letters so far."""

    def send() -> list[str]:
        with (
            playing("worker"),
            override_settings(
                MAIL_URL=tmp_path.as_uri(), DEFAULT_FROM_EMAIL="no-reply@example.org"
            ),
        ):
            Worker(threads=1).drain()
        letters = [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted(tmp_path.iterdir())
            if path.is_file()
        ]
        return [str(letter.get_content()) for letter in letters]

    return send


def _tokens_in(letters: list[str]) -> set[bytes]:
    found = {match for text in letters for match in re.findall(r"#token=([\w-]+)", text)}
    return {base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)) for token in found}


def _token_in(letters: list[str]) -> bytes:
    [token] = _tokens_in(letters)
    return token


def test_mail_relay_takes_accounts_that_have_nothing_but_a_password(
    admin: psycopg.Connection, playing: Play, relay: Callable[[], list[str]], loot: Loot
) -> None:
    """Said plainly: whoever reads somebody's mail can be them, unless a second factor stands by."""
    ada = a_member(playing)
    session = sign_in(ada)
    ask_for_reset(browser=OTHER_BROWSER)  # anybody can ask
    token = _token_in(relay())
    attempt = redeem(token, browser=BROWSER, username="Ada")
    assert isinstance(attempt, Attempt)
    opened = sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE)
    assert opened is None, "a letter alone opens no session"
    assert reset(attempt) == "reset"
    assert prove(ada).status == "wrong"
    assert sessions.resume(session.secret) is None
    loot.gained("a new password, and so the account, of whoever has no second factor")
    told = relay()
    assert any("password" in text for text in told)
    loot.gained("silence: the letter that tells the owner is its own to drop")


def test_mail_relay_takes_no_account_with_a_second_factor(
    admin: psycopg.Connection, playing: Play, relay: Callable[[], list[str]], loot: Loot
) -> None:
    """A reset by letter asks for the second factor as well, and lowers nothing (V-reset)."""
    ada = a_member(playing)
    enrol_app(ada)
    ask_for_reset()
    attempt = redeem(_token_in(relay()))
    assert isinstance(attempt, Attempt)
    assert reset(attempt) == "weak"
    assert prove(ada).status == "right"
    assert value(admin, "SELECT count(*) FROM vault.totp_devices") == 1
    loot.refused("accounts with a second factor: the letter alone sets no password")


def test_mail_relay_makes_no_letter_of_its_own_worth_anything(
    admin: psycopg.Connection, playing: Play, relay: Callable[[], list[str]], loot: Loot
) -> None:
    """One token tells nothing about the next; a letter dropped and asked for anew ends at three."""
    a_member(playing)
    for _ in range(5):
        ask_for_reset()
    tokens = _tokens_in(relay())
    assert len(tokens) == 3
    for token in tokens:
        for made_up in (token[:-1] + bytes([token[-1] ^ 1]), token[::-1], bytes(32)):
            assert redeem(made_up) == "unknown"
    used = min(tokens)
    assert isinstance(redeem(used), Attempt)
    assert redeem(used) == "spent"
    loot.refused("tokens of its own, a second use of one, more than three letters an hour")


def test_mail_relay_learns_the_addresses_of_those_who_get_letters_alone(
    admin: psycopg.Connection, playing: Play, relay: Callable[[], list[str]], loot: Loot
) -> None:
    """Nobody is listed to it: what has no letter has no address there."""
    a_member(playing)
    a_member(playing, "Grace", "grace@example.org")
    ask_for_reset()
    assert "grace@example.org" not in "".join(relay())
    assert value(admin, "SELECT count(*) FROM vault.outbox WHERE done_at IS NOT NULL") == 1
    loot.gained("names and addresses of those who are written to")
    loot.refused("a list of everybody's")
