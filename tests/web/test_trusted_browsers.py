"""Trusting a browser: off by the operator's setting; it spares a code, and is never a factor."""

from typing import Any

import psycopg
import pytest

from tests.database.asking import value
from tests.web.holders import Ada, step, words
from tests.web.passkeys import OVERVIEW, a_device, add_passkey, is_in, prove_password
from tests.web.people import PASSWORD, Browser, WikiClient, answer_of, ask, claims_of

EVENTS = "SELECT count(*) FROM vault.events WHERE tag = %s"


@pytest.fixture
def allowed(settings: Any) -> None:
    """The operator lets people trust a browser for a month."""
    settings.TRUSTED_BROWSER_DAYS = 30


def trusting(ada: Ada, steps: int = 0) -> Browser:
    """A browser that Ada trusts, signed out again."""
    browser = Browser()
    page = browser.sign_in("Ada")
    assert "Ask for no code in this browser" in words(page)
    assert step(browser, page, code=ada.code(steps), trust="on").status_code == 303
    browser.submit(browser.get("/account/"), "/logout")
    return browser


def test_trust_is_not_offered_unless_the_operator_says_so(
    ada: Ada, browser: Browser, admin: psycopg.Connection
) -> None:
    """V-hidden: off it is off, also for a form that asks for it."""
    page = browser.sign_in("Ada")
    assert "Ask for no code" not in words(page)
    assert step(browser, page, code=ada.code(), trust="on").status_code == 303
    assert value(admin, "SELECT count(trusted_until) FROM vault.device_credentials") == 0


@pytest.mark.usefixtures("allowed")
def test_trusted_browser_is_asked_for_the_password_alone_and_says_so(
    ada: Ada, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """W8: the assertion never says more than one factor (NIST 5.1a)."""
    browser = trusting(ada)
    page = ask(browser, wiki)
    done = browser.submit(page, "/login", username="Ada", password=PASSWORD)
    claims = claims_of(wiki.redeem(answer_of(done)["code"]).json()["id_token"])
    assert (claims["acr"], claims["amr"]) == ("aal1", ["pwd"])
    assert value(admin, EVENTS, "account:browser:spared") == 1
    stranger = Browser()
    assert "One more step" in words(stranger.sign_in("Ada"))


@pytest.mark.usefixtures("allowed")
def test_trust_is_no_fresh_proof(ada: Ada) -> None:
    """What protects the account asks for the code in a trusted browser too."""
    browser = trusting(ada)
    browser.sign_in("Ada")
    assert is_in(browser)
    asked = prove_password(browser)
    assert "One more step" in words(asked)
    assert "Ask for no code" not in words(asked)
    assert browser.get("/account/two-factor/remove").status_code == 303


@pytest.mark.usefixtures("allowed")
def test_trust_is_seen_and_taken_back(ada: Ada, admin: psycopg.Connection) -> None:
    """Listed on one's page; a button each; nobody else's can be touched."""
    browser = trusting(ada)
    browser.sign_in("Ada")
    page = browser.get(OVERVIEW)
    assert "Browsers that you trust" in words(page)
    trusted = str(value(admin, "SELECT id FROM vault.device_credentials"))
    mallory = Browser()
    mallory.sign_up("Mallory")
    for name in (trusted, "nonsense", ""):
        sent = mallory.submit(
            mallory.get("/account/"), "/account/two-factor/distrust", browser=name
        )
        assert sent.status_code == 303
    assert value(admin, EVENTS, "account:browser:distrusted") == 0
    browser.submit(page, "/account/two-factor/distrust", browser=trusted)
    assert "Browsers that you trust" not in words(browser.get(OVERVIEW))
    browser.submit(browser.get("/account/"), "/logout")
    assert "One more step" in words(browser.sign_in("Ada"))


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE vault.device_credentials SET trusted_until = 1",
        "UPDATE vault.device_credentials SET trusted_until = trusted_until + 86400",
        "UPDATE vault.device_credentials SET mac = sha256('x')",
        "UPDATE vault.device_credentials SET mac_key = 'nobody'",
        "DELETE FROM vault.device_credentials",
    ],
)
def test_trust_that_ended_or_is_not_ours_spares_nothing(
    ada: Ada, admin: psycopg.Connection, change: str
) -> None:
    """A database writer cannot trust a browser of its own; nor does it outlive its day."""
    browser = trusting(ada)
    admin.execute(change)
    assert "One more step" in words(browser.sign_in("Ada"))
    refused = value(
        admin,
        "SELECT count(*) FROM vault.events WHERE tag = 'site:row:refused'"
        " AND detail ->> 'what' = 'trusted_browser'",
    )
    assert refused == int("mac" in change or "+ 86400" in change)


@pytest.mark.usefixtures("allowed")
def test_trust_of_another_account_in_the_same_browser_spares_nothing(ada: Ada) -> None:
    """Shared browser: it is Ada who trusts it."""
    browser = trusting(ada)
    browser.sign_up("Grace")
    assert is_in(browser)
    browser.submit(browser.get("/account/"), "/logout")
    assert is_in(_in(browser, "Grace"))
    browser.submit(browser.get("/account/"), "/logout")
    assert is_in(_in(browser, "Ada"))


def _in(browser: Browser, name: str) -> Browser:
    browser.sign_in(name)
    return browser


@pytest.mark.usefixtures("allowed")
def test_trust_spares_no_passkey(ada: Ada) -> None:
    """The better factor is always asked for, and trust is not offered beside it."""
    browser = Browser()
    page = browser.sign_in("Ada")
    step(browser, page, code=ada.code(-1), trust="on")
    step(browser, prove_password(browser), code=ada.code())
    add_passkey(browser, a_device())
    browser.submit(browser.get("/account/"), "/logout")
    page = browser.sign_in("Ada")
    assert "Use your passkey" in words(page)
    by_code = step(browser, page, method="totp")
    assert "Ask for no code" not in words(by_code)


@pytest.mark.usefixtures("allowed")
def test_changed_password_ends_all_trust(ada: Ada) -> None:
    """Whoever was signed in may not be the owner."""
    browser = trusting(ada)
    other = Browser()
    step(other, other.sign_in("Ada"), code=ada.code(1))
    # The code of one step later: each works once.
    page = prove_password(other, "password")
    from tests.web.people import NEW_PASSWORD

    step(other, page, method="recovery_code", code=ada.codes[0])
    changed = other.submit(
        other.get("/account/password"), "/account/password", new_password=NEW_PASSWORD
    )
    assert changed.status_code == 200
    assert "One more step" in words(browser.sign_in("Ada", NEW_PASSWORD))
