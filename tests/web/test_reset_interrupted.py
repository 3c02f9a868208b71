"""Getting back in by letter, with something in between: clear pages, and nothing half done."""

import re
from typing import Any

import psycopg
import pytest

from accounts.services import throttling
from tests.database.asking import value
from tests.web.holders import words
from tests.web.letters import (
    CODE,
    GRACE,
    NEW_PASSWORD_PAGE,
    RESET,
    TO_RESET,
    Mail,
    ask_for_reset,
    come_back,
    is_password,
    set_password,
    way_back,
)
from tests.web.people import NEW_PASSWORD, PASSWORD, Answer, Browser, WikiClient, ask

pytestmark = pytest.mark.usefixtures("unlimited")


@pytest.mark.parametrize("path", [RESET, CODE, NEW_PASSWORD_PAGE])
def test_reset_page_that_was_open_for_too_long_begins_again(
    browser: Browser, mail: Mail, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an hour: it says so, and nothing of what was proven is left."""
    mail.a_member()
    page = {RESET: browser.get(RESET), CODE: browser.get(CODE)}.get(path)
    page = page or way_back(browser, mail)
    from accounts.flow import sealing

    now = sealing.time.time
    monkeypatch.setattr(sealing.time, "time", lambda: now() + 1801)
    late = browser.submit(
        page, path, account="Grace", code="0000-0000-0000-0000", new_password=NEW_PASSWORD
    )
    assert late.status_code == 200
    assert "open for too long" in words(late)
    assert 'name="code"' in words(late) if path == CODE else 'name="account"' in words(late)
    monkeypatch.undo()
    assert is_password(PASSWORD)


@pytest.mark.parametrize("path", [RESET, CODE, NEW_PASSWORD_PAGE])
def test_reset_page_of_another_browser_is_told_to_be_one(
    browser: Browser, mail: Mail, path: str
) -> None:
    """What somebody proved in one browser is worth nothing in another, also with its token."""
    mail.a_member()
    page = {RESET: browser.get(RESET), CODE: browser.get(CODE)}.get(path)
    page = page or way_back(browser, mail)
    flow = re.search(r'name="flow" value="([^"]+)"', words(page))
    assert flow is not None
    other = Browser()
    sent = other.submit(
        other.get(RESET), path, account="Grace", code="x", new_password=NEW_PASSWORD, flow=flow[1]
    )
    assert sent.status_code == 400
    assert "another browser" in words(sent)
    assert is_password(PASSWORD)


def test_reset_between_the_letter_and_the_password_is_overtaken(
    browser: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """V-disabled, V-race: a lock, a changed password, another reset: the attempt is over."""
    mail.a_member()
    for change in (
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "UPDATE vault.accounts SET state = 'locked', epoch = epoch + 1",
    ):
        admin.execute("UPDATE vault.accounts SET state = 'active'")
        page = way_back(browser, mail)
        admin.execute(change)
        late = set_password(browser, page, NEW_PASSWORD)
        assert "something changed meanwhile" in words(late)
        assert 'name="account"' in words(late), "from the beginning"
    admin.execute("UPDATE vault.accounts SET state = 'active'")
    assert is_password(PASSWORD)


def test_reset_password_sent_twice_is_set_once(browser: Browser, mail: Mail) -> None:
    """V-replay: an attempt is used up by what it did."""
    mail.a_member()
    page = way_back(browser, mail)
    assert "Your new password is set" in words(set_password(browser, page, NEW_PASSWORD))
    again = set_password(browser, page, "another good password")
    assert "something changed meanwhile" in words(again)
    assert not is_password("another good password")


def test_reset_letter_of_a_locked_account_opens_nothing(
    browser: Browser, mail: Mail, admin: psycopg.Connection
) -> None:
    """V-disabled: locked after the letter went out."""
    mail.a_member()
    ask_for_reset(browser)
    letter = mail.letter(GRACE, TO_RESET)
    admin.execute("UPDATE vault.accounts SET state = 'locked'")
    assert "Something changed" in words(come_back(browser, letter))


def test_reset_gives_an_account_without_a_password_its_first_one(
    browser: Browser, mail: Mail
) -> None:
    """Whoever the owner made without one begins that way."""
    mail.a_member(password=None)
    done = set_password(browser, way_back(browser, mail), NEW_PASSWORD)
    assert "Your new password is set" in words(done)
    assert is_password(NEW_PASSWORD)


def test_reset_pages_by_get_begin_at_the_first(browser: Browser) -> None:
    """None of them is a place to begin; a later step leads to the first."""
    answer: Answer = browser.get(NEW_PASSWORD_PAGE)
    assert (answer.status_code, answer["Location"]) == (303, RESET)


@pytest.mark.parametrize("path", [RESET, CODE, NEW_PASSWORD_PAGE])
def test_reset_from_another_site_is_refused(path: str, grace: Browser, settings: Any) -> None:
    """CSRF: neither a letter nor a password in anybody's name."""
    form = {"account": "Grace", "code": "x", "new_password": NEW_PASSWORD}
    for origin in ("https://evil.example", settings.ISSUER):
        assert grace.post(path, form, headers={"origin": origin}).status_code == 403


def test_asking_for_letters_is_limited_by_network_and_says_where_it_led(
    browser: Browser, wiki: WikiClient, mail: Mail, settings: Any
) -> None:
    """V-limit: whoever asks for everybody's letters is stopped; the page keeps where one was."""
    settings.RATE_LETTERS = "2/h"
    page = browser.submit(ask(browser, wiki), RESET)
    for _ in range(3):
        answer = ask_for_reset(browser, "Nobody", page)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "English wiki" in words(answer)
    mistyped = ask_for_reset(Browser(), "nobody@")
    assert mistyped.status_code == 429, "every request is one"


def test_asking_for_letters_is_refused_while_nobody_counts(
    browser: Browser, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no other limit by network: it fails closed, and nothing is queued."""
    page = browser.get(RESET)

    def down(*_args: Any, **_kwargs: Any) -> None:
        raise throttling.CountersUnavailable

    monkeypatch.setattr(throttling, "_use", down)
    assert ask_for_reset(browser, "Grace", page).status_code == 503
    assert value(admin, "SELECT count(*) FROM vault.outbox") == 0


def test_nothing_of_the_way_back_stands_in_a_log(
    browser: Browser, mail: Mail, caplog: pytest.LogCaptureFixture
) -> None:
    """V-log: no token, code, address or password, of what went well and of what did not."""
    caplog.set_level("DEBUG")
    mail.a_member()
    ask_for_reset(browser, GRACE)
    letter = mail.letter(GRACE, TO_RESET)
    come_back(Browser(), letter, code=letter.code, username="Nobody")
    page = come_back(browser, letter)
    set_password(browser, page, "short secret")
    set_password(browser, page, NEW_PASSWORD)
    come_back(browser, letter)
    logged = caplog.text + repr([record.__dict__ for record in caplog.records])
    assert "outbox_job_done" in logged
    secrets = (letter.token, letter.code, GRACE, "short secret", NEW_PASSWORD)
    assert [secret for secret in secrets if secret in logged] == []
