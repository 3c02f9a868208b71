"""Getting back in without a password: a recovery code leads to a new passkey, and to no session."""

import psycopg
import pytest

from tests.database.asking import value
from tests.web.holders import Ada, words
from tests.web.passkeys import (
    RECOVER,
    a_device,
    is_in,
    make,
    send,
    sign_in,
    sign_up,
    signed_up_with_both,
)
from tests.web.people import PASSWORD, Browser, WikiClient, answer_of, ask
from vault.connection import counted_statements

SESSIONS = "SELECT count(*) FROM vault.sessions"


def guess(browser: Browser, name: str, code: str) -> object:
    """One guess at a name and a recovery code, from the front door."""
    return browser.submit(browser.get(RECOVER), RECOVER, username=name, code=code)


def test_recovery_code_leads_to_a_new_passkey_and_that_one_in(
    browser: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """W14: the recovery itself is less than a sign-in; all sessions of before end with it."""
    lost = a_device()
    codes = sign_up(browser, lost, "Grace")
    had = value(admin, SESSIONS)
    visitor = Browser()
    page = visitor.submit(ask(visitor, wiki), RECOVER)
    page = visitor.submit(page, RECOVER, username="grace", code=codes[5].lower())
    assert "is right, and is used up" in words(page)
    assert not is_in(visitor)
    new = a_device()
    ready = make(visitor, page, new, RECOVER)
    assert "Your new passkey is ready" in words(ready)
    assert value(admin, SESSIONS) == had, "it opened none"
    assert not is_in(visitor)
    assert not is_in(browser), "whoever was signed in may not be the owner"
    back = visitor.submit(ready, "/login")
    assert "to continue to" in words(back), "where one was going is kept"
    assert answer_of(_shown(visitor, back, new))["code"]
    assert is_in(_signed_in(lost)), "it stays until its owner removes it"
    again = guess(Browser(), "Grace", codes[5])
    assert "do not go together" in words(again)


def _shown(browser: Browser, page: object, device: object) -> object:
    from tests.web.passkeys import show

    return show(browser, page, device)  # type: ignore[arg-type]


def _signed_in(device: object) -> Browser:
    visitor = Browser()
    sign_in(visitor, device)  # type: ignore[arg-type]
    return visitor


@pytest.mark.usefixtures("unlimited")
def test_guess_is_answered_alike_whoever_it_is_about(browser: Browser, ada: Ada) -> None:
    """V-enum: unknown, with a password, without one: same words, same statements to the vault."""
    sign_up(browser, a_device(), "Grace")
    seen = {}
    for name in ("Grace", "Ada", "Nobody", "#", "x" * 300, "a\x00b"):
        visitor = Browser()
        page = visitor.get(RECOVER)
        with counted_statements() as statements:
            answer = visitor.submit(page, RECOVER, username=name, code="0000-0000-0000-0000")
        if answer.status_code == 400:  # NUL is refused at the edge
            continue
        assert "do not go together" in words(answer)
        seen[name] = len(statements)
    assert set(seen.values()) == {2}


def test_recovery_code_alone_opens_no_account_that_has_a_password(
    ada: Ada, browser: Browser, admin: psycopg.Connection
) -> None:
    """There it comes after the password, and never instead of it; nor is it used up by trying."""
    answer = guess(browser, "Ada", ada.codes[0])
    assert "do not go together" in words(answer)
    left = value(admin, "SELECT count(*) FROM vault.recovery_codes")
    assert left == len(ada.codes)
    device = a_device()
    both = Browser()
    signed_up_with_both(both, device, "Grace")
    assert value(admin, "SELECT count(*) FROM vault.attempts WHERE purpose = 'recover'") == 0


@pytest.mark.usefixtures("unlimited")
def test_guesses_run_out_and_leave_the_second_step_alone(
    ada: Ada, browser: Browser, admin: psycopg.Connection
) -> None:
    """A stranger needs no password here: so this budget is apart from the others."""
    for _ in range(10):
        answer = guess(browser, "Ada", "0000-0000-0000-0000")
        assert "do not go together" in words(answer)
    assert guess(browser, "Ada", "0000-0000-0000-0000").status_code == 429  # type: ignore[attr-defined]
    from tests.web.holders import step

    visitor = Browser()
    assert step(visitor, visitor.sign_in("Ada"), code=ada.code()).status_code == 303
    assert value(admin, "SELECT count(*) FROM vault.guess_budgets WHERE in_a_row = 10") == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE vault.accounts SET state = 'locked', epoch = epoch + 1", "locked"),
        ("UPDATE vault.site SET sign_in_open = false", "closed"),
    ],
)
def test_recovery_of_who_may_not_come_in_is_refused_at_each_step(
    browser: Browser, admin: psycopg.Connection, change: str, said: str
) -> None:
    """V-disabled: before the code, and between the code and the passkey."""
    codes = sign_up(browser, a_device(), "Grace")
    visitor = Browser()
    page = visitor.submit(visitor.get(RECOVER), RECOVER, username="Grace", code=codes[1])
    had = value(admin, "SELECT count(*) FROM vault.passkeys")
    admin.execute(change)
    assert said in words(guess(Browser(), "Grace", codes[2]))
    answer = make(visitor, page, a_device(), RECOVER)
    if said == "locked":
        assert "sign in again" in words(answer).lower() or "took too long" in words(answer)
        assert value(admin, "SELECT count(*) FROM vault.passkeys") == had


def test_recovery_in_another_order_mends_nothing(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """V-reset, V-step-skip: a passkey without a code, with another flow's proof, or twice."""
    device = a_device()
    codes = sign_up(browser, device, "Grace")
    had = value(admin, "SELECT count(*) FROM vault.passkeys")
    visitor = Browser()
    begun = visitor.get(RECOVER)
    assert send(visitor, begun, RECOVER, credential="{}").status_code == 200
    signed_up_with_both(Browser(), a_device(), "Edith")
    second = visitor.sign_in("Edith", PASSWORD)
    assert send(visitor, second, RECOVER, credential="{}").status_code == 200
    page = visitor.submit(visitor.get(RECOVER), RECOVER, username="Grace", code=codes[1])
    sneaky = send(visitor, page, "/login/second-factor", method="recovery_code", code=codes[2])
    assert sneaky.status_code in (200, 303)
    assert not is_in(visitor)
    assert value(admin, "SELECT count(*) FROM vault.passkeys") == had + 1, "Edith's own"
    assert make(visitor, page, a_device(), RECOVER).status_code == 200
    again = make(visitor, page, a_device(), RECOVER)
    assert "Your new passkey is ready" not in words(again)
    assert value(admin, "SELECT count(*) FROM vault.passkeys") == had + 2
