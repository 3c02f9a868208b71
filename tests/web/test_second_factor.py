"""Accounts that hold a second factor, while there is no page yet that asks for it."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import pytest

from accounts.services.registration import create_account
from tests.web.people import PASSWORD, Browser, WikiClient, ask

Playing = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def ada(vault: None, playing: Playing) -> None:
    """Somebody whom the owner gave an app."""
    with playing("owner"):
        create_account("Ada", PASSWORD, None, operator=None, totp_secret=secrets.token_bytes(20))


@pytest.mark.usefixtures("ada")
def test_sign_in_by_the_password_alone_is_refused_in_plain_words(
    browser: Browser, admin: psycopg.Connection
) -> None:
    """V-step-skip: the form says what is missing; no session is opened, and nothing breaks."""
    answer = browser.sign_in("Ada")
    assert answer.status_code == 200
    assert "protected by a second factor" in answer.content.decode()
    assert "__Host-session" not in browser.cookies
    assert browser.get("/account/").status_code == 303
    assert admin.execute("SELECT count(*) FROM vault.sessions").fetchone() == (0,)


@pytest.mark.usefixtures("ada")
def test_sign_in_from_a_wiki_by_the_password_alone_gives_no_code(
    browser: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """The way to a wiki is no way around it."""
    answer = browser.submit(ask(browser, wiki), "/login", username="Ada", password=PASSWORD)
    assert answer.status_code == 200
    assert "protected by a second factor" in answer.content.decode()
    assert admin.execute("SELECT count(*) FROM vault.grants").fetchone() == (0,)


@pytest.mark.usefixtures("ada")
def test_sign_in_by_a_wrong_password_says_nothing_of_a_second_factor(browser: Browser) -> None:
    """V-enum: who has one is seen by nobody else."""
    answer = browser.sign_in("Ada", "wrong password")
    assert "do not go together" in answer.content.decode()
    assert "second factor" not in answer.content.decode()
