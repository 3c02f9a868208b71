"""Getting back in by letter to an account that holds a second factor: it is asked for as well."""

import secrets
from typing import Any

import psycopg
import pytest

from tests.authenticator import Authenticator
from tests.database.asking import value
from tests.web.holders import CHALLENGE, Ada, step, words
from tests.web.letters import (
    CONFIRM,
    GRACE,
    TO_CONFIRM,
    Mail,
    come_back,
    is_password,
    set_password,
    way_back,
)
from tests.web.passkeys import (
    OVERVIEW,
    RECOVER,
    SIGN_UP,
    a_device,
    add_passkey,
    codes_of,
    is_in,
    make,
    prove_password,
    send,
    show,
    sign_in,
)
from tests.web.people import NEW_PASSWORD, PASSWORD, Answer, Browser

pytestmark = pytest.mark.usefixtures("unlimited")

ADA = "ada@example.org"
PASSKEYS = "SELECT count(*) FROM vault.passkeys"


@pytest.fixture
def ada(mail: Mail) -> Ada:
    """Somebody with a password, an app, recovery codes and a confirmed address."""
    secret = secrets.token_bytes(20)
    return Ada(secret, mail.a_member("Ada", ADA, totp_secret=secret).recovery_codes)


@pytest.fixture
def hers() -> Authenticator:
    """A device that holds Grace's passkey."""
    return a_device()


@pytest.fixture
def codes(mail: Mail, hers: Authenticator) -> list[str]:
    """The recovery codes of Grace, who has a passkey, a confirmed address and no password."""
    browser = Browser()
    page = browser.submit(browser.get("/signup"), SIGN_UP, username="Grace", email=GRACE)
    page = make(browser, page, hers, SIGN_UP)
    assert send(browser, page, SIGN_UP, code=codes_of(page)[0]).status_code == 303
    come_back(browser, mail.letter(GRACE, TO_CONFIRM), CONFIRM)
    return codes_of(page)


def back(browser: Browser, mail: Mail) -> Answer:
    """What comes after Ada's letter."""
    return way_back(browser, mail, "Ada", ADA)


def test_reset_with_an_app_asks_for_its_code_and_then_for_the_password(
    ada: Ada, browser: Browser, mail: Mail
) -> None:
    """ASVS 6.4.3: a letter is no way around the second factor."""
    page = back(browser, mail)
    assert "One more step" in words(page)
    assert "Choose a new password" not in words(page)
    page = step(browser, page, code=ada.code())
    assert "Choose a new password" in words(page)
    assert "Your new password is set" in words(set_password(browser, page, NEW_PASSWORD))
    assert not is_in(browser)
    assert "One more step" in words(Browser().sign_in("Ada", NEW_PASSWORD))


def test_reset_with_a_recovery_code_in_place_of_the_app_works_once(
    ada: Ada, browser: Browser, mail: Mail
) -> None:
    """Whoever lost the phone as well has codes for that."""
    page = step(browser, back(browser, mail), method="recovery_code")
    page = step(browser, page, method="recovery_code", code=ada.codes[3])
    assert "Your new password is set" in words(set_password(browser, page, NEW_PASSWORD))
    page = step(browser, back(browser, mail), method="recovery_code", code=ada.codes[3])
    assert "not right" in words(page)


def test_reset_without_the_second_factor_changes_nothing(
    ada: Ada, browser: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """V-step-skip: the last page by a flow that has the letter alone is the second step again."""
    page = back(browser, mail)
    for fields in ({}, {"new_password": NEW_PASSWORD}, {"new_password": "short"}):
        again = browser.submit(page, "/reset/password", **fields)
        assert "One more step" in words(again)
    for fields in ({"make": "passkey"}, {"credential": "{}"}):
        again = browser.submit(page, RECOVER, **fields)
        assert "Get back in without your passkey" in words(again)
    assert value(admin, PASSKEYS) == 0
    assert "One more step" in words(Browser().sign_in("Ada"))
    page = step(browser, page, code=ada.code())
    assert "Choose a new password" in words(page), "nothing of the way is lost"


def test_reset_after_ten_wrong_codes_begins_anew_and_tells_the_owner(
    ada: Ada, browser: Browser, mail: Mail
) -> None:
    """V-otp: the attempt is over, and with it what the letter opened."""
    page = back(browser, mail)
    answers = [step(browser, page, code="000000") for _ in range(10)]
    assert "This code is not right" in words(answers[0])
    assert 'name="account"' in words(answers[-1]), "the page that asks for a letter"
    late = step(browser, page, code=ada.code())
    assert 'name="account"' in words(late)
    assert "Choose a new password" not in words(late)
    assert mail.letter(ADA, "Ten wrong codes")


@pytest.mark.parametrize("way", ["passkey", "recovery code"])
def test_reset_with_a_passkey_asks_for_it_or_for_a_recovery_code(
    browser: Browser, mail: Mail, hers: Authenticator, way: str
) -> None:
    """With a password and a passkey; the passkey need not know its user, as after a password."""
    mail.a_member()
    first = Browser()
    first.sign_in("Grace")
    prove_password(first)
    made = make(
        first, first.get("/account/two-factor/passkey"), hers, "/account/two-factor/passkey"
    )
    codes = codes_of(made)
    assert send(first, made, "/account/two-factor/codes", code=codes[0])["Location"] == OVERVIEW
    page = way_back(browser, mail)
    assert "Use your passkey" in words(page)
    assert "authenticator app" not in words(page)
    if way == "passkey":
        page = show(browser, page, hers, CHALLENGE, fields={"method": "passkey"}, uv=False)
    else:
        page = step(browser, page, method="recovery_code", code=codes[1])
    assert "Your new password is set" in words(set_password(browser, page, NEW_PASSWORD))
    assert not is_in(first)
    assert "Use your passkey" in words(Browser().sign_in("Grace", NEW_PASSWORD))


def test_reset_with_somebody_elses_passkey_goes_no_further(
    browser: Browser, mail: Mail, codes: list[str]
) -> None:
    """A letter and one's own passkey do not add up to another's account."""
    thief, his = Browser(), a_device()
    page = thief.submit(thief.get("/signup"), SIGN_UP, username="Mallory", email="")
    page = make(thief, page, his, SIGN_UP)
    send(thief, page, SIGN_UP, code=codes_of(page)[0])
    page = way_back(browser, mail)
    fields = {"method": "passkey"}
    refused = show(browser, page, his, CHALLENGE, fields=fields, credential=his.credentials[0])
    assert "Use your passkey" in words(refused)
    assert "Choose a new password" not in words(refused)


def test_account_without_a_password_gets_a_new_passkey_by_letter_and_recovery_code(
    browser: Browser,
    mail: Mail,
    hers: Authenticator,
    codes: list[str],
    admin: psycopg.Connection,
) -> None:
    """The passkey is lost: the letter and a code make another, and all that was open ends."""
    signed_in = Browser()
    sign_in(signed_in, hers)
    page = step(browser, way_back(browser, mail), method="recovery_code", code=codes[4])
    assert "Lost your passkey?" in words(page)
    page = browser.submit(page, RECOVER, make="passkey")
    assert "You have shown that" in words(page)
    new = a_device()
    ready = make(browser, page, new, RECOVER)
    assert "Your new passkey is ready" in words(ready)
    assert not is_in(browser)
    assert not is_in(signed_in)
    assert sign_in(browser, new).status_code == 303
    assert is_in(browser)
    assert value(admin, PASSKEYS) == 2, "the lost one stays until its owner removes it"
    assert value(admin, "SELECT count(*) FROM vault.password_verifiers") == 0


def test_holder_of_passkey_and_app_who_lost_the_passkey_makes_a_new_one(
    ada: Ada, browser: Browser, mail: Mail, hers: Authenticator
) -> None:
    """A code of the app alone adds no passkey within a session; after the letter it does."""
    first = Browser()
    step(first, first.sign_in("Ada"), code=ada.code(-1))
    step(first, prove_password(first), code=ada.code())
    add_passkey(first, hers)
    page = back(browser, mail)
    page = step(browser, page, method="totp")
    page = step(browser, page, code=ada.code(1))
    assert "Choose a new password" in words(page)
    page = browser.submit(page, RECOVER, make="passkey")
    new = a_device()
    assert "Your new passkey is ready" in words(make(browser, page, new, RECOVER))
    assert not is_in(first)
    assert sign_in(browser, new).status_code == 303


def test_letter_alone_makes_no_passkey_where_no_factor_is_held(
    browser: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """It sets a password, and nothing that asks for more than the letter."""
    mail.a_member()
    page = way_back(browser, mail)
    assert "Lost your passkey?" not in words(page)
    asked = browser.submit(page, RECOVER, make="passkey")
    if "data-options" in words(asked):
        make(browser, asked, a_device(), RECOVER)
    assert value(admin, PASSKEYS) == 0
    assert is_password(PASSWORD)


def test_reset_ends_what_another_tab_has_proven(
    ada: Ada, browser: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """A thief between the password and the code, or with the letter of before, goes no further."""
    thief = Browser()
    halfway = thief.sign_in("Ada")
    other = back(thief, mail)
    assert "One more step" in words(halfway)
    page = step(browser, back(browser, mail), code=ada.code())
    set_password(browser, page, NEW_PASSWORD)
    for open_page in (halfway, other):
        late = step(thief, open_page, code=ada.code(1))
        assert "One more step" not in words(late)
        assert "Choose a new password" not in words(late)
    assert not is_in(thief)
    assert value(admin, "SELECT count(*) FROM vault.sessions") == 0


def test_reset_in_a_trusted_browser_asks_for_the_code_all_the_same(
    ada: Ada, browser: Browser, mail: Mail, settings: Any
) -> None:
    """Trust spares a code beside the password, and nothing beside a letter."""
    settings.TRUSTED_BROWSER_DAYS = 30
    step(browser, browser.sign_in("Ada"), code=ada.code(), trust="on")
    browser.submit(browser.get("/account/"), "/logout")
    page = back(browser, mail)
    assert "One more step" in words(page)
    assert "Ask for no code" not in words(page)


def test_flow_of_another_releases_attempt_begins_anew_on_each_page(
    ada: Ada, browser: Browser, mail: Mail
) -> None:
    """A shape that this release does not know is no 500, and mends nothing."""
    from accounts.flow.seal import Flow, seal

    browser.get("/reset")
    strange = Flow("own", {"page": "account"}, page="reset", attempt={"secret": "x"})
    flow = seal(strange, browser.cookies["__Host-browser"].value)
    for path in ("/reset/password", RECOVER, CHALLENGE):
        for fields in ({}, {"make": "passkey"}, {"credential": "{}"}):
            sent = browser.submit(browser.get("/reset"), path, **{"flow": flow, **fields})
            assert sent.status_code in (200, 400), (path, fields)


def test_flow_of_a_proof_within_a_session_mends_nothing(
    ada: Ada, browser: Browser, admin: psycopg.Connection
) -> None:
    """V-step-skip: what was proven to change something is not the letter, before its code or after
    it; nor is what a sign-in has proven."""
    halfway = browser.sign_in("Ada")
    step(browser, halfway, code=ada.code(-1))
    asked = browser.get("/account/prove", {"page": "password"})
    proving = prove_password(browser, "password")
    before = value(admin, "SELECT md5(max(digest::text)) FROM vault.password_verifiers")
    for page in (halfway, asked, proving):
        for path, fields in (
            ("/reset/password", {"new_password": NEW_PASSWORD}),
            ("/reset/code", {"code": "0000-0000-0000-0000"}),
            (RECOVER, {"make": "passkey"}),
            (RECOVER, {"credential": "{}"}),
        ):
            answer = browser.submit(page, path, **fields)
            assert "Choose a new password" not in words(answer)
            assert "Make a new passkey" not in words(answer)
    assert value(admin, "SELECT md5(max(digest::text)) FROM vault.password_verifiers") == before
    assert value(admin, PASSKEYS) == 0
    assert is_in(browser)
