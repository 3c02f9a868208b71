"""Proving oneself again: what protects an account changes by no session cookie alone."""

import time

import psycopg
import pytest

from accounts.errors import FlowUnusable
from accounts.flow.proof import PROOF_SECONDS
from accounts.flow.seal import unseal
from tests.database.asking import value
from tests.web.holders import Ada, step, words
from tests.web.people import NEW_PASSWORD, PASSWORD, Answer, Browser

PASSWORD_PAGE = "/account/password"
PROVE = "/account/prove"
PROOF = "__Host-proof"


def signed_in(ada: Ada, steps: int = -1) -> Browser:
    """A browser in which Ada is signed in, by her app's code of some step."""
    browser = Browser()
    page = browser.sign_in("Ada")
    assert step(browser, page, code=ada.code(steps)).status_code == 303
    return browser


def to_second_step(browser: Browser) -> Answer:
    """The page that asks for the code, after the password was proven once more."""
    page = browser.get(PROVE, {"page": "password"})
    return browser.submit(page, PROVE, password=PASSWORD)


def prove(browser: Browser, ada: Ada, steps: int = 0) -> Answer:
    """Proves both; gives the answer to the code."""
    return step(browser, to_second_step(browser), code=ada.code(steps))


def change(browser: Browser) -> Answer:
    """Sends a new password, as from a page that was open already."""
    page = browser.get(PROVE)
    return browser.submit(page, PASSWORD_PAGE, new_password=NEW_PASSWORD)


def is_unchanged(browser: Browser) -> bool:
    """Whether a new password is not taken, and the page leads to proving oneself."""
    answer = change(browser)
    leads = answer.headers.get("Location") == f"{PROVE}?page=password"
    return leads and "One more step" in words(Browser().sign_in("Ada"))


def test_proof_leads_back_to_the_page_and_changes_the_password(ada: Ada) -> None:
    """Page, password, code, page: the current password is not asked for twice."""
    browser = signed_in(ada)
    led = browser.get(PASSWORD_PAGE)
    assert (led.status_code, led["Location"]) == (303, f"{PROVE}?page=password")
    page = to_second_step(browser)
    assert "One more step" in words(page)
    assert "Sign in as somebody else" not in words(page)
    done = step(browser, page, code=ada.code())
    assert (done.status_code, done["Location"]) == (303, PASSWORD_PAGE)
    form = browser.get(PASSWORD_PAGE)
    assert "Current password" not in words(form)
    changed = browser.submit(form, PASSWORD_PAGE, new_password=NEW_PASSWORD)
    assert "Your password is changed" in words(changed)
    assert browser.get("/account/").status_code == 200


def test_proof_works_once_for_a_password(ada: Ada) -> None:
    """It is used up by the change, in the vault too: an old cookie opens nothing more."""
    browser = signed_in(ada)
    prove(browser, ada)
    kept = browser.cookies[PROOF].value
    change(browser)
    assert browser.cookies[PROOF].value == ""
    browser.cookies[PROOF] = kept
    page = browser.get(PASSWORD_PAGE)
    again = browser.submit(page, PASSWORD_PAGE, new_password=PASSWORD)
    assert (again.status_code, again["Location"]) == (303, f"{PROVE}?page=password")


def test_proof_opens_no_session_and_leaves_the_one_there_is(
    ada: Ada, admin: psycopg.Connection
) -> None:
    """It is an attempt to reauthenticate, which is never one to sign in."""
    browser = signed_in(ada)
    before = browser.cookies["__Host-session"].value
    done = prove(browser, ada)
    assert set(done.cookies) == {PROOF}
    assert browser.cookies["__Host-session"].value == before
    assert value(admin, "SELECT count(*) FROM vault.sessions") == 1


def test_proof_cookie_is_the_browsers_own_for_five_minutes(ada: Ada) -> None:
    """Out of reach of scripts and other sites, and gone by itself."""
    cookie = prove(signed_in(ada), ada).cookies[PROOF]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    assert 0 < cookie["max-age"] <= PROOF_SECONDS


@pytest.mark.parametrize("forged", ["", "x", "a.b.c.d.e", "session", "flow"])
def test_session_cookie_alone_is_no_proof(ada: Ada, forged: str) -> None:
    """V-step-skip: nor is anything else that the browser holds."""
    browser = signed_in(ada)
    if forged == "session":
        forged = browser.cookies["__Host-session"].value
    elif forged == "flow":
        forged = words(to_second_step(browser)).partition('name="flow" value="')[2].split('"')[0]
    browser.cookies[PROOF] = forged
    assert is_unchanged(browser)


def test_password_alone_is_no_proof_where_a_second_factor_is_held(ada: Ada) -> None:
    """V-step-skip: the flow after the first step, sent anywhere, proves no more than it did."""
    browser = signed_in(ada)
    page = to_second_step(browser)
    for fields in ({}, {"code": "000000"}, {"method": "password"}, {"method": "passkey"}):
        assert PROOF not in step(browser, page, **fields).cookies
    assert browser.submit(page, "/login", username="Ada", password=PASSWORD).status_code == 200
    browser.submit(page, PROVE, password=PASSWORD)
    assert PROOF not in browser.cookies
    assert is_unchanged(browser)


def test_sign_in_just_done_is_no_proof(ada: Ada) -> None:
    """An attempt to sign in is one for a session; the page asks again."""
    browser = signed_in(ada)
    page = browser.get("/login")  # a flow of another kind is none of this page's
    shown = browser.submit(browser.get(PROVE), PROVE, password="wrong", flow="x")
    assert page.status_code == 303
    assert shown.status_code == 400
    assert is_unchanged(browser)


def test_proof_of_another_session_is_none(ada: Ada) -> None:
    """V-fixation: given to a session of the same person, even in the same browser."""
    browser = signed_in(ada, -1)
    prove(browser, ada, 0)
    proof, binding = browser.cookies[PROOF].value, browser.cookies["__Host-browser"].value
    other = Browser()
    other.cookies["__Host-browser"] = binding
    page = step(other, other.sign_in("Ada"), code=ada.code(1))
    assert page.status_code == 303
    other.cookies[PROOF] = proof
    assert is_unchanged(other)


def test_proof_in_another_browser_is_none(ada: Ada) -> None:
    """Session and proof, both stolen, are of no use without the browser's own cookie."""
    browser = signed_in(ada)
    prove(browser, ada)
    thief = Browser()
    for name in ("__Host-session", PROOF):
        thief.cookies[name] = browser.cookies[name].value
    assert thief.get("/account/").status_code == 200
    assert is_unchanged(thief)
    thief.cookies["__Host-browser"] = "x" * 43
    assert is_unchanged(thief)


def test_flow_begun_in_another_session_proves_nothing(ada: Ada) -> None:
    """A flow is for the session that began it: in the next one, the page begins anew."""
    browser = signed_in(ada, -1)
    page = to_second_step(browser)
    browser.submit(browser.get("/logout"), "/logout")
    assert step(browser, browser.sign_in("Ada"), code=ada.code(0)).status_code == 303
    answer = step(browser, page, code=ada.code(1))
    assert PROOF not in answer.cookies
    assert "Show that it is you" in words(answer)


def test_proof_that_is_five_minutes_old_is_none(ada: Ada, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own clock here, and by the vault's where that fails."""
    browser = signed_in(ada)
    prove(browser, ada)
    now = time.time()
    monkeypatch.setattr("accounts.flow.sealing.time.time", lambda: now + PROOF_SECONDS + 1)
    assert browser.get(PASSWORD_PAGE)["Location"] == f"{PROVE}?page=password"


def test_proof_that_the_vault_finds_old_changes_nothing(
    ada: Ada, admin: psycopg.Connection
) -> None:
    """The cookie's word is not the last: it leads to proving once more."""
    browser = signed_in(ada)
    prove(browser, ada)
    admin.execute(
        "UPDATE vault.attempts SET authenticated_at = authenticated_at - interval '6 minutes'"
    )
    assert is_unchanged(browser)


def test_code_that_comes_too_late_says_so_and_begins_again(
    ada: Ada, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password was proven more than five minutes ago: no proof is kept that is none."""
    browser = signed_in(ada)
    page = to_second_step(browser)
    monkeypatch.setattr("accounts.flow.proof.seconds_left", lambda _attempt: 0)
    monkeypatch.setattr("accounts.views.flow_pages.seconds_left", lambda _attempt: 0)
    answer = step(browser, page, code=ada.code())
    assert PROOF not in answer.cookies
    assert "That took too long" in words(answer)
    assert "Show that it is you" in words(answer)


def test_proof_and_flow_are_not_taken_for_each_other(ada: Ada) -> None:
    """Each is sealed for its one use."""
    browser = signed_in(ada)
    prove(browser, ada)
    with pytest.raises(FlowUnusable):
        unseal(browser.cookies[PROOF].value, browser.cookies["__Host-browser"].value)


def test_wrong_password_shows_at_its_field_and_is_charged(ada: Ada) -> None:
    """V-limit: a stolen session gives no second budget to guess with."""
    browser = signed_in(ada)
    answers = [browser.submit(browser.get(PROVE), PROVE, password=f"wrong {n}") for n in range(11)]
    assert "This is not your current password" in words(answers[0])
    assert 'href="#id_password"' in words(answers[0])
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]


@pytest.mark.parametrize("page", ["nowhere", "//evil.example", "", "password&page=x"])
def test_proof_leads_to_own_pages_alone(ada: Ada, page: str) -> None:
    """Whatever the address asks for."""
    browser = signed_in(ada)
    shown = browser.submit(browser.get(PROVE, {"page": page}), PROVE, password=PASSWORD)
    assert step(browser, shown, code=ada.code())["Location"] == "/account/"


def test_proof_without_a_session_leads_to_signing_in(browser: Browser) -> None:
    """And from there to the page that was wanted."""
    answer = browser.get(PROVE, {"page": "password"})
    assert (answer.status_code, answer["Location"]) == (303, "/login?page=password")


def test_proof_of_a_locked_account_is_none(ada: Ada, admin: psycopg.Connection) -> None:
    """V-disabled: a lock between proof and change wins."""
    browser = signed_in(ada)
    prove(browser, ada)
    admin.execute("UPDATE vault.accounts SET state = 'locked', epoch = epoch + 1")
    assert browser.get(PASSWORD_PAGE)["Location"] == "/login?page=password"


def test_account_without_a_second_factor_proves_the_password_alone(grace: Browser) -> None:
    """Then that is all there is to prove."""
    done = grace.submit(grace.get(PROVE, {"page": "password"}), PROVE, password=PASSWORD)
    assert (done.status_code, done["Location"]) == (303, PASSWORD_PAGE)
    assert PROOF in done.cookies
