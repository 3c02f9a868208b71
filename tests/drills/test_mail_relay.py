"""The thief is the mail relay: it reads, keeps, changes and drops every letter that is sent."""

import base64
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.test import override_settings

from outbox.worker import Worker
from tests.database.asking import sha256, value
from tests.database.factors import enrol_app
from tests.database.mail import (
    BROWSER,
    HERE,
    OTHER_BROWSER,
    a_member,
    add,
    ask_for_reset,
    confirm,
    disown,
    fresh,
    mailed,
    redeem,
    reset,
    restore,
    set_primary,
    typed,
)
from tests.database.people import Member, prove, sign_in
from tests.drills.loot import Loot
from tests.mail_reader import text_of
from vault import sessions
from vault.attempts import Attempt
from vault.events import NOWHERE
from vault.mailed_tokens import MailedToken

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
        return [text_of(path.read_bytes()) for path in sorted(tmp_path.iterdir()) if path.is_file()]

    return send


def _tokens_in(letters: list[str]) -> set[bytes]:
    found = {match for text in letters for match in re.findall(r"#token=([\w-]+)", text)}
    return {base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)) for token in found}


def _token_in(letters: list[str]) -> bytes:
    [token] = _tokens_in(letters)
    return token


def _code_in(letters: list[str]) -> bytes:
    [code] = {
        code for text in letters for code in re.findall(r"^(?:\w{4}-){3}\w{4}$", text, re.MULTILINE)
    }
    return typed(code)


def test_mail_relay_takes_accounts_that_have_nothing_but_a_password(
    admin: psycopg.Connection, playing: Play, relay: Callable[[], list[str]], loot: Loot
) -> None:
    """Said plainly: whoever reads somebody's mail can be them, unless a second factor stands by."""
    ada = a_member(playing)
    session = sign_in(ada)
    ask_for_reset(playing, admin, browser=OTHER_BROWSER)  # anybody can ask
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
    ask_for_reset(playing, admin)
    attempt = redeem(_token_in(relay()))
    assert isinstance(attempt, Attempt)
    assert reset(attempt) == "weak"
    assert prove(ada).status == "right"
    assert value(admin, "SELECT count(*) FROM vault.totp_devices") == 1
    loot.refused("accounts with a second factor: the letter alone sets no password")


def test_mail_relay_makes_no_letter_of_its_own_worth_anything(
    admin: psycopg.Connection, playing: Play, relay: Callable[[], list[str]], loot: Loot
) -> None:
    """One token tells nothing about the next; a letter dropped and asked for anew ends at three.

    Nor does a link tell the code beside it.
    """
    a_member(playing)
    for _ in range(5):
        ask_for_reset(playing, admin)
    tokens = _tokens_in(relay())
    assert len(tokens) == 3
    for token in tokens:
        one_off = token[:-1] + bytes([token[-1] ^ 1])
        for made_up in (
            one_off,
            token[::-1],
            bytes(32),
            token[:10],
            token[-10:],
            sha256(token)[:10],
        ):
            assert redeem(made_up) == "unknown"
    used = min(tokens)
    assert isinstance(redeem(used), Attempt)
    assert redeem(used) == "spent"
    loot.refused("tokens of its own, a second use of one, more than three letters an hour")


def _taken_over(playing: Play, admin: psycopg.Connection) -> Member:
    """Ada has made another address her primary one, in a session that her browser began."""
    ada = a_member(playing)
    for device in (b"1" * 32, b"2" * 32):
        session = sign_in(ada, origin=replace(HERE, device=device))
    proof = fresh(ada, session)
    added = add(session, proof, "ada@example.net")
    confirm(mailed(playing, admin, address="ada@example.net", purpose="confirm"))
    assert set_primary(session, proof, added) == "changed"
    return ada


def test_mail_relay_that_undoes_a_change_has_the_old_address_and_nothing_else(
    admin: psycopg.Connection, playing: Play, relay: Callable[[], list[str]], loot: Loot
) -> None:
    """Whoever reads a mailbox that one left has a week to take the letters back to it."""
    ada = _taken_over(playing, admin)
    [told] = [text for text in relay() if "/account/email/undo" in text]
    token = _token_in([told])
    before = value(admin, "SELECT count(*) FROM vault.attempts")
    for useless in (redeem(token, username="Ada"), confirm(token), disown(token)):
        assert useless == "unknown"
    assert isinstance(restore(token), MailedToken)
    loot.gained("for a week, the old address back and everybody signed out, by an undo's link")
    assert value(admin, "SELECT count(*) FROM vault.attempts") == before
    assert prove(ada).status == "right"
    assert any("was undone" in text for text in relay())
    loot.refused("a session or a password by it; and the address that was undone is told")
    assert restore(token) == "spent"
    loot.refused("a second use")


def test_mail_relay_that_disowns_a_sign_in_ends_it_and_nothing_else(
    admin: psycopg.Connection, playing: Play, relay: Callable[[], list[str]], loot: Loot
) -> None:
    """It can be a nuisance: the owner signs in again, and is told of it."""
    ada = _taken_over(playing, admin)
    [told] = [text for text in relay() if "/account/sessions/not-me" in text]
    token = _token_in([told])
    for useless in (redeem(token, username="Ada"), confirm(token), restore(token)):
        assert useless == "unknown"
    assert isinstance(disown(token), MailedToken)
    ended = "SELECT count(*) FROM vault.sessions WHERE end_reason = 'disowned'"
    assert value(admin, ended) == 1
    loot.gained("the end of the session that a letter tells of, and browsers that are strangers")
    assert prove(ada).status == "right"
    assert value(admin, "SELECT epoch FROM vault.accounts") == 1
    loot.refused("anything that a disowned sign-in would open")


def test_mail_relay_in_another_browser_needs_the_name_that_a_letter_says(
    admin: psycopg.Connection, playing: Play, relay: Callable[[], list[str]], loot: Loot
) -> None:
    """The letter greets by name, so that this keeps out those who see the link or code alone."""
    a_member(playing)
    ask_for_reset(playing, admin)
    letters = relay()
    for secret in (_token_in(letters), _code_in(letters)):
        assert redeem(secret, browser=OTHER_BROWSER) == "other_browser"
    assert "Hello Ada," in letters[0]
    assert isinstance(redeem(_code_in(letters), browser=None, username="Ada"), Attempt)
    loot.gained("the name that goes with a token: it stands in the same letter")
    loot.refused("the token to whoever has seen no more than the link or the code")


def test_mail_relay_learns_the_addresses_of_those_who_get_letters_alone(
    admin: psycopg.Connection, playing: Play, relay: Callable[[], list[str]], loot: Loot
) -> None:
    """Nobody is listed to it: what has no letter has no address there."""
    a_member(playing)
    a_member(playing, "Grace", "grace@example.org")
    ask_for_reset(playing, admin)
    assert "grace@example.org" not in "".join(relay())
    assert value(admin, "SELECT count(*) FROM vault.outbox WHERE done_at IS NOT NULL") == 1
    loot.gained("names and addresses of those who are written to")
    loot.refused("a list of everybody's")
