"""Signing up without a password: name, passkey, recovery codes typed back, and one is in."""

import psycopg
import pytest

from tests.database.asking import value
from tests.web.holders import words
from tests.web.passkeys import (
    SIGN_UP,
    a_device,
    begin_sign_up,
    codes_of,
    is_in,
    make,
    options_of,
    send,
    sign_in,
    sign_up,
)
from tests.web.people import PASSWORD, Browser, WikiClient, answer_of, ask, claims_of

ACCOUNTS = "SELECT count(*) FROM vault.accounts"


def test_sign_up_by_passkey_from_a_wiki_leads_back_to_it(
    browser: Browser, wiki: WikiClient
) -> None:
    """W19: no password is ever asked for; the assertion says what was shown."""
    device = a_device()
    page = ask(browser, wiki, prompt="create")
    page = browser.submit(page, SIGN_UP, username="grace", email="grace@example.org", keep="on")
    assert options_of(page)["user"]["name"] == "Grace"
    assert options_of(page)["authenticatorSelection"]["residentKey"] == "required"
    page = make(browser, page, device, SIGN_UP)
    done = send(browser, page, SIGN_UP, code=codes_of(page)[9].lower())
    claims = claims_of(wiki.redeem(answer_of(done)["code"]).json()["id_token"])
    assert (claims["preferred_username"], claims["amr"]) == ("Grace", ["hwk", "user", "mfa"])
    assert done.cookies["__Host-session"]["max-age"]
    assert "not confirmed" in words(browser.get("/account/"))


def test_account_without_a_password_is_opened_by_none(browser: Browser) -> None:
    """V-blank: an empty or any other password is wrong, in the same words as for everybody."""
    sign_up(browser, a_device(), "Grace")
    for guess in (" ", PASSWORD, "\x00"):
        thief = Browser()
        answer = thief.sign_in("Grace", guess)
        assert answer.status_code in (200, 400)
        assert not is_in(thief)
    assert "do not go together" in words(Browser().sign_in("Grace", PASSWORD))


def test_nothing_is_stored_before_a_code_was_typed_back(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """W1: whoever leaves in the middle leaves the name free."""
    page = make(browser, begin_sign_up(browser, "Grace"), a_device(), SIGN_UP)
    wrong = send(browser, page, SIGN_UP, code="0000-0000-0000-0000")
    assert "not one of the codes above" in words(wrong)
    assert codes_of(wrong) == codes_of(page)
    assert value(admin, ACCOUNTS) == 0
    sign_up(Browser(), a_device(), "Grace")
    taken = send(browser, wrong, SIGN_UP, code=codes_of(page)[0])
    assert "This user name is taken" in words(taken)
    assert value(admin, ACCOUNTS) == 1
    assert not is_in(browser)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Choose a user name"),
        ("a/b", "contains a character"),
        ("Ada", "is taken"),
        ("ADA", "looks just like one"),
    ],
)
def test_name_that_cannot_be_is_said_before_a_passkey_is_made(
    browser: Browser, name: str, said: str
) -> None:
    """At its field, with the rest still filled in."""
    Browser().sign_up("Ada")
    page = begin_sign_up(browser, name)
    assert said in words(page)
    assert 'name="password"' in words(page)


def test_address_that_cannot_be_is_said_as_well(browser: Browser) -> None:
    """Both at once, so that nobody mends a form twice."""
    page = browser.submit(browser.get("/signup"), SIGN_UP, username="a/b", email="nowhere")
    assert "contains a character" in words(page)
    assert "not an e-mail address" in words(page)


def test_ceremony_that_does_not_hold_makes_no_account(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """And the page can be tried again."""
    device = a_device()
    page = begin_sign_up(browser, "Grace")
    for changes in ({"uv": False}, {"origin": "https://evil.example"}, {"challenge": b"x" * 32}):
        page = make(browser, page, device, SIGN_UP, **changes)
        assert "Create passkey" in words(page)
        assert not codes_of(page)
    page = make(browser, page, a_device(), SIGN_UP)
    assert send(browser, page, SIGN_UP, code=codes_of(page)[0]).status_code == 303
    assert value(admin, ACCOUNTS) == 1


def test_steps_in_another_order_make_no_account(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """V-step-skip: codes before a passkey, a passkey before a name, another page's flow."""
    begun = begin_sign_up(browser, "Grace")
    made = make(browser, begun, a_device(), SIGN_UP)
    sign_in_page = browser.get("/login")
    for page, fields in (
        (begun, {"code": codes_of(made)[0]}),
        (browser.get("/signup"), {"credential": "{}"}),
        (browser.get("/signup"), {"code": codes_of(made)[0]}),
        (sign_in_page, {"code": codes_of(made)[0], "username": "Grace"}),
        (made, {"credential": "{}"}),
        (made, {}),
    ):
        answer = send(browser, page, SIGN_UP, **fields)
        assert answer.status_code == 200
    assert value(admin, ACCOUNTS) == 0
    assert not is_in(browser)


def test_codes_as_a_file_are_those_of_the_page(browser: Browser) -> None:
    """Before there is an account, too."""
    page = make(browser, begin_sign_up(browser, "Grace"), a_device(), SIGN_UP)
    file = send(browser, page, SIGN_UP, download="yes")
    assert file["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert words(file).split("\n")[2:-1] == codes_of(page)


def test_sign_up_that_is_closed_says_so_at_each_step(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """V-hidden: the switch is the vault's, not the button's."""
    page = make(browser, begin_sign_up(browser, "Grace"), a_device(), SIGN_UP)
    admin.execute("UPDATE vault.site SET sign_up_open = false")
    assert send(browser, page, SIGN_UP, code=codes_of(page)[0]).status_code == 503
    assert begin_sign_up(Browser(), "Edith").status_code == 503
    assert value(admin, ACCOUNTS) == 0


def test_new_account_signs_in_with_its_passkey_elsewhere(browser: Browser) -> None:
    """The first thing that anybody does next."""
    device = a_device()
    sign_up(browser, device, "Grace")
    other = Browser()
    assert sign_in(other, device).status_code == 303
    assert is_in(other)
