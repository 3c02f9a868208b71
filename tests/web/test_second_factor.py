"""Accounts that hold a second factor: no order of requests gets past it."""

import psycopg
import pytest

from accounts.flow.seal import Flow, seal
from tests.database.asking import value
from tests.environment import ISSUER
from tests.web.holders import CHALLENGE, Ada, step, words
from tests.web.people import PASSWORD, Browser, WikiClient, answer_of, ask, claims_of


def test_sign_in_asks_for_the_code_and_opens_the_session(ada: Ada, browser: Browser) -> None:
    """The password brings the second step, and the code the account page."""
    page = browser.sign_in("Ada")
    assert page.status_code == 200
    assert "One more step" in words(page)
    assert "__Host-session" not in browser.cookies
    done = step(browser, page, code=ada.code())
    assert (done.status_code, done["Location"]) == (303, "/account/")
    assert "Ada" in words(browser.get("/account/"))


def test_sign_in_from_a_wiki_says_in_amr_what_was_proven(
    ada: Ada, browser: Browser, wiki: WikiClient
) -> None:
    """RFC 8176: password, one-time code, and that they were two factors."""
    page = browser.submit(ask(browser, wiki), "/login", username="Ada", password=PASSWORD)
    done = step(browser, page, code=ada.code())
    tokens = wiki.redeem(answer_of(done)["code"]).json()
    assert claims_of(tokens["id_token"])["amr"] == ["pwd", "otp", "mfa"]


def test_recovery_code_stands_in_and_works_once(ada: Ada, browser: Browser) -> None:
    """Another way is always a button away, without script too."""
    page = step(browser, browser.sign_in("Ada"), method="recovery_code")
    assert "Recovery code" in words(page)
    done = step(browser, page, method="recovery_code", code=ada.codes[0].lower())
    assert done.status_code == 303
    again = step(Browser(), page, method="recovery_code", code=ada.codes[0])
    assert again.status_code == 403, "the flow is the first browser's"
    other = Browser()
    refused = step(other, other.sign_in("Ada"), method="recovery_code", code=ada.codes[0])
    assert "not right" in words(refused)
    assert "__Host-session" not in other.cookies


def test_code_that_was_used_is_refused_in_another_browser(ada: Ada, browser: Browser) -> None:
    """V-replay: a code seen over a shoulder is worth nothing."""
    code = ada.code()
    assert step(browser, browser.sign_in("Ada"), code=code).status_code == 303
    thief = Browser()
    refused = step(thief, thief.sign_in("Ada"), code=code)
    assert "This code is not right" in words(refused)
    assert "__Host-session" not in thief.cookies


@pytest.mark.parametrize("code", ["", "000000", "12", "x" * 999, "\u0661\u0662\u0663", "' OR 1"])
def test_wrong_code_shows_at_its_field_and_loses_nothing(
    ada: Ada, browser: Browser, code: str
) -> None:
    """The page comes back with the flow; the right code then works."""
    page = step(browser, browser.sign_in("Ada"), code=code)
    assert page.status_code == 200
    assert 'aria-invalid="true"' in words(page)
    assert step(browser, page, code=ada.code()).status_code == 303


@pytest.mark.usefixtures("unlimited")
def test_ten_wrong_codes_lead_back_to_the_password_and_tell_the_owner(
    ada: Ada, browser: Browser, admin: psycopg.Connection
) -> None:
    """V-otp: the attempt is over, whatever its page still shows."""
    page = browser.sign_in("Ada")
    answers = [step(browser, page, code="000000") for _ in range(10)]
    assert "This code is not right" in words(answers[0])
    assert "Please sign in again" in words(answers[-1])
    assert 'name="password"' in words(answers[-1])
    assert "__Host-session" not in browser.cookies
    stale = step(browser, page, code=ada.code())
    assert 'name="password"' in words(stale)
    ended = "SELECT count(*) FROM vault.events WHERE tag = 'account:factor:exhausted'"
    assert value(admin, ended) == 1


def test_no_order_of_requests_gets_past_the_second_step(
    ada: Ada, browser: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """V-step-skip: empty posts, flows without a proof, old flows, other methods, repeats."""
    fresh = browser.get("/login")
    page = browser.sign_in("Ada")
    for tried, fields in (
        (fresh, {"code": ada.code()}),  # a flow that has proven nothing
        (page, {}),
        (page, {"method": "password"}),
        (page, {"method": "passkey", "code": ada.code()}),
        (page, {"method": "recovery_code", "code": ada.code()}),
        (page, {"method": ""}),
    ):
        assert step(browser, tried, **fields).status_code == 200
        assert "__Host-session" not in browser.cookies
    silent = browser.get("/oauth/authorize", wiki.request(prompt="none"))
    assert answer_of(silent)["error"] == "login_required"
    assert browser.submit(page, "/login", username="Ada", password=PASSWORD).status_code == 200
    assert browser.submit(page, "/signup").status_code == 200
    assert value(admin, "SELECT count(*) FROM vault.sessions") == 0
    assert value(admin, "SELECT count(*) FROM vault.grants") == 0


def test_second_step_of_a_locked_account_gives_nothing(
    ada: Ada, browser: Browser, admin: psycopg.Connection
) -> None:
    """V-disabled: a lock between the two steps wins."""
    page = browser.sign_in("Ada")
    admin.execute("UPDATE vault.accounts SET state = 'locked', epoch = epoch + 1")
    answer = step(browser, page, code=ada.code())
    assert 'name="password"' in words(answer)
    assert value(admin, "SELECT count(*) FROM vault.sessions") == 0


def test_sign_in_by_a_wrong_password_says_nothing_of_a_second_factor(
    ada: Ada, browser: Browser
) -> None:
    """V-enum: who has one is seen by nobody else."""
    answer = browser.sign_in("Ada", "wrong password")
    assert "do not go together" in words(answer)
    assert "One more step" not in words(answer)


def test_choice_to_stay_signed_in_survives_the_second_step(ada: Ada, browser: Browser) -> None:
    """What was ticked beside the password counts when the session opens."""
    done = step(browser, browser.sign_in("Ada", keep="on"), code=ada.code())
    assert done.cookies["__Host-session"]["max-age"]


def test_flow_with_an_attempt_of_another_release_begins_anew(ada: Ada, browser: Browser) -> None:
    """A shape that this release does not know is no 500, and opens nothing."""
    browser.sign_in("Ada")
    strange = seal(
        Flow("own", {"page": "account"}, attempt={"secret": "x"}),
        browser.cookies["__Host-browser"].value,
    )
    answer = browser.post(CHALLENGE, {"flow": strange}, headers={"origin": ISSUER})
    assert answer.status_code == 400
    assert "__Host-session" not in browser.cookies
