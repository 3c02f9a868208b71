"""Changing the password: by proof of the current one, and what ends with it."""

import time
from typing import Any

import psycopg
import pytest

from tests.web.counting import counted_hashes
from tests.web.people import NEW_PASSWORD, PASSWORD, Browser, WikiClient, claims_of, tokens_for

PATH = "/account/password"


def change(browser: Browser, current: str = PASSWORD, new: str = NEW_PASSWORD) -> Any:
    """Fills in the form and sends it."""
    page = browser.get(PATH)
    return browser.submit(page, PATH, current_password=current, new_password=new)


def is_password(password: str) -> bool:
    """Whether Grace can sign in by it."""
    return bool(Browser().sign_in("Grace", password).status_code == 303)


def test_change_gives_this_browser_a_new_secret_and_no_other(grace: Browser) -> None:
    """V-fixation: the cookie from before is dead, also in the hands of a thief."""
    thief = Browser()
    thief.cookies["__Host-session"] = grace.cookies["__Host-session"].value
    csrf = grace.cookies["__Host-csrf"].value
    assert "Your password is changed" in change(grace).content.decode()
    assert grace.get("/account/").status_code == 200
    assert thief.get("/account/").status_code == 303
    assert grace.cookies["__Host-csrf"].value != csrf


def test_change_keeps_the_session_at_the_wikis_and_proves_anew(
    grace: Browser, wiki: WikiClient
) -> None:
    """Same ``sid``; ``auth_time`` is that of the proof just given."""
    before = claims_of(tokens_for(grace, wiki)["id_token"])
    change(grace)
    after = claims_of(tokens_for(grace, wiki)["id_token"])
    assert after["sid"] == before["sid"]
    assert before["auth_time"] <= after["auth_time"] <= time.time()


def test_change_tells_the_wikis_of_the_sessions_that_ended_and_the_owner(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """RFC 9700 4.14: the others' wikis get a back-channel logout; this browser's do not."""
    other = Browser()
    other.sign_in("Grace")
    sid = claims_of(tokens_for(other, wiki)["id_token"])["sid"]
    tokens_for(grace, wiki)
    change(grace)
    told = admin.execute(
        "SELECT payload->>'sid' FROM vault.outbox WHERE kind = 'backchannel_logout'"
    ).fetchall()
    assert told == [(sid,)]


@pytest.mark.parametrize("current", ["wrong password", PASSWORD + " ", NEW_PASSWORD, "x" * 4096])
def test_change_with_a_wrong_current_password_changes_nothing(grace: Browser, current: str) -> None:
    """A cookie alone cannot take an account over."""
    answer = change(grace, current=current)
    assert answer.status_code == 200
    assert "This is not your current password." in answer.content.decode()
    assert is_password(PASSWORD)


def test_change_with_a_current_password_that_is_too_long_says_so_there(grace: Browser) -> None:
    """It cannot be the current one, and is not hashed to find out."""
    page = grace.get(PATH)
    with counted_hashes() as hashes:
        answer = grace.submit(page, PATH, current_password="x" * 5000, new_password=NEW_PASSWORD)
    assert 'href="#id_current_password"' in answer.content.decode()
    assert hashes == []


@pytest.mark.parametrize(
    "new", ["", "short", "passwordpassword", "GraceGraceGrace", "y" * 5000], ids=range(5)
)
def test_change_to_a_bad_password_changes_nothing_and_hashes_nothing(
    grace: Browser, new: str
) -> None:
    """Judged before the current one is tried: a slip costs no guess."""
    page = grace.get(PATH)
    with counted_hashes() as hashes:
        answer = grace.submit(page, PATH, current_password=PASSWORD, new_password=new)
    assert 'href="#id_new_password"' in answer.content.decode()
    assert hashes == []
    assert is_password(PASSWORD)


def test_change_guesses_by_a_stolen_session_share_the_strangers_budget(grace: Browser) -> None:
    """V-limit: a stolen session cookie gives no second budget to guess the password with."""
    thief = Browser()
    thief.cookies["__Host-session"] = grace.cookies["__Host-session"].value
    answers = [change(thief, current=f"wrong {number}").status_code for number in range(11)]
    assert answers == [200] * 10 + [429]
    assert Browser().sign_in("Grace").status_code == 429
    assert "is changed" in change(grace).content.decode()


def test_change_guesses_in_a_known_browser_share_its_budget(grace: Browser) -> None:
    """Changing and signing in there are charged together; strangers keep their own."""
    answers = [change(grace, current=f"wrong {number}").status_code for number in range(11)]
    assert answers == [200] * 10 + [429]
    del grace.cookies["__Host-session"]
    assert grace.sign_in("Grace").status_code == 429
    assert Browser().sign_in("Grace").status_code == 303


def test_change_takes_the_form_of_nobody_else(grace: Browser) -> None:
    """What the hidden user name says does not matter: the session says whose password it is."""
    Browser().sign_up("Ada")
    page = grace.get(PATH)
    done = grace.submit(
        page, PATH, username="Ada", current_password=PASSWORD, new_password=NEW_PASSWORD
    )
    assert "Your password is changed" in done.content.decode()
    assert Browser().sign_in("Ada").status_code == 303
    assert is_password(NEW_PASSWORD)


def test_change_without_a_session_leads_to_signing_in(browser: Browser) -> None:
    """By GET and POST alike; nothing typed is acted on."""
    for answer in (browser.get(PATH), browser.submit(browser.get("/login"), PATH)):
        assert (answer.status_code, answer.headers["Location"]) == (303, "/login?page=password")


def test_change_from_another_site_is_refused(grace: Browser) -> None:
    """CSRF: without the token nothing happens."""
    form = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert grace.post(PATH, form, headers={"origin": "https://evil.example"}).status_code == 403
    assert grace.post(PATH, form, headers={"origin": "https://auth.example.org"}).status_code == 403
    assert is_password(PASSWORD)


def test_change_while_an_operator_locks_the_account_changes_nothing(
    grace: Browser, admin: psycopg.Connection
) -> None:
    """V-disabled: between the page and its form."""
    page = grace.get(PATH)
    admin.execute("UPDATE vault.accounts SET state = 'locked'")
    answer = grace.submit(page, PATH, current_password=PASSWORD, new_password=NEW_PASSWORD)
    assert answer.status_code == 303
    admin.execute("UPDATE vault.accounts SET state = 'active'")
    assert is_password(PASSWORD)


def test_change_while_the_session_ends_during_the_hash_is_no_crash(
    grace: Browser, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof is gone meanwhile: the page says so, and the password stays."""
    from argon2.low_level import hash_secret_raw as compute

    def ending(*args: Any, **kwargs: Any) -> bytes:
        admin.execute("UPDATE vault.sessions SET ended_at = clock_timestamp()")
        return compute(*args, **kwargs)

    page = grace.get(PATH)
    monkeypatch.setattr("vault.hashing.hash_secret_raw", ending)
    grace.raise_request_exception = False
    answer = grace.submit(page, PATH, current_password=PASSWORD, new_password=NEW_PASSWORD)
    monkeypatch.undo()
    assert answer.status_code in (200, 303)
    assert is_password(PASSWORD)


@pytest.mark.usefixtures("unlimited")
def test_password_change_forgets_every_device_but_its_own(browser: Browser) -> None:
    """Whoever signed in with the old password guesses from now on as strangers do."""
    browser.sign_up("Judy")
    thief = Browser()
    thief.sign_in("Judy")
    page = browser.get("/account/password")
    form = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert browser.submit(page, "/account/password", **form).status_code == 200
    guesses = [Browser().sign_in("Judy", "wrong").status_code for _ in range(11)]
    assert guesses[-1] == 429
    assert thief.sign_in("Judy", "wrong").status_code == 429
    del browser.cookies["__Host-session"]
    assert browser.sign_in("Judy", NEW_PASSWORD).status_code == 303
