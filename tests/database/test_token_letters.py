"""The letters that carry a token, as the worker writes and sends them: the same one each time."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import override_settings

from outbox.worker import Worker
from tests.database.asking import ask, reported, value
from tests.database.mail import (
    Playing,
    a_member,
    add,
    ask_for_reset,
    confirm,
    fresh,
    redeem,
    ring_with,
)
from tests.database.outbox_jobs import make_due, until
from tests.database.people import sign_in
from tests.environment import ISSUER, subprocess_environment
from tests.mail_reader import html_of, text_of
from tests.unit.outbox.servers import Server, serving
from tests.web.markup import Page
from vault import mailed_tokens
from vault.attempts import Attempt, secret_hash

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(rf"^{re.escape(ISSUER)}(/[a-z/]+)#token=([A-Za-z0-9_-]{{43}})$", re.MULTILINE)


@pytest.fixture
def mailbox(vault: None, tmp_path: Path) -> Path:
    """Where letters land."""
    return tmp_path / "mail"


def _work(playing: Playing, mailbox: Path, **changes: Any) -> dict[str, bytes]:
    """The worker does what is due; gives all letters so far by their files' names."""
    with (
        playing("worker"),
        override_settings(
            MAIL_URL=f"file://{mailbox}", DEFAULT_FROM_EMAIL="no-reply@example.org", **changes
        ),
    ):
        Worker().drain()
    return {file.name: file.read_bytes() for file in mailbox.glob("*.eml")}


def _link(letter: bytes) -> tuple[str, bytes]:
    """Path and token of the only link in a letter."""
    [(path, text)] = LINK.findall(text_of(letter))
    assert Page(html_of(letter)).all("a")[0].get("href") == f"{ISSUER}{path}#token={text}"
    secret = mailed_tokens.decode(text)
    assert secret is not None
    return path, secret


def test_letter_of_a_reset_brings_the_link_that_redeems(
    admin: psycopg.Connection, playing: Playing, mailbox: Path
) -> None:
    """From asking to the letter to an attempt to recover, with the worker's own code between."""
    a_member(playing)
    ask_for_reset(playing, admin)
    [letter] = _work(playing, mailbox).values()
    path, secret = _link(letter)
    assert path == "/reset/code"
    assert isinstance(redeem(secret), Attempt)
    assert value(admin, "SELECT count(*) FROM vault.outbox WHERE done_at IS NULL") == 0


def test_letter_of_a_confirmation_goes_to_the_new_address_and_confirms_it(
    admin: psycopg.Connection, playing: Playing, mailbox: Path
) -> None:
    """The new address gets the link, the old one is told of it without."""
    ada = a_member(playing)
    session = sign_in(ada)
    add(session, fresh(ada, session), "ada@example.net")
    letters = list(_work(playing, mailbox).values())
    assert len(letters) == 2
    [confirmation] = [one for one in letters if b"To: ada@example.net" in one]
    [told] = [one for one in letters if b"To: ada@example.org" in one]
    assert b"token" not in told
    path, secret = _link(confirmation)
    assert path == "/account/email/confirm"
    assert isinstance(confirm(secret), mailed_tokens.MailedToken)


def test_letter_sent_again_is_the_same_bytes_after_new_keys(
    admin: psycopg.Connection, playing: Playing, mailbox: Path
) -> None:
    """A resend, with another mail key and another address key in front, differs in not one byte."""
    a_member(playing)
    ask_for_reset(playing, admin)
    first = _work(playing, mailbox)
    admin.execute("UPDATE vault.outbox SET done_at = NULL")
    make_due(admin)
    second = _work(
        playing,
        mailbox,
        MAIL_KEYS=ring_with("AUTHSITE_MAIL_KEYS", "t2"),
        ADDRESS_KEYS=ring_with("AUTHSITE_ADDRESS_KEYS", "t2"),
    )
    assert first == second
    assert len(second) == 1


def _silent(server: Server, connected: socket.socket) -> None:
    """A mail server that says nothing."""
    server.stopping.wait(60)


def test_letter_of_a_worker_killed_before_sending_carries_the_same_token(
    admin: psycopg.Connection, playing: Playing, mailbox: Path
) -> None:
    """kill -9 between arming and sending: the next worker's letter has the token that was armed."""
    a_member(playing)
    ask_for_reset(playing, admin)
    with serving(_silent) as server:
        environment = {
            **subprocess_environment("worker"),
            "AUTHSITE_MAIL_URL": f"smtp://127.0.0.1:{server.port}",
        }
        process = subprocess.Popen(
            [sys.executable, "manage.py", "runworker"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until(lambda: server.connections == 1, seconds=60)
            armed = ask(admin, "SELECT token_hash, expires_at FROM vault.mailed_tokens")
            assert armed[0]["token_hash"] is not None
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=60)
        finally:
            process.kill()
            server.stopping.set()
    assert value(admin, "SELECT done_at IS NULL FROM vault.outbox")
    make_due(admin)
    [letter] = _work(playing, mailbox, MAIL_KEYS=ring_with("AUTHSITE_MAIL_KEYS", "t2")).values()
    _, secret = _link(letter)
    assert secret_hash(secret) == armed[0]["token_hash"]
    assert ask(admin, "SELECT token_hash, expires_at FROM vault.mailed_tokens") == armed
    assert isinstance(redeem(secret), Attempt)


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE vault.mailed_tokens SET spent_at = clock_timestamp()",
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "DELETE FROM vault.email_addresses",
    ],
)
def test_letter_whose_token_nobody_could_use_is_not_sent(
    admin: psycopg.Connection, playing: Playing, mailbox: Path, meanwhile: str
) -> None:
    """A letter that came too late for its token is done without being sent, and alerts nobody."""
    a_member(playing)
    ask_for_reset(playing, admin)
    admin.execute(meanwhile)
    assert _work(playing, mailbox) == {}
    [job] = ask(admin, "SELECT done_at IS NOT NULL AS done, buried_at FROM vault.outbox")
    assert job == {"done": True, "buried_at": None}


def test_letter_whose_key_is_missing_waits_for_it(
    admin: psycopg.Connection, playing: Playing, mailbox: Path
) -> None:
    """A ring without the key that armed the token delays the letter; it never makes another."""
    a_member(playing)
    ask_for_reset(playing, admin)
    [letter] = _work(playing, mailbox).values()
    admin.execute("UPDATE vault.outbox SET done_at = NULL")
    admin.execute("UPDATE vault.mailed_tokens SET token_key = 'gone'")
    make_due(admin)
    _work(playing, mailbox)
    [job] = ask(admin, "SELECT done_at, buried_at, last_error FROM vault.outbox")
    assert job == {"done_at": None, "buried_at": None, "last_error": "mail_key_unknown"}
    assert list(_work(playing, mailbox).values()) == [letter]


@pytest.mark.parametrize(
    "change",
    [
        # Another's token in a letter to an account and address of the writer's own.
        (
            "UPDATE vault.outbox o SET payload = payload || jsonb_build_object('tokens', ARRAY("
            "SELECT t.id FROM vault.mailed_tokens t WHERE t.account_id <> o.account_id))"
        ),
        # A letter about something else, with a token; and the other way round.
        'UPDATE vault.outbox SET payload = payload || \'{"template": "password_changed"}\'',
        "UPDATE vault.outbox SET payload = payload - 'tokens'",
        'UPDATE vault.outbox SET payload = payload || \'{"template": "address_confirmation"}\'',
        'UPDATE vault.outbox SET payload = payload || \'{"token_link": "https://evil.example"}\'',
    ],
)
def test_letter_that_a_writer_changed_is_sent_to_nobody(
    admin: psycopg.Connection, playing: Playing, mailbox: Path, change: str
) -> None:
    """Whoever writes the outbox cannot have somebody's token mailed, nor a link of their own."""
    a_member(playing)
    a_member(playing, "Victim", "victim@example.org")
    ask_for_reset(playing, admin, "Victim")
    admin.execute("DELETE FROM vault.outbox")
    ask_for_reset(playing, admin)
    admin.execute(change)
    assert _work(playing, mailbox) == {}
    [job] = ask(admin, "SELECT buried_at IS NOT NULL AS buried, last_error FROM vault.outbox")
    assert job["buried"]
    assert job["last_error"].startswith("not_ours:")
    assert reported(admin)
