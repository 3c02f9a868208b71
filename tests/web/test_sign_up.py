"""Signing up: which accounts are made, which are not, and what is said (docs/login.md)."""

from typing import Any

import psycopg
import pytest

from tests.web.counting import counted_hashes
from tests.web.people import PASSWORD, Browser, WikiClient, answer_of, ask


def accounts(admin: psycopg.Connection) -> list[str]:
    """The names of all accounts."""
    rows = admin.execute("SELECT username FROM vault.accounts ORDER BY username")
    return [name for (name,) in rows]


def test_sign_up_makes_one_account_and_signs_it_in(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """The canonical name, and a session at once."""
    done = browser.sign_up("ada_lovelace")
    assert (done.status_code, done.headers["Location"]) == (303, "/account/")
    assert accounts(admin) == ["Ada lovelace"]
    assert "Ada lovelace" in browser.get("/account/").content.decode()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Choose a user name"),
        ("   ", "enter a user name"),
        ("Ada#1", "contains a character"),
        ("Ada/Lovelace<b>", "contains a character"),
        ("192.0.2.1", "network address"),
        ("Ada@example.org", "cannot contain @"),
        ("~2026-1", "temporary accounts"),
        ("Talk:Ada", "cannot"),
        ("A\u200bda", "contains a character"),
        ("\u0410da", "mix letters"),
        ("A" * 256, "too long"),
        ("Admin", "reserved"),
    ],
)
def test_sign_up_with_a_name_that_cannot_be_says_why(
    browser: Browser, admin: psycopg.Connection, name: str, words: str
) -> None:
    """V-confuse: at the field, and nothing is made."""
    page = browser.sign_up(name)
    assert page.status_code == 200
    assert words in page.content.decode()
    assert accounts(admin) == []


@pytest.mark.parametrize("name", ["Grace", "grace", "GRACE", "_grace", "Gr\u0430ce", "6race"])
def test_sign_up_with_a_name_that_is_taken_or_looks_so_is_refused(
    browser: Browser, admin: psycopg.Connection, name: str
) -> None:
    """V-confuse: one person, one name; nor one that could be mistaken for it."""
    browser.sign_up("Grace")
    page = Browser().sign_up(name)
    assert page.status_code == (303 if name == "6race" else 200)
    assert accounts(admin) == (["6race", "Grace"] if name == "6race" else ["Grace"])


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "Choose a password"),
        ("fourteen chars", "too short"),
        ("passwordpassword", "many people use"),
        ("aaaaaaaaaaaaaaaaaaaa", "repeats itself"),
        ("GraceWikiAccountsGrace", "your name"),
        ("Wiki accounts wiki", "name of this site"),
        ("a" * 5000, "too long"),
    ],
)
def test_sign_up_with_a_password_that_is_guessed_first_is_refused(
    browser: Browser, admin: psycopg.Connection, password: str, words: str
) -> None:
    """NIST SP 800-63B-4: length, lists, site and own words; before any hashing."""
    page = browser.get("/signup")
    with counted_hashes() as hashes:
        answer = browser.submit(page, "/signup", username="Grace", password=password)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert (accounts(admin), hashes) == ([], [])


def test_sign_up_takes_any_password_that_is_long_enough(browser: Browser) -> None:
    """No rules of composition, nothing trimmed, every letter there is."""
    password = " \u0436\U0001f511 seventeen \u00e9 "
    assert browser.sign_up("Grace", password).status_code == 303
    assert Browser().sign_in("Grace", password).status_code == 303
    assert Browser().sign_in("Grace", password.strip()).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "@example.org",
        "a@",
        "a@b@",
        "a b@example.org",
        "a@exa mple.org",
        "a" * 300 + "@b.c",
    ],
)
def test_sign_up_with_what_is_no_address_says_so(
    browser: Browser, admin: psycopg.Connection, address: str
) -> None:
    """At its field; what was typed stays, but for the password."""
    page = browser.sign_up("Grace", email=address)
    html = page.content.decode()
    assert "This is not an e-mail address." in html
    assert PASSWORD not in html
    assert accounts(admin) == []


def test_sign_up_stores_the_address_sealed_and_unconfirmed(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """V-email: nothing is believed about it, and a reader of the database cannot read it."""
    browser.sign_up("Grace", email="Grace@Example.ORG")
    ((sealed, verified),) = admin.execute("SELECT sealed, verified_at FROM vault.email_addresses")
    assert b"example" not in bytes(sealed).lower()
    assert verified is None
    html = browser.get("/account/").content.decode()
    assert "not confirmed" in html
    assert "Grace@" not in html


def test_sign_up_that_is_closed_says_so(browser: Browser, admin: psycopg.Connection) -> None:
    """An emergency measure: 503, and no account."""
    page = browser.get("/signup")
    admin.execute("UPDATE vault.site SET sign_up_open = false")
    answer = browser.submit(page, "/signup", username="Grace", password=PASSWORD)
    assert answer.status_code == 503
    assert accounts(admin) == []


def test_sign_up_sent_twice_makes_one_account(
    browser: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """A double click: the second says that the name is taken, and leads to signing in."""
    page = ask(browser, wiki, prompt="create")
    first = browser.submit(page, "/signup", username="Grace", password=PASSWORD)
    second = browser.submit(page, "/signup", username="Grace", password=PASSWORD)
    assert "code" in answer_of(first)
    assert "This user name is taken." in second.content.decode()
    assert accounts(admin) == ["Grace"]


def test_sign_up_too_often_from_one_network_has_to_wait(
    browser: Browser, settings: Any, admin: psycopg.Connection
) -> None:
    """Only what could make an account is counted: slips are free."""
    settings.RATE_SIGN_UP = "1/h"
    for _ in range(3):
        assert browser.sign_up("").status_code == 200
    assert browser.sign_up("Grace").status_code == 303
    refused = Browser().sign_up("Ada")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert accounts(admin) == ["Grace"]


def test_sign_up_by_somebody_signed_in_ends_the_session_before(browser: Browser) -> None:
    """Shared browser: the new account's session replaces the old one, which is over."""
    browser.sign_up("Grace")
    grace = browser.cookies["__Host-session"].value
    browser.sign_up("Ada")
    assert "Ada" in browser.get("/account/").content.decode()
    thief = Browser()
    thief.cookies["__Host-session"] = grace
    assert thief.get("/account/").status_code == 303
