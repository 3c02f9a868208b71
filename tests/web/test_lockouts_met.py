"""Lockouts as people and wikis meet them: what is said, and that nothing is spent meanwhile."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from importlib import import_module

import psycopg
import pytest
from django.core.management import call_command

from tests.database.rotating import kept_keys
from tests.environment import ISSUER
from tests.web.holders import words
from tests.web.people import (
    PASSWORD,
    Browser,
    WikiClient,
    answer_of,
    ask,
    code_for,
    tokens_for,
)
from tests.web.test_userinfo import userinfo
from vault import signing_keys

Playing = Callable[[str], AbstractContextManager[None]]
SCOPE = "openid profile offline_access"


@pytest.fixture
def console(playing: Playing) -> Callable[..., None]:
    """Runs a lockout's command as the owner."""

    def run(command: str, *about: str, **options: str) -> None:
        with playing("owner"):
            # Loaded by its path: the web process has no such command.
            module = import_module(f"emergency.management.commands.{command}")
            given = {"reason": "an attack", **options}
            call_command(module.Command(), *about, stdout=io.StringIO(), **given)

    return run


@pytest.fixture
def keys(admin: psycopg.Connection) -> Iterator[None]:
    """The signing keys of all tests, put back."""
    with kept_keys(admin):
        yield
    signing_keys.forget()


def test_locked_account_s_page_says_what_its_owner_may_read_until_when_and_whom_to_ask(
    grace: Browser, wiki: WikiClient, console: Callable[..., None]
) -> None:
    """Whether or not the password is right; never the reason that operators write."""
    end = datetime.now(UTC) + timedelta(days=2)
    console("lockaccount", "Grace", tell="Write to us: tries came from afar.", until="2d")
    for password in (PASSWORD, "a wrong one"):
        other = Browser()
        page = ask(other, wiki)
        answer = other.submit(page, "/login", username="grace", password=password)
        assert answer.status_code == 403
        said = words(answer)
        assert "This account is locked" in said
        assert "Write to us: tries came from afar." in said
        assert "The lock ends by itself at" in said
        assert f"{end:%b}" in said
        assert "support@example.org" in said
        assert "an attack" not in said
    assert "/login" in grace.get("/account/").headers["Location"]


@pytest.mark.parametrize(
    ("door", "path", "title"),
    [
        ("sign-up", "/signup", "No new accounts for now"),
        ("sign-in", "/login", "Signing in is closed for now"),
        ("unknown-devices", "/login", "Signing in is limited for now"),
    ],
)
def test_closed_door_s_page_says_which_and_until_when(
    grace: Browser, console: Callable[..., None], door: str, path: str, title: str
) -> None:
    """503, and what people can do; whoever is signed in goes on."""
    console("closedoor", door, until="2d")
    stranger = Browser()
    given = {"username": "Grace" if path == "/login" else "Hopper", "password": PASSWORD}
    answer = stranger.submit(stranger.get(path), path, **given)
    assert answer.status_code == 503
    assert title in words(answer)
    assert "We expect to open again at" in words(answer)
    assert grace.get("/account/").status_code == 200


def test_browser_that_is_known_gets_in_while_the_others_are_shut_out(
    grace: Browser, console: Callable[..., None]
) -> None:
    """The same name and password; what the browser carries makes the difference."""
    console("closedoor", "unknown-devices")
    grace.cookies.pop("__Host-session")
    assert grace.sign_in("Grace").status_code == 303
    assert grace.get("/account/").status_code == 200
    assert Browser().sign_in("Grace").status_code == 503


def test_form_that_was_open_when_the_door_closed_meets_it(
    grace: Browser, console: Callable[..., None]
) -> None:
    """No session, and the page says so."""
    other = Browser()
    page = other.get("/login")
    console("closedoor", "sign-in")
    answer = other.submit(page, "/login", username="Grace", password=PASSWORD)
    assert answer.status_code == 503
    assert "__Host-session" not in answer.cookies


def test_wiki_s_requests_wait_while_the_signing_keys_are_out_of_service(
    grace: Browser, wiki: WikiClient, console: Callable[..., None], keys: None
) -> None:
    """temporarily_unavailable (RFC 6749): silent checks go back, and no code or token is spent."""
    tokens = tokens_for(grace, wiki)
    code = code_for(grace, wiki)
    console("withdrawkeys")
    signing_keys.forget()
    back = answer_of(ask(grace, wiki, prompt="none"))
    assert back["error"] == "temporarily_unavailable"
    assert back["iss"] == ISSUER
    refused = wiki.redeem(code)
    assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable")
    # What the keys signed is worth nothing meanwhile.
    claims = userinfo(tokens["access_token"])
    assert claims.status_code == 401
    console("restorekeys")
    signing_keys.forget()
    assert wiki.redeem(code).status_code == 200
    assert "code" in answer_of(ask(grace, wiki, prompt="none"))


def test_refresh_token_is_not_spent_while_the_signing_keys_are_out_of_service(
    grace: Browser, add_wiki: Callable[..., WikiClient], console: Callable[..., None], keys: None
) -> None:
    """The wiki tries again later, and goes on."""
    wiki = add_wiki("English wiki", scope=SCOPE)
    token = tokens_for(grace, wiki, scope=SCOPE)["refresh_token"]
    console("withdrawkeys")
    signing_keys.forget()
    for _ in range(3):
        assert wiki.refresh(token).status_code == 503
    console("restorekeys")
    signing_keys.forget()
    assert wiki.refresh(token).status_code == 200
