"""Setting up the second step, keeping it in order, and taking it away again."""

import base64
import re
import time

import psycopg
import pytest

from accounts.flow.proof import PROOF_SECONDS
from tests.database.asking import value
from tests.web.holders import Ada, step, words
from tests.web.people import PASSWORD, Answer, Browser
from vault.totp_codes import code_of, step_at

OVERVIEW = "/account/two-factor"
APP = "/account/two-factor/app"
CODES = "/account/two-factor/codes"
DOWNLOAD = "/account/two-factor/codes/download"
RENAME = "/account/two-factor/rename"
REMOVE = "/account/two-factor/remove"
PROVE = "/account/prove"
EVENTS = "SELECT count(*) FROM vault.events WHERE tag = %s"


def prove(browser: Browser, page: str = "two-factor") -> Answer:
    """Proves the password once more."""
    return browser.submit(browser.get(PROVE, {"page": page}), PROVE, password=PASSWORD)


def codes_of(page: Answer) -> list[str]:
    """The recovery codes that a page shows."""
    return re.findall(r'<li><span class="code">([^<]+)</span></li>', words(page))


def pending_of(page: Answer) -> str:
    """What a page's form carries, sealed."""
    found = re.search(r'name="pending" value="([^"]+)"', words(page))
    assert found is not None
    return found[1]


def send(browser: Browser, page: Answer, path: str, **fields: str) -> Answer:
    """Sends a page's form with what it carries."""
    return browser.submit(page, path, **{"pending": pending_of(page), **fields})


def secret_of(page: Answer) -> bytes:
    """The key that a page shows, as an app takes it."""
    found = re.search(r'<bdi class="code key" dir="ltr">([^<]+)</bdi>', words(page))
    assert found is not None
    return base64.b32decode(found[1].replace(" ", ""))


def code_for(page: Answer, steps: int = 0) -> str:
    """What an app shows that has scanned the page."""
    return code_of(secret_of(page), step_at(None) + steps)


def keep_codes(browser: Browser) -> list[str]:
    """Makes recovery codes and types one of them back."""
    page = browser.get(CODES)
    codes = codes_of(page)
    assert send(browser, page, CODES, code=codes[3]).status_code == 303
    return codes


def enrol(browser: Browser) -> tuple[bytes, list[str]]:
    """Sets the second step up; gives the app's secret and the codes."""
    prove(browser)
    codes = keep_codes(browser)
    page = browser.get(APP)
    done = send(browser, page, APP, code=code_for(page, -1), name="Blue phone")
    assert (done.status_code, done["Location"]) == (303, OVERVIEW)
    return secret_of(page), codes


def signed_in(ada: Ada, steps: int = -1) -> Browser:
    """A browser in which Ada is signed in, and has just proven both again."""
    browser = Browser()
    step(browser, browser.sign_in("Ada"), code=ada.code(steps))
    assert step(browser, prove(browser), code=ada.code(steps + 1)).status_code == 303
    return browser


def test_set_up_from_the_account_page_protects_the_next_sign_in(grace: Browser) -> None:
    """Prove, keep codes, scan, type a code: from then on the password alone opens nothing."""
    assert "Off" in words(grace.get("/account/"))
    assert grace.get(APP)["Location"] == f"{PROVE}?page=two-factor-app"
    assert prove(grace, "two-factor-app")["Location"] == APP
    assert grace.get(APP)["Location"] == CODES
    page = grace.get(CODES)
    codes = codes_of(page)
    assert len(set(codes)) == 10
    assert send(grace, page, CODES, code=codes[0])["Location"] == APP
    page = grace.get(APP)
    assert "<svg" in words(page)
    done = send(grace, page, APP, code=code_for(page), name="Blue phone")
    assert done["Location"] == OVERVIEW
    assert "It is on" in words(grace.get(OVERVIEW))
    assert "Blue phone" in words(grace.get(OVERVIEW))
    other = Browser()
    asked = other.sign_in("Grace")
    assert "One more step" in words(asked)
    assert step(other, asked, code=code_for(page)).status_code == 200, "that code is spent"
    assert step(other, asked, code=code_for(page, 1)).status_code == 303


def test_code_typed_back_is_not_used_up(grace: Browser) -> None:
    """Ten are left, and that one lets in like the others."""
    _, codes = enrol(grace)
    assert "10 left" in words(grace.get(OVERVIEW))
    other = Browser()
    page = other.sign_in("Grace")
    assert step(other, page, method="recovery_code", code=codes[3]).status_code == 303
    assert "9 left" in words(other.get(OVERVIEW))


def test_whoever_leaves_in_the_middle_has_neither_app_nor_codes(
    grace: Browser, admin: psycopg.Connection
) -> None:
    """Nothing is stored before it is confirmed: signing in stays as it was."""
    prove(grace)
    page = grace.get(CODES)
    send(grace, page, CODES, code="0000-0000-0000-0000")
    assert value(admin, "SELECT count(*) FROM vault.recovery_codes") == 0
    keep_codes(grace)
    page = grace.get(APP)
    assert send(grace, page, APP, code="000000", name="x").status_code == 200
    assert value(admin, "SELECT count(*) FROM vault.totp_devices") == 0
    assert Browser().sign_in("Grace").status_code == 303


def test_app_without_codes_kept_is_not_added(grace: Browser, admin: psycopg.Connection) -> None:
    """V-step-skip: the order cannot be turned around by sending the last form first."""
    prove(grace)
    assert grace.get(APP)["Location"] == CODES
    page = grace.get(CODES)
    skipped = send(grace, page, APP, code="000000", name="x")
    assert skipped["Location"] == CODES
    assert value(admin, "SELECT count(*) FROM vault.totp_devices") == 0


@pytest.mark.parametrize("typed", ["", "wrong", "0000-0000-0000-0000", "x" * 999, "\u0661" * 16])
def test_wrong_code_typed_back_shows_the_same_codes_again(grace: Browser, typed: str) -> None:
    """At its field; nothing is lost by a slip."""
    prove(grace)
    page = grace.get(CODES)
    answer = send(grace, page, CODES, code=typed)
    assert 'href="#id_code"' in words(answer)
    assert codes_of(answer) == codes_of(page)
    spelt = codes_of(page)[9].lower().replace("-", " ")
    assert send(grace, answer, CODES, code=spelt).status_code == 303


def test_wrong_code_of_the_app_shows_the_same_picture_again(grace: Browser) -> None:
    """At its field, with the name kept."""
    prove(grace)
    keep_codes(grace)
    page = grace.get(APP)
    answer = send(grace, page, APP, code="000000", name="Blue phone")
    assert "This code is not right" in words(answer)
    assert 'value="Blue phone"' in words(answer)
    assert secret_of(answer) == secret_of(page)


@pytest.mark.parametrize("path", [APP, CODES])
def test_pending_of_another_session_browser_or_use_is_none(grace: Browser, path: str) -> None:
    """V-fixation: nobody is given a secret or codes that somebody else knows."""
    stranger = Browser()
    stranger.sign_up("Mallory")
    for browser in (grace, stranger):
        prove(browser)
        keep_codes(browser)
    theirs = stranger.get(path)
    wrong_use = grace.get(CODES if path == APP else APP)
    for planted in (pending_of(theirs), pending_of(wrong_use), "", "a.b.c.d.e"):
        code = code_for(theirs) if path == APP else codes_of(theirs)[0]
        page = grace.get(path)
        answer = grace.submit(page, path, pending=planted, code=code, name="x")
        assert answer.status_code == 200
        assert "had been open for too long" in words(answer)


def test_second_factor_changes_by_no_session_alone(
    grace: Browser,
) -> None:
    """V-step-skip: by GET and POST alike, before there is a second factor and after."""
    for path in (APP, CODES, REMOVE):
        assert grace.get(path)["Location"].startswith(f"{PROVE}?page=")
        sent = grace.submit(grace.get("/account/"), path, code="x")
        assert sent["Location"].startswith(f"{PROVE}?page=")
    enrol(grace)
    assert grace.get(CODES)["Location"] == f"{PROVE}?page=recovery-codes"


def test_proof_of_the_password_alone_is_too_weak_once_there_is_an_app(
    grace: Browser, admin: psycopg.Connection
) -> None:
    """It is taken away then; kept by a thief, it is refused by the vault."""
    prove(grace)
    kept = grace.cookies["__Host-proof"].value
    enrol(grace)
    assert grace.cookies["__Host-proof"].value == ""
    grace.cookies["__Host-proof"] = kept
    page = grace.get(CODES)
    weak = send(grace, page, CODES, code=codes_of(page)[0])
    assert weak["Location"] == f"{PROVE}?page=recovery-codes"
    assert value(admin, EVENTS, "account:recovery_codes:replaced") == 1


def test_proof_that_ended_while_the_page_was_open_leads_to_another(
    grace: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And back to the page."""
    prove(grace)
    page = grace.get(CODES)
    now = time.time()
    monkeypatch.setattr("accounts.flow.sealing.time.time", lambda: now + PROOF_SECONDS + 1)
    answer = send(grace, page, CODES, code=codes_of(page)[0])
    assert answer["Location"] == f"{PROVE}?page=recovery-codes"


def test_replaced_codes_void_the_old_ones_and_tell_the_owner(
    ada: Ada, admin: psycopg.Connection
) -> None:
    """Once one of the new ones was typed back, and not before."""
    browser = signed_in(ada)
    page = browser.get(CODES)
    assert value(admin, EVENTS, "account:recovery_codes:replaced") == 1
    fresh = codes_of(page)
    done = send(browser, page, CODES, code=fresh[0])
    assert done["Location"] == OVERVIEW
    assert value(admin, EVENTS, "account:recovery_codes:replaced") == 2
    other = Browser()
    asked = other.sign_in("Ada")
    assert step(other, asked, method="recovery_code", code=ada.codes[0]).status_code == 200
    assert step(other, asked, method="recovery_code", code=fresh[0]).status_code == 303


def test_codes_as_a_file_are_those_of_the_page(grace: Browser) -> None:
    """A text to keep, which no cache does; nobody else's form gives any."""
    prove(grace)
    page = grace.get(CODES)
    file = send(grace, page, DOWNLOAD)
    assert file["Content-Type"] == "text/plain; charset=utf-8"
    assert file["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert file["Cache-Control"].startswith("no-store")
    assert words(file).split("\n")[2:-1] == codes_of(page)
    thief = Browser()
    thief.sign_up("Mallory")
    refused = thief.submit(thief.get("/account/"), DOWNLOAD, pending=pending_of(page))
    assert (refused.status_code, refused["Location"]) == (303, CODES)


def test_removed_app_lets_in_no_more_and_the_owner_is_told(
    ada: Ada, admin: psycopg.Connection
) -> None:
    """By proof of both; without an app the password alone is asked for."""
    browser = signed_in(ada)
    page = browser.get(REMOVE)
    assert "your only one" in words(page)
    app = value(admin, "SELECT id FROM vault.totp_devices")
    done = browser.submit(page, REMOVE, factor=f"app_{app}")
    assert done["Location"] == OVERVIEW
    assert value(admin, EVENTS, "account:totp:removed") == 1
    assert "Your password alone protects" in words(browser.get(OVERVIEW))
    assert Browser().sign_in("Ada").status_code == 303


def test_app_of_somebody_else_is_neither_renamed_nor_removed(
    ada: Ada, grace: Browser, admin: psycopg.Connection
) -> None:
    """Whatever the form says."""
    del ada
    app = str(value(admin, "SELECT id FROM vault.totp_devices"))
    prove(grace)
    for path in (RENAME, REMOVE):
        answer = grace.submit(grace.get("/account/"), path, factor=f"app_{app}", name="Mine")
        assert "Choose one of these" in words(answer)
    name = value(admin, "SELECT name FROM vault.totp_devices")
    assert name == "Authenticator app"


def test_app_gets_another_name(ada: Ada, admin: psycopg.Connection) -> None:
    """It says what it is on; that is no secret and needs no proof."""
    browser = Browser()
    step(browser, browser.sign_in("Ada"), code=ada.code())
    app = str(value(admin, "SELECT id FROM vault.totp_devices"))
    done = browser.submit(browser.get(RENAME), RENAME, factor=f"app_{app}", name="<b>Old phone")
    assert done["Location"] == OVERVIEW
    assert "&lt;b&gt;Old phone" in words(browser.get(OVERVIEW))


def test_few_codes_left_are_pointed_out(ada: Ada, admin: psycopg.Connection) -> None:
    """At three it is time for new ones."""
    browser = Browser()
    step(browser, browser.sign_in("Ada"), code=ada.code())
    assert "Make new ones" not in words(browser.get(OVERVIEW))
    admin.execute("DELETE FROM vault.recovery_codes WHERE position > 3")
    assert "3 recovery codes are left" in words(browser.get(OVERVIEW))
