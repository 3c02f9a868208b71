"""A passkey is offered once, after a sign-in by password, on a device that could hold one."""

import psycopg
import pytest

from tests.database.asking import value
from tests.web.holders import Ada, step, words
from tests.web.passkeys import (
    OFFER,
    a_device,
    codes_of,
    is_in,
    make,
    options_of,
    send,
    sign_in,
    signed_up_with_both,
)
from tests.web.people import PASSWORD, Browser, WikiClient, answer_of, ask

PASSKEYS = "SELECT count(*) FROM vault.passkeys"


def to_offer(browser: Browser, wiki: WikiClient, name: str = "Grace") -> object:
    """Signs in by password on a device that could hold a passkey."""
    page = ask(browser, wiki)
    return browser.submit(page, "/login", username=name, password=PASSWORD, platform="yes")


def test_offer_that_is_taken_adds_a_passkey_and_goes_on(
    wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """W9: no second password; recovery codes are kept; then one is where one was going."""
    Browser().sign_up("Grace")
    visitor, device = Browser(), a_device()
    page = to_offer(visitor, wiki)
    assert "Sign in faster next time" in words(page)
    assert is_in(visitor), "the session is open already"
    kept = make(visitor, page, device, OFFER)
    assert "your passkey is added" in words(kept)
    file = send(visitor, kept, OFFER, download="yes")
    assert codes_of(kept)[0] in words(file)
    wrong = send(visitor, kept, OFFER, code="0000-0000-0000-0000")
    assert codes_of(wrong) == codes_of(kept)
    assert value(admin, PASSKEYS) == 0
    done = send(visitor, wrong, OFFER, code=codes_of(kept)[0])
    assert answer_of(done)["code"]
    assert value(admin, PASSKEYS) == 1
    other = Browser()
    assert sign_in(other, device).status_code == 303


def test_offer_that_is_declined_is_not_made_again_in_this_browser(wiki: WikiClient) -> None:
    """Not now is remembered; another browser is another question."""
    Browser().sign_up("Grace")
    visitor = Browser()
    page = to_offer(visitor, wiki)
    assert answer_of(send(visitor, page, OFFER))["code"]
    visitor.cookies.pop("__Host-session")
    assert answer_of(to_offer(visitor, wiki))["code"]
    assert "Sign in faster next time" in words(to_offer(Browser(), wiki))


def test_offer_is_for_whom_it_helps(ada: Ada, wiki: WikiClient) -> None:
    """Not where the device holds none, nor after a passkey; after a code it is."""
    Browser().sign_up("Grace")
    visitor = Browser()
    page = ask(visitor, wiki)
    plain = visitor.submit(page, "/login", username="Grace", password=PASSWORD)
    assert answer_of(plain)["code"]
    device = a_device()
    signed_up_with_both(Browser(), device, "Edith")
    other = Browser()
    page = ask(other, wiki)
    shown = send(other, page, "/login/passkey", credential=device.get(options_of(page)))
    assert answer_of(shown)["code"]
    third = Browser()
    second = to_offer(third, wiki, "Ada")
    offered = step(third, second, code=ada.code())
    assert "Sign in faster next time" in words(offered)
    done = make(third, offered, a_device(), OFFER)
    assert answer_of(done)["code"], "Ada has codes already"


@pytest.mark.parametrize("planted", ["another person's", "after signing out"])
def test_offer_belongs_to_the_session_that_was_just_opened(
    wiki: WikiClient, admin: psycopg.Connection, planted: str
) -> None:
    """V-fixation: shared browser; the page of the one before adds nothing to the next one."""
    Browser().sign_up("Grace")
    Browser().sign_up("Mallory")
    shared, device = Browser(), a_device()
    page = to_offer(shared, wiki)
    if planted == "another person's":
        shared.submit(shared.get("/account/"), "/logout")
        shared.sign_in("Mallory")
    else:
        shared.submit(shared.get("/account/"), "/logout")
    answer = make(shared, page, device, OFFER)
    assert not codes_of(answer)
    assert value(admin, PASSKEYS) == 0


def test_offer_in_another_order_adds_nothing(wiki: WikiClient, admin: psycopg.Connection) -> None:
    """V-step-skip: codes before the passkey, somebody else's page, a page of the second step."""
    Browser().sign_up("Grace")
    visitor = Browser()
    page = to_offer(visitor, wiki)
    assert "Add a passkey" in words(send(visitor, page, OFFER, code="1"))
    assert send(visitor, visitor.get("/login/recover"), OFFER, credential="{}").status_code == 200
    bad = make(visitor, page, a_device(), OFFER, origin="https://evil.example")
    assert "could not be checked" in words(bad)
    assert value(admin, PASSKEYS) == 0
    assert answer_of(send(visitor, bad, OFFER))["code"]
