"""Adding, naming and removing one's own passkeys, and doing without a password."""

import time

import psycopg
import pytest

from accounts.flow.proof import PROOF_SECONDS
from tests.authenticator import AlreadyRegistered
from tests.database.asking import value
from tests.web.holders import Ada, step, words
from tests.web.passkeys import (
    CHALLENGE,
    CODES,
    NEW,
    OVERVIEW,
    PROVE,
    PROVE_PASSKEY,
    a_device,
    add_passkey,
    codes_of,
    is_in,
    make,
    options_of,
    prove_passkey,
    prove_password,
    send,
    show,
    sign_in,
    sign_up,
    signed_up_with_both,
)
from tests.web.people import PASSWORD, Browser
from twofactor.services.passkeys import key_of

REMOVE = "/account/two-factor/remove"
RENAME = "/account/two-factor/rename"
REMOVE_PASSWORD = "/account/password/remove"
EVENTS = "SELECT count(*) FROM vault.events WHERE tag = %s"
PASSKEYS = "SELECT count(*) FROM vault.passkeys"


def test_passkey_is_added_behind_a_fresh_proof_once_codes_were_kept(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """Enrolment ends when one code was typed back; from then on the password is not enough."""
    browser.sign_up("Grace")
    assert browser.get(NEW)["Location"] == f"{PROVE}?page=two-factor-passkey"
    assert prove_password(browser)["Location"] == NEW
    device = a_device()
    page = make(browser, browser.get(NEW), device, NEW)
    assert "your passkey is added" in words(page)
    assert value(admin, PASSKEYS) == 0
    done = send(browser, page, CODES, code=codes_of(page)[4])
    assert done["Location"] == OVERVIEW
    assert value(admin, PASSKEYS) == 1
    assert value(admin, EVENTS, "account:passkey:added") == 1
    overview = words(browser.get(OVERVIEW))
    assert "This device only" in overview
    assert "10 left" in overview
    assert "One more step" in words(Browser().sign_in("Grace"))


def test_name_of_the_maker_is_offered_and_can_be_changed(browser: Browser) -> None:
    """By AAGUID; whatever it is called is text and nothing else."""
    browser.sign_up("Grace")
    prove_password(browser)
    device = a_device(synced=True)
    add_passkey(browser, device, transports=["internal", "hybrid"])
    overview = browser.get(OVERVIEW)
    assert "Synced" in words(overview)
    key = key_of(device.credentials[0].id)
    page = browser.get(RENAME, {"factor": key})
    done = browser.submit(page, RENAME, factor=key, name="<b>Blue laptop")
    assert done["Location"] == OVERVIEW
    assert "&lt;b&gt;Blue laptop" in words(browser.get(OVERVIEW))


def test_device_that_holds_one_is_not_asked_for_another(browser: Browser) -> None:
    """WebAuthn section 5.4: what is held already is excluded; all go by one user handle."""
    device = a_device()
    signed_up_with_both(browser, device, "Grace")
    prove_passkey(browser, device, "two-factor-passkey")
    page = browser.get(NEW)
    with pytest.raises(AlreadyRegistered):
        device.create(options_of(page))
    second = a_device()
    assert add_passkey(browser, second)["Location"] == OVERVIEW
    assert second.credentials[0].user_handle == device.credentials[0].user_handle


@pytest.mark.parametrize("where", ["another session", "another browser", "an earlier page"])
def test_ceremony_belongs_to_its_page_session_and_browser(
    browser: Browser, admin: psycopg.Connection, where: str
) -> None:
    """V-enrol, V-fixation: nobody adds a passkey to somebody else's account."""
    device = a_device()
    browser.sign_up("Grace")
    prove_password(browser)
    page = browser.get(NEW)
    if where == "an earlier page":
        made = device.create(options_of(page))
        assert codes_of(send(browser, page, NEW, credential=made))
        again = send(browser, page, NEW, credential=made)
        assert "could not be checked" in words(again)
    else:
        thief = browser if where == "another session" else Browser()
        thief.sign_up("Mallory")
        prove_password(thief)
        own = thief.get(NEW)
        answer = thief.submit(
            own,
            NEW,
            pending=words(page).partition('name="pending" value="')[2].partition('"')[0],
            credential=device.create(options_of(page)),
        )
        assert not codes_of(answer)
    assert value(admin, PASSKEYS) == 0


def test_passkey_once_held_is_what_a_fresh_proof_takes(ada: Ada, browser: Browser) -> None:
    """The highest factor: a code of the app, which can be phished, changes nothing any more."""
    device = a_device()
    step(browser, browser.sign_in("Ada"), code=ada.code(-1))
    step(browser, prove_password(browser), code=ada.code())
    add_passkey(browser, device)
    page = prove_password(browser, "two-factor-remove")
    assert "a code from your app is not enough here" in words(page)
    assert "Use a code from your authenticator app" not in words(page)
    sneaky = step(browser, page, method="totp", code=ada.code(1))
    assert sneaky.status_code == 200
    assert browser.get(REMOVE).status_code == 303
    assert step(browser, page, method="recovery_code", code=ada.codes[2]).status_code == 303
    assert browser.get(REMOVE).status_code == 200, "a recovery code stands in for a lost passkey"


def test_passkey_alone_is_a_fresh_proof_of_its_own_account(browser: Browser) -> None:
    """One touch; somebody else's, or one that did not verify its user, is none."""
    device, other = a_device(), a_device()
    signed_up_with_both(browser, device, "Grace")
    sign_up(Browser(), other, "Mallory")
    page = browser.get(PROVE, {"page": "two-factor-remove"})
    options = {**options_of(page), "allowCredentials": []}
    foreign = send(browser, page, PROVE_PASSKEY, credential=other.get(options))
    assert "does not belong to an account here" in words(foreign)
    assert show(browser, foreign, device, PROVE_PASSKEY, uv=False).status_code == 200
    assert browser.get(REMOVE).status_code == 303
    done = prove_passkey(browser, device, "two-factor-remove")
    assert (done.status_code, done["Location"]) == (303, REMOVE)
    assert browser.get(REMOVE).status_code == 200


def test_removed_passkey_lets_in_no_more_and_the_others_do(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """W26: one is removed, and only that one."""
    device, second = a_device(), a_device()
    signed_up_with_both(browser, device, "Grace")
    prove_passkey(browser, device)
    add_passkey(browser, second)
    key = key_of(device.credentials[0].id)
    page = browser.get(REMOVE, {"factor": key})
    assert f'value="{key}" selected' in words(page)
    assert browser.submit(page, REMOVE, factor=key)["Location"] == OVERVIEW
    assert value(admin, EVENTS, "account:passkey:removed") == 1
    assert not is_in(_signed_in_with(device))
    assert is_in(_signed_in_with(second))


def _signed_in_with(device: object) -> Browser:
    visitor = Browser()
    sign_in(visitor, device)  # type: ignore[arg-type]
    return visitor


def test_choice_of_what_to_remove_outlives_the_proof(browser: Browser) -> None:
    """From the row's own link, by way of the proof, back with that one chosen."""
    device = a_device()
    signed_up_with_both(browser, device, "Grace")
    key = key_of(device.credentials[0].id)
    browser.cookies.pop("__Host-proof", None)
    asked = browser.get(REMOVE, {"factor": key})
    assert asked["Location"] == f"{PROVE}?page=two-factor-remove&factor={key}"
    page = browser.get(asked["Location"])
    done = show(browser, page, device, PROVE_PASSKEY)
    assert done["Location"] == f"{REMOVE}?factor={key}"


def test_last_passkey_of_an_account_without_a_password_stays(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """Or nobody would ever get in again."""
    device = a_device()
    sign_up(browser, device, "Grace")
    prove_passkey(browser, device)
    page = browser.get(REMOVE)
    refused = browser.submit(page, REMOVE, factor=key_of(device.credentials[0].id))
    assert "your only way to sign in" in words(refused)
    assert value(admin, PASSKEYS) == 1


def test_password_is_removed_once_there_are_two_passkeys(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """W19: and set again whenever one likes, by a passkey."""
    device, second = a_device(), a_device()
    signed_up_with_both(browser, device, "Grace")
    prove_passkey(browser, device)
    page = browser.get(REMOVE_PASSWORD)
    assert "you need two passkeys" in words(page)
    forced = browser.submit(browser.get("/account/"), REMOVE_PASSWORD)
    assert "you need two passkeys" in words(forced)
    add_passkey(browser, second)
    done = browser.submit(browser.get(REMOVE_PASSWORD), REMOVE_PASSWORD)
    assert done["Location"] == OVERVIEW
    assert value(admin, EVENTS, "account:password:removed") == 1
    assert value(admin, "SELECT count(*) FROM vault.password_verifiers") == 0
    assert "do not go together" in words(Browser().sign_in("Grace"))
    assert is_in(_signed_in_with(second))
    page = browser.get("/account/password")
    assert "Set a password" in words(page)
    done = browser.submit(page, "/account/password", new_password=PASSWORD)
    assert done.status_code == 200
    assert "One more step" in words(Browser().sign_in("Grace"))


def test_codes_that_took_longer_to_write_down_than_a_proof_lasts_are_the_same_afterwards(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten codes by hand take a while: one proves oneself again, and finds them and the passkey."""
    browser.sign_up("Grace")
    prove_password(browser)
    device = a_device()
    page = make(browser, browser.get(NEW), device, NEW)
    now = time.time()
    monkeypatch.setattr("accounts.flow.sealing.time.time", lambda: now + PROOF_SECONDS + 1)
    late = send(browser, page, CODES, code=codes_of(page)[0])
    assert late["Location"] == f"{PROVE}?page=recovery-codes"
    monkeypatch.undo()
    assert prove_password(browser, "recovery-codes")["Location"] == CODES
    again = browser.get(CODES)
    assert codes_of(again) == codes_of(page)
    assert "your passkey is added" in words(again)
    assert send(browser, again, CODES, code=codes_of(page)[0])["Location"] == OVERVIEW
    assert is_in(_signed_in_with(device))


def test_second_step_by_passkey_that_was_removed_meanwhile_is_refused(browser: Browser) -> None:
    """Between the page and the touch."""
    device, second = a_device(), a_device()
    signed_up_with_both(browser, device, "Grace")
    prove_passkey(browser, device)
    add_passkey(browser, second)
    visitor = Browser()
    page = visitor.sign_in("Grace")
    browser.submit(browser.get(REMOVE), REMOVE, factor=key_of(second.credentials[0].id))
    refused = show(visitor, page, second, CHALLENGE, fields={"method": "passkey"})
    assert "was removed" in words(refused)
    assert not is_in(visitor)
