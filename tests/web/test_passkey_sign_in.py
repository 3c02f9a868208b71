"""Signing in by a passkey alone, and after a password; whatever is not right opens nothing."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from authsite.logs import Line
from tests.database.asking import value
from tests.web.holders import Ada, step, words
from tests.web.passkeys import (
    CHALLENGE,
    SIGN_IN,
    a_device,
    add_passkey,
    is_in,
    options_of,
    prove_password,
    send,
    show,
    sign_in,
    sign_up,
    signed_up_with_both,
)
from tests.web.people import PASSWORD, Browser, WikiClient, answer_of, ask, claims_of
from vault.connection import counted_statements

SESSIONS = "SELECT count(*) FROM vault.sessions"
EVENTS = "SELECT count(*) FROM vault.events WHERE tag = %s"


def test_passkey_alone_signs_in_and_no_second_step_is_asked(browser: Browser) -> None:
    """W9: it is two factors by itself."""
    device = a_device()
    sign_up(browser, device, "Grace")
    other = Browser()
    page = other.get("/login")
    assert options_of(page)["allowCredentials"] == [], "nobody learns who has one"
    assert options_of(page)["userVerification"] == "required"
    done = show(other, page, device)
    assert (done.status_code, done["Location"]) == (303, "/account/")
    assert "Grace" in words(other.get("/account/"))


def test_sign_in_by_passkey_from_a_wiki_says_how_sure_it_is(
    browser: Browser, wiki: WikiClient
) -> None:
    """RFC 8176: a key bound to its device, its user verified; a synced one counts as software."""
    for synced, amr in ((False, "hwk"), (True, "swk")):
        device = a_device(synced=synced)
        sign_up(Browser(), device, f"Grace {amr}")
        visitor = Browser()
        done = show(visitor, ask(visitor, wiki), device)
        claims = claims_of(wiki.redeem(answer_of(done)["code"]).json()["id_token"])
        assert claims["amr"] == [amr, "user", "mfa"]


def test_sign_in_by_passkey_costs_five_statements(browser: Browser, wiki: WikiClient) -> None:
    """Spend the challenge, find the passkey, prove it, open the session, issue the grant."""
    device = a_device()
    sign_up(browser, device, "Grace")
    visitor = Browser()
    page = ask(visitor, wiki)
    with counted_statements() as statements:
        done = show(visitor, page, device)
    assert answer_of(done)["code"]
    called = [name for text in statements for name in re.findall(r"api\.(\w+)_v1", text)]
    assert called == [
        *("spend_challenge", "find_passkey", "prove_passkey", "open_session", "issue_grant"),
    ]
    assert len(statements) == len(called)


def test_passkey_that_is_refused_leaves_a_word_in_the_log_and_nothing_of_what_was_sent(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    """An operator sees why passkeys fail, and learns nobody's."""
    device = a_device()
    sign_up(browser, device, "Grace")
    visitor = Browser()
    page = visitor.get("/login")
    text = device.get(options_of(page), signature=lambda right: right[:-1] + b"x")
    for _try in range(2):
        send(visitor, page, SIGN_IN, credential=text)
    lines = [json.loads(record.msg) for record in caplog.records if isinstance(record.msg, Line)]
    refused = [line for line in lines if line["event"] == "passkey_refused"]
    assert [line["why"] for line in refused] == ["authentication", "challenge"]
    logged = str(lines) + caplog.text
    for sent in json.loads(text)["response"].values():
        assert not sent or sent not in logged


def test_passkey_after_the_password_need_not_verify_its_user(
    browser: Browser, wiki: WikiClient
) -> None:
    """W21: an older security key is the other factor; alone it is none."""
    device = a_device()
    signed_up_with_both(browser, device, "Grace")
    visitor = Browser()
    page = visitor.submit(ask(visitor, wiki), "/login", username="Grace", password=PASSWORD)
    assert "Use your passkey" in words(page)
    assert options_of(page)["userVerification"] == "preferred"
    done = show(visitor, page, device, CHALLENGE, fields={"method": "passkey"}, uv=False)
    claims = claims_of(wiki.redeem(answer_of(done)["code"]).json()["id_token"])
    assert claims["amr"] == ["pwd", "hwk", "user", "mfa"]
    alone = Browser()
    refused = sign_in(alone, device, uv=False)
    assert "did not check that it is you" in words(refused)
    assert not is_in(alone)


def test_best_way_comes_first_and_every_other_stays_a_button_away(
    ada: Ada, browser: Browser
) -> None:
    """W20, W33: passkey, then app, then recovery code; never a dead end."""
    device = a_device()
    step(browser, browser.sign_in("Ada"), code=ada.code(-1))
    proven = step(browser, prove_password(browser), code=ada.code())
    assert proven.status_code == 303
    add_passkey(browser, device)
    visitor = Browser()
    page = visitor.sign_in("Ada")
    assert "Use your passkey" in words(page)
    other_ways = [
        "Use a code from your authenticator app",
        "Use a recovery code",
    ]
    assert [way for way in other_ways if way in words(page)] == other_ways
    page = step(visitor, page, method="totp")
    assert "Use a passkey" in words(page)
    assert step(visitor, page, code=ada.code(1)).status_code == 303


def test_sign_in_page_after_a_passkey_that_failed_takes_the_password(browser: Browser) -> None:
    """W33: it says what happened, and everything else on it works."""
    device = a_device()
    signed_up_with_both(browser, device, "Grace")
    visitor = Browser()
    page = sign_in(visitor, device, signature=lambda right: right[:-1] + bytes([right[-1] ^ 1]))
    assert page.status_code == 200
    assert "That passkey could not be checked" in words(page)
    assert "<title>Error:" in words(page)
    second = visitor.submit(page, "/login", username="Grace", password=PASSWORD)
    assert "One more step" in words(second)
    done = show(visitor, second, device, CHALLENGE, fields={"method": "passkey"})
    assert done.status_code == 303


@pytest.mark.parametrize(
    "changes",
    [
        {"challenge": b"x" * 32},
        {"origin": "https://badauth.example.org"},
        {"rp_id": "example.org"},
        {"type": "webauthn.create"},
        {"cross_origin": True},
        {"up": False},
        {"uv": False},
        {"user_handle": None},
        {"user_handle": b"somebody else"},
        {"be": True},
        {"credential_id": b"n" * 32},
    ],
    ids=str,
)
def test_hostile_answer_signs_nobody_in(
    browser: Browser, admin: psycopg.Connection, changes: dict[str, Any]
) -> None:
    """V-webauthn, through the page itself; what exactly each is, the ceremonies' own tests say."""
    device = a_device()
    sign_up(browser, device, "Grace")
    had = value(admin, SESSIONS)
    visitor = Browser()
    answer = sign_in(visitor, device, **changes)
    assert answer.status_code == 200
    assert not is_in(visitor)
    assert value(admin, SESSIONS) == had


@pytest.mark.parametrize("credential", ["", "{}", "null", "[]", "x" * 30_000, '{"id": "\\u0000"}'])
def test_what_is_no_answer_is_refused_kindly(browser: Browser, credential: str) -> None:
    """Never a 500, and the page goes on."""
    page = browser.get("/login")
    answer = browser.submit(page, SIGN_IN, credential=credential)
    assert answer.status_code == 200
    assert 'name="password"' in words(answer)


def test_challenge_is_spent_by_the_first_answer_whatever_came_of_it(browser: Browser) -> None:
    """V-replay: the same page, the same answer, in this browser or another."""
    device = a_device()
    sign_up(browser, device, "Grace")
    visitor = Browser()
    page = visitor.get("/login")
    good = device.get(options_of(page))
    failed = send(visitor, page, SIGN_IN, credential="{}")
    assert failed.status_code == 200
    again = send(visitor, page, SIGN_IN, credential=good)
    assert "could not be checked" in words(again)
    assert not is_in(visitor)
    thief = Browser()
    assert send(thief, page, SIGN_IN, credential=good).status_code == 403, "another browser's page"


def test_answer_that_fifty_send_at_once_signs_in_once(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """V-race: a challenge is spent under the database's own lock."""
    device = a_device(counts=False)
    sign_up(browser, device, "Grace")
    had = value(admin, SESSIONS)
    visitor = Browser()
    page = visitor.get("/login")
    good = device.get(options_of(page))

    def present(_number: int) -> int:
        copy = Browser()
        copy.cookies = visitor.cookies.copy()  # type: ignore[assignment]
        return int(send(copy, page, SIGN_IN, credential=good).status_code)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(present, range(50)))
    assert answers.count(303) == 1
    assert value(admin, SESSIONS) == had + 1


def test_counter_that_went_back_is_refused_and_raises_an_event(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """Perhaps somebody has copied it: the owner is told what to do."""
    device = a_device()
    sign_up(browser, device, "Grace")
    assert sign_in(Browser(), device, sign_count=9).status_code == 303
    refused = sign_in(Browser(), device, sign_count=9)
    assert "may have been copied" in words(refused)
    assert value(admin, EVENTS, "account:passkey:counter") == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE vault.accounts SET state = 'locked'", "locked"),
        ("UPDATE vault.site SET sign_in_open = false", "closed"),
        ("DELETE FROM vault.passkeys", "was removed"),
        ("UPDATE vault.passkeys SET public_key = sha256('x')", "was removed"),
        ("UPDATE vault.passkeys SET kind = 'operator'", "was removed"),
    ],
)
def test_passkey_of_an_account_that_may_not_come_in_opens_nothing(
    browser: Browser, admin: psycopg.Connection, change: str, said: str
) -> None:
    """V-disabled, and rows that a database writer has changed."""
    device = a_device()
    sign_up(browser, device, "Grace")
    admin.execute(change)
    visitor = Browser()
    assert said in words(sign_in(visitor, device))
    assert not is_in(visitor)


def test_passkey_of_somebody_else_is_no_second_factor(browser: Browser) -> None:
    """V-object: Mallory's key after Grace's password."""
    device, hers = a_device(), a_device()
    signed_up_with_both(browser, device, "Grace")
    sign_up(Browser(), hers, "Mallory")
    thief = Browser()
    page = thief.sign_in("Grace")
    options = {**options_of(page), "allowCredentials": []}
    text = hers.get(options)
    refused = send(thief, page, CHALLENGE, method="passkey", credential=text)
    assert "does not belong to an account here" in words(refused)
    assert not is_in(thief)


def test_sign_in_by_passkey_keeps_what_was_ticked_beside_the_button(browser: Browser) -> None:
    """Keep me signed in: the session lasts."""
    device = a_device()
    sign_up(browser, device, "Grace")
    visitor = Browser()
    done = show(visitor, visitor.get("/login"), device, fields={"keep": "on"})
    assert done.cookies["__Host-session"]["max-age"]
    brief = Browser()
    assert not sign_in(brief, device).cookies["__Host-session"]["max-age"]


def test_flow_of_a_proof_or_sign_up_is_not_signed_in_with(browser: Browser) -> None:
    """V-confuse: a challenge is for what its page was for."""
    device = a_device()
    signed_up_with_both(browser, device, "Grace")
    page = browser.get("/account/prove", {"page": "two-factor"})
    text = device.get(options_of(page))
    answer = send(browser, page, SIGN_IN, credential=text)
    assert answer.status_code in (200, 303)
    assert answer.cookies.get("__Host-session") is None
