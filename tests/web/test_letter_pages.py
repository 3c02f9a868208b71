"""The pages that letters lead to: opening one changes nothing, and who may send its form."""

import hashlib
from collections.abc import Callable

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import ask as rows
from tests.database.asking import value
from tests.mail_reader import Letter
from tests.web.holders import words
from tests.web.letters import (
    ADD,
    CODE,
    CONFIRM,
    GRACE,
    NOT_ME,
    PRIMARY,
    TO_CONFIRM,
    TO_DISOWN,
    TO_RESET,
    TO_UNDO,
    UNDO,
    Mail,
    ask_for_reset,
    come_back,
    confirmed,
    sign_up_with,
)
from tests.web.passkeys import is_in, prove_password
from tests.web.people import Browser
from vault.connection import counted_statements

pytestmark = pytest.mark.usefixtures("unlimited")

SECOND = "second@example.org"
PAGES = (CODE, CONFIRM, UNDO, NOT_ME)
every_page = pytest.mark.parametrize("path", PAGES)


@pytest.fixture
def letters(mail: Mail, admin: psycopg.Connection) -> dict[str, Letter]:
    """A letter of each kind, to the page that it leads to; none was used."""
    owner = Browser()
    confirmed(owner, mail)
    prove_password(owner, "email-add")
    owner.submit(owner.get(ADD), ADD, email=SECOND)
    come_back(owner, mail.letter(SECOND, TO_CONFIRM), CONFIRM)
    second = value(admin, "SELECT id FROM vault.email_addresses WHERE NOT is_primary")
    page = owner.get(PRIMARY, {"factor": str(second)})
    owner.submit(page, PRIMARY, factor=str(second))
    owner.submit(owner.get(ADD), ADD, email="third@example.org")
    Browser().sign_in("Grace")
    ask_for_reset(Browser())
    return {
        CODE: mail.letter(SECOND, TO_RESET),
        CONFIRM: mail.letter("third@example.org", TO_CONFIRM),
        UNDO: mail.letter(GRACE, TO_UNDO),
        NOT_ME: mail.letter(SECOND, TO_DISOWN),
    }


def state(admin: psycopg.Connection) -> dict[str, str]:
    """A digest of every table of the vault."""
    tables = rows(admin, "SELECT tablename FROM pg_tables WHERE schemaname = 'vault'")
    found = {}
    for table in sorted(one["tablename"] for one in tables):
        lines = admin.execute(f"SELECT t::text FROM vault.{table} t ORDER BY 1").fetchall()
        found[table] = hashlib.sha256(repr(lines).encode()).hexdigest()
    return found


@every_page
def test_letter_page_that_is_opened_changes_no_row(
    letters: dict[str, Letter], admin: psycopg.Connection, path: str
) -> None:
    """V-reset: scanners open every link, with whatever of it they send; none of them spends it."""
    letter = letters[path]
    assert letter.link.startswith(f"https://auth.example.org{path}#token=")
    before = state(admin)
    for name in ("token", "code"):
        for secret in (letter.token, letter.code):
            scanner = Browser()
            for method in (scanner.get, scanner.head, scanner.options):
                method(path, {name: secret})
                method(f"{path}?{name}={secret}#token={secret}")
                method(f"{path}/{secret}")
                method(f"{path}#token={secret}")
    assert state(admin) == before
    if path == NOT_ME:
        assert "has ended" in words(come_back(Browser(), letter, path))


@every_page
def test_letter_page_asks_the_vault_nothing_before_its_form_is_sent(
    letters: dict[str, Letter], path: str
) -> None:
    """Not even whether there is such a letter."""
    with counted_statements() as statements:
        assert Browser().get(path, {"token": letters[path].token}).status_code == 200
    assert statements == []


@every_page
def test_letter_of_another_page_is_no_letter_there(
    letters: dict[str, Letter], admin: psycopg.Connection, path: str
) -> None:
    """V-reset: each is for its own purpose; tried elsewhere, it is not even spent."""
    spent = "SELECT count(*) FROM vault.mailed_tokens WHERE spent_at IS NOT NULL"
    before = value(admin, spent)
    for other, letter in letters.items():
        if other != path:
            for secret in (letter.token, letter.code):
                refused = come_back(Browser(), letter, path, code=secret, username="Grace")
                assert "not the code of a letter from us" in words(refused)
    assert value(admin, spent) == before


@pytest.mark.parametrize("path", [UNDO, NOT_ME])
def test_letter_that_only_takes_away_is_taken_from_any_browser_once(
    letters: dict[str, Letter], path: str
) -> None:
    """Nobody asked for it, so nobody has to say whose it is; it signs nobody in."""
    reader = Browser()
    done = come_back(reader, letters[path], path)
    assert ("is undone" in words(done)) or ("has ended" in words(done))
    assert "Grace" in words(done)
    assert not is_in(reader)
    assert "used already" in words(come_back(reader, letters[path], path))


@every_page
def test_letter_page_says_at_its_field_what_is_no_code(path: str) -> None:
    """Nothing, something short, something long, letters of other scripts, a link of somebody's."""
    for typed in ("", "x", "1234-5678", "0" * 16, "a" * 43, "٠" * 16, "x" * 999, "#token="):
        browser = Browser()
        page = browser.submit(browser.get(path), path, code=typed)
        assert page.status_code == 200
        assert 'href="#id_code"' in words(page)
    long = browser.submit(browser.get(path), path, code="x" * 1001)
    assert 'href="#id_code"' in words(long)


@every_page
@override_settings(RATE_PASSWORD="2/h")
def test_letter_page_is_limited_by_network(path: str, vault: None) -> None:
    """Codes have 80 bits: the limit is for the work that guesses would make."""
    browser = Browser()
    page = browser.get(path)
    answers = [browser.submit(page, path, code="0" * 16).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_address_is_confirmed_without_being_signed_in(browser: Browser, mail: Mail) -> None:
    """In the browser that asked, the letter is enough; nobody is signed in by it."""
    sign_up_with(browser, "Grace", GRACE)
    letter = mail.letter(GRACE, TO_CONFIRM)
    browser.submit(browser.get("/account/"), "/logout")
    assert 'name="username"' not in words(browser.get(CONFIRM))
    done = come_back(browser, letter, CONFIRM)
    assert "Your address is confirmed" in words(done)
    assert "g…e@example.org" in words(done)
    assert not is_in(browser)


def test_address_is_confirmed_in_another_browser_by_whoever_knows_whose_it_is(
    browser: Browser, mail: Mail
) -> None:
    """V-reset: who is talked into opening a stranger's letter confirms nothing for them."""
    sign_up_with(browser, "Grace", GRACE)
    letter = mail.letter(GRACE, TO_CONFIRM)
    reader = Browser()
    for name in ("", "Mallory", "#", "x" * 300):
        page = come_back(reader, letter, CONFIRM, username=name)
        assert "not asked for in this browser" in words(page)
        assert 'href="#id_username"' in words(page)
        assert "Grace" not in words(page), "it is for the reader to say"
    assert "not confirmed" in words(browser.get("/account/"))
    assert "is confirmed" in words(come_back(reader, letter, CONFIRM, username="grace"))


def test_address_that_somebody_else_claims_is_theirs_by_no_letter_of_ones_own(
    browser: Browser, mail: Mail, playing: Callable[..., object]
) -> None:
    """Two accounts with one address, each confirmed by its own letter alone."""
    sign_up_with(browser, "Grace", GRACE)
    other = Browser()
    sign_up_with(other, "Mallory", GRACE)
    first, second = mail.letters(GRACE, TO_CONFIRM)
    assert "is confirmed" in words(come_back(browser, first, CONFIRM))
    assert "not confirmed" in words(other.get("/account/"))
    refused = come_back(browser, second, CONFIRM)
    assert "not asked for in this browser" in words(refused)
