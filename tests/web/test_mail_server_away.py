"""When the mail server is down, slow or says no: nobody waits for it, nothing is lost or doubled.

What becomes of a letter in the worker is tried in tests/unit/outbox and tests/database; here it is
the whole way of a letter that somebody asked for.
"""

import socket
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from outbox import mail as mail_settings
from outbox.messages import TRIES_WHEN_REFUSED
from tests.database.asking import ask as rows
from tests.mail_reader import letter_of, received
from tests.unit.outbox.servers import Server, serving
from tests.unit.outbox.test_mail import mail_server
from tests.web.holders import words
from tests.web.letters import (
    GRACE,
    TO_CONFIRM,
    TO_RESET,
    Mail,
    ask_for_reset,
    come_back,
    confirmed,
    set_password,
    sign_up_with,
)
from tests.web.passkeys import prove_password
from tests.web.people import NEW_PASSWORD, PASSWORD, Browser

pytestmark = pytest.mark.usefixtures("unlimited")

JOBS = "SELECT kind, tries, last_error, done_at IS NOT NULL AS done FROM vault.outbox ORDER BY id"


def over(mail: Mail, server: Server) -> Mail:
    """The same worker, with this mail server."""
    return replace(mail, mail_url=f"smtp://127.0.0.1:{server.port}")


def make_due(admin: psycopg.Connection) -> None:
    """Lets the next try come now."""
    admin.execute("UPDATE vault.outbox SET not_before = clock_timestamp()")


def silent(server: Server, _connected: socket.socket) -> None:
    """A mail server that takes a connection and never says a word."""
    server.stopping.wait(30)


def test_web_speaks_to_no_mail_server_whatever_causes_a_letter(
    browser: Browser, mail: Mail, settings: Any
) -> None:
    """V-dos: no request waits for one; web does not even try."""
    mail.a_member()
    with serving(silent) as server:
        settings.MAIL_URL = f"smtp://127.0.0.1:{server.port}"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        sign_up_with(Browser(), "Ada", "ada@example.org")
        ask_for_reset(Browser())
        browser.sign_in("Grace")
        Browser().sign_in("Grace")
        prove_password(browser, "email-add")
        browser.submit(browser.get("/account/email/add"), "/account/email/add", email="b@b.example")
        form = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        browser.submit(browser.get("/account/password"), "/account/password", **form)
        assert server.connections == 0
    assert mail.letters("ada@example.org", TO_CONFIRM)
    assert mail.letters(GRACE, "Your password was changed")


def test_request_made_while_the_mail_server_is_down_is_answered_and_its_letter_comes_later(
    browser: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """One letter, once it is back, however often it was tried; and it works."""
    mail.a_member()
    with serving(lambda *_: None) as server:
        down = over(mail, server)
    assert "Look into your mail" in words(ask_for_reset(browser))
    for _ in range(3):
        down.deliver()
        make_due(admin)
    [job] = rows(admin, JOBS)
    assert (job["kind"], job["last_error"]) == ("letter", "mail_server_unreachable")
    assert not job["done"]
    taken: list[str] = []
    with mail_server({}, taken) as server:
        over(mail, server).deliver()
        make_due(admin)
        over(mail, server).deliver()
    [letter] = [letter_of(text.encode()) for text in taken]
    page = set_password(browser, come_back(browser, letter), NEW_PASSWORD)
    assert "Your new password is set" in words(page)


def test_letter_to_a_server_that_never_answers_is_tried_again(
    browser: Browser, mail: Mail, monkeypatch: pytest.MonkeyPatch, admin: psycopg.Connection
) -> None:
    """The worker gives up on it after its timeout, and does what else there is meanwhile."""
    mail.a_member()
    monkeypatch.setattr(mail_settings, "TIMEOUT_SECONDS", 2)
    with serving(silent) as server:
        ask_for_reset(browser)
        ask_for_reset(Browser(), "Nobody")
        over(mail, server).deliver()
        assert server.connections == 1
    [job] = rows(admin, JOBS)
    assert (job["last_error"], job["done"]) == ("mail_server_unreachable", False)
    make_due(admin)
    assert mail.letter(GRACE, TO_RESET)


def test_letter_that_was_taken_although_nobody_said_so_comes_again_in_the_same_bytes(
    browser: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """At least once: a mail reader sees one letter, and its one token is good."""
    mail.a_member()
    ask_for_reset(browser)
    taken: list[str] = []
    with mail_server({"letter": "451 lost my mind"}, taken) as server:
        for _ in range(2):
            over(mail, server).deliver()
            make_due(admin)
    with mail_server({}, taken) as server:
        over(mail, server).deliver()
    assert len(taken) == 3
    assert len(set(taken)) == 1
    assert received(taken[0].encode())["Message-ID"]
    page = come_back(browser, letter_of(taken[-1].encode()))
    assert "Choose a new password" in words(page)


def test_letter_that_is_refused_for_good_is_given_up_and_another_can_be_asked_for(
    browser: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """Its owner sees so, once they are in; the page said what it says to everybody."""
    confirmed(browser, mail)
    visitor = Browser()
    ask_for_reset(visitor)
    with mail_server({"RCPT": "550 no such user"}, []) as server:
        for _ in range(TRIES_WHEN_REFUSED + 1):
            over(mail, server).deliver()
            make_due(admin)
        assert server.connections == TRIES_WHEN_REFUSED
    assert "could not be delivered" in words(browser.get("/account/activity"))
    ask_for_reset(visitor)
    page = come_back(visitor, mail.letter(GRACE, TO_RESET))
    assert "Choose a new password" in words(page)


def test_request_whose_worker_died_is_answered_once(
    browser: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """V-race: before it was looked at, and by two workers at once: one letter."""
    mail.a_member()
    ask_for_reset(browser)
    with mail.playing("worker"):
        from vault import outbox, reset_requests

        [job] = outbox.claim(10, 90)  # and dies
        assert job.kind == "reset_request"
        assert outbox.claim(10, 90) == []
        make_due(admin)
        [again] = outbox.claim(10, 90)
        assert reset_requests.answer(again.id) == "answered"
        assert reset_requests.answer(job.id) == "gone", "the first one was not dead after all"
        outbox.finish(job.id)
    assert len(mail.letters(GRACE, TO_RESET)) == 1
