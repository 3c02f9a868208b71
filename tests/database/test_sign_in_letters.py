"""What the letter about a sign-in says, and in which language letters are that nobody asked for."""

import psycopg
import pytest

from outbox.payloads import SignIn, read_letter
from tests.database.arriving import PHONE, ada, at
from tests.database.asking import (
    Login,
    a_person,
    ask,
    call,
    open_session,
    value,
)
from tests.database.asking import (
    prove as prove_bare,
)
from tests.database.mail import letters
from tests.database.people import Member, sign_in
from vault.outbox import Job

__all__ = ["ada"]

NOTICE = "new_sign_in"


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ("203.0.113.128/25", "203.0.113.0/24"),
        ("203.0.113.7", "203.0.113.0/24"),
        ("203.0.0.0/16", "203.0.0.0/16"),
        ("2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("2001:db8::1", "2001:db8::/48"),
        ("::ffff:203.0.113.7", "::/48"),
        ("", None),
        ("nowhere", None),
        ("203.0.113.999", None),
    ],
)
def test_letter_about_a_sign_in_says_where_it_came_from(
    admin: psycopg.Connection, ada: Member, network: str, told: str | None
) -> None:
    """The browser in a word, and a network too coarse to find a house by, or none."""
    sign_in(ada, origin=at(network, PHONE), agent_label="Chrome on Android")
    [letter] = letters(admin)
    assert (letter["agent"], letter["network"]) == ("Chrome on Android", told)
    read = read_letter_of(admin)
    assert (read.browser, read.system, read.network) == ("Chrome", "Android", told or "")


def read_letter_of(admin: psycopg.Connection) -> SignIn:
    """What the worker makes of the only letter."""
    [row] = ask(
        admin,
        "SELECT id, kind, payload, tries, sealed_address, account_id, created_at FROM vault.outbox",
    )
    told = read_letter(Job(**row)).sign_in
    assert told is not None
    return told


@pytest.mark.parametrize("label", ["<b>evil</b>", "Firefox\nBcc: x@example.org", "", "Netscape"])
def test_letter_about_a_sign_in_comes_whatever_browser_web_names(
    admin: psycopg.Connection, ada: Member, label: str
) -> None:
    """Web could otherwise keep a letter from its owner, or have its own words mailed."""
    sign_in(ada, origin=at(device=PHONE), agent_label=label)
    read = read_letter_of(admin)
    assert (read.browser, read.system) == ("", "")


def test_language_of_the_last_sign_in_is_that_of_letters_nobody_asked_for(
    admin: psycopg.Connection, ada: Member
) -> None:
    """A lock, the end of all sessions; and of a sign-in that before it, which was its owner's."""
    sign_in(ada, origin=at(device=PHONE, language="fr"))
    assert [one["language"] for one in letters(admin)] == ["en"]
    admin.execute("DELETE FROM vault.outbox")
    for function in ("end_account_sessions", "lock_account"):
        call(admin, f"api.console_{function}_v1", ada.account_id, "because")
    call(admin, "api.console_unlock_account_v1", ada.account_id, "because")
    assert {one["language"] for one in letters(admin)} == {"fr"}
    assert len(letters(admin)) == 3
    sign_in(ada, origin=at(language="ja"))
    assert value(admin, "SELECT language FROM vault.accounts") == "ja"


@pytest.mark.parametrize("odd", ["", "e", "en; --", "x" * 21])
def test_language_that_is_none_opens_no_session(
    admin: psycopg.Connection, login: Login, odd: str
) -> None:
    """A caller's fault, and nothing is written; without one, the last stays."""
    with login("web") as web:
        ada = a_person(web)
        language = {"device": None, "proof_hash": None, "language": odd}
        assert open_session(web, prove_bare(web, ada), **language) == "bad_request"
        language["language"] = None
        assert open_session(web, prove_bare(web, ada), **language) == "opened"
    assert value(admin, "SELECT language FROM vault.accounts WHERE username = 'Ada'") == "en"
