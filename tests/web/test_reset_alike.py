"""Asking for a letter says the same, and costs the same, whoever it is about (V-enum, V-reset).

Whom a request means is found by the worker, after everybody has had their answer.
"""

import html
import json
import re
from typing import Any, Final

import psycopg
import pytest

from tests.database.asking import ask
from tests.web.counting import counted_hashes, counted_sql
from tests.web.letters import GRACE, RESET, TO_RESET, WAS_RESET, Mail, ask_for_reset, sign_up_with
from tests.web.people import Answer, Browser

pytestmark = pytest.mark.usefixtures("unlimited")

# What is typed, and what the site knows of it.
ASKED: Final = {
    "a name": "Grace",
    "a name, spelled otherwise": " grace ",
    "a name that nobody has": "Nobody",
    "no name": "#<|>",
    "a name that is too long": "x" * 400,
    "the name of a locked account": "Lena",
    "the name of an account without an address": "Nora",
    "the name of an account whose address nobody confirmed": "Ursula",
    "an address": GRACE,
    "an address, spelled otherwise": "GRACE@Example.ORG",
    "an address that nobody has": "nobody@example.org",
    "the address of a locked account": "lena@example.org",
    "an address that nobody confirmed": "ursula@example.org",
    "the address of two accounts": "both@example.org",
}


@pytest.fixture
def everybody(mail: Mail, admin: psycopg.Connection) -> None:
    """Somebody of each kind."""
    mail.a_member("Grace", GRACE)
    mail.a_member("Lena", "lena@example.org")
    mail.a_member("Nora", None)
    mail.a_member("First", "both@example.org")
    mail.a_member("Second", "both@example.org")
    sign_up_with(Browser(), "Ursula", "ursula@example.org")
    admin.execute(
        "UPDATE vault.accounts SET state = 'locked', epoch = epoch + 1 WHERE username = 'Lena'"
    )


def said(answer: Answer, typed: str) -> tuple[Any, ...]:
    """All that an answer says, but for what was typed, what is random, and the time."""
    text = re.sub(r'value="[\w.-]{40,}"', "", answer.content.decode())
    text = text.replace(html.escape(typed.strip()), "TYPED")
    headers = {
        name: re.sub(r"nonce-[\w+/=-]+", "", value)
        for name, value in answer.headers.items()
        if name not in {"Content-Length", "Date"}
    }
    cookies = {
        name: {key: value for key, value in morsel.items() if key != "expires"}
        for name, morsel in answer.cookies.items()
    }
    return answer.status_code, text, headers, cookies


def queued(admin: psycopg.Connection, *, after: int) -> list[Any]:
    """The jobs and events since then, with the names of what their payloads hold."""
    jobs = ask(admin, "SELECT kind, account_id, sealed_address, payload FROM vault.outbox")
    events = ask(
        admin, "SELECT tag, account_id, sid, detail FROM vault.events WHERE id > %s", after
    )
    shapes = [{**job, "payload": sorted(job["payload"])} for job in jobs]
    return [*shapes, json.dumps(events, default=str)]


@pytest.mark.usefixtures("everybody")
def test_asking_for_a_letter_is_answered_alike_whoever_it_is_about(
    mail: Mail, admin: psycopg.Connection
) -> None:
    """Same status, page, headers, cookies, statements, hashes and rows."""
    ask_for_reset(Browser(), "Somebody")  # this network's counter is there from now on
    seen = {}
    for kind, typed in ASKED.items():
        admin.execute("DELETE FROM vault.outbox")
        [last] = ask(admin, "SELECT coalesce(max(id), 0) AS id FROM vault.events")
        browser = Browser()
        page = browser.get(RESET)
        with counted_sql() as statements, counted_hashes() as hashes:
            answer = ask_for_reset(browser, typed, page)
        assert hashes == []
        seen[kind] = (said(answer, typed), statements, queued(admin, after=last["id"]))
    first = seen["a name"]
    assert "TYPED" in first[0][1]
    assert len(first[2]) == 2, "a request and an event"
    for kind, each in seen.items():
        assert each == first, kind


@pytest.mark.usefixtures("everybody")
def test_letter_goes_to_confirmed_addresses_of_open_accounts_alone(mail: Mail) -> None:
    """The worker tells apart what the page did not; an address of two accounts gets one letter."""
    for typed in ASKED.values():
        ask_for_reset(Browser(), typed)
    letters = mail.letters(subject="password")
    assert sorted(one.to for one in letters) == ["both@example.org", *[GRACE] * 3]
    both = mail.letters("both@example.org")[-1]
    assert len(both.links) == len(both.codes) == 2
    assert both.text.startswith("Hello,\n"), "it calls nobody by name"
    assert "For the account First:" in both.text
    assert "For the account Second:" in both.text


def test_letters_run_out_without_a_word(mail: Mail) -> None:
    """Three an hour go to an address; asking on is answered as before."""
    mail.a_member()
    answers = []
    for typed in ("Grace", GRACE, "Grace", GRACE, "Grace"):
        browser = Browser()
        answers.append(said(ask_for_reset(browser, typed), typed))
        mail.deliver()
    assert all(answer == answers[0] for answer in answers)
    assert len(mail.letters(GRACE, TO_RESET)) == 3
    assert mail.letters(subject=WAS_RESET) == []


@pytest.mark.parametrize("typed", ["grace@", "@example.org", "a b@example.org", "a@b@c"])
def test_what_is_no_address_is_said_to_be_none_before_anything_is_asked(
    mail: Mail, admin: psycopg.Connection, typed: str
) -> None:
    """It tells nothing about anybody: the shape of what was typed alone."""
    answer = ask_for_reset(Browser(), typed)
    assert "not an e-mail address" in answer.content.decode()
    assert html.escape(typed) in answer.content.decode(), "still filled in"
    assert ask(admin, "SELECT id FROM vault.outbox") == []


def test_letter_of_an_address_that_folds_alike_goes_to_the_stored_one(mail: Mail) -> None:
    """U+017F folds to an s: whoever types a look-alike gets no letter of somebody else's."""
    mail.a_member("Jess", "jess@example.org")
    mail.a_member("Mallory", "je\u017fs@example.org")
    ask_for_reset(Browser(), "je\u017fs@example.org")
    hers, his = mail.letters("jess@example.org"), mail.letters("je\u017fs@example.org")
    assert [len(one.links) for one in (*hers, *his)] == [1, 1]
    assert "Hello Jess," in hers[0].text
    assert "Hello Mallory," in his[0].text
    ask_for_reset(Browser(), "j\u0131ss@example.org")  # a dotless i folds to nothing else
    assert len(mail.letters()) == 2
