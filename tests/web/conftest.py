"""A browser, and wikis that are really registered."""

import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from accounts.services.registration import create_account
from sso.services.registration import register_wiki
from tests.web.holders import Ada
from tests.web.letters import Mail
from tests.web.measures import Scene
from tests.web.people import PASSWORD, Browser, WikiClient


@pytest.fixture(autouse=True)
def _steps_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apps and site count the steps of their codes from one moment, however long a test takes."""
    now = time.time()
    monkeypatch.setattr("vault.totp_codes.time", SimpleNamespace(time=lambda: now))


@pytest.fixture
def browser(vault: None) -> Browser:
    """A fresh browser, and an empty vault behind the site."""
    return Browser()


@pytest.fixture
def add_wiki(
    vault: None, playing: Callable[[str], AbstractContextManager[None]]
) -> Callable[..., WikiClient]:
    """Registers a wiki as the owner would: ``add_wiki("English", first_party=True, ...)``."""

    def add(name: str, **metadata: Any) -> WikiClient:
        host = f"{name.split(maxsplit=1)[0].lower()}.wiki.example"
        with playing("owner"):
            registration = register_wiki(
                {
                    "client_name": name,
                    "client_uri": f"https://{host}/",
                    "redirect_uris": [f"https://{host}/callback"],
                    "post_logout_redirect_uris": [f"https://{host}/bye"],
                    "backchannel_logout_uri": f"https://{host}/backchannel",
                    "first_party": True,
                    **metadata,
                }
            )
        return WikiClient(registration)

    return add


@pytest.fixture
def wiki(add_wiki: Callable[..., WikiClient]) -> WikiClient:
    """The English wiki."""
    return add_wiki("English wiki")


@pytest.fixture
def unlimited(settings: Any) -> None:
    """Limits by network out of the way, for tests that are about something else."""
    # By the day: a window that ends in the middle of a test is one more statement.
    for what in ("SIGN_IN", "SIGN_UP", "PASSWORD", "LETTERS", "TOKEN"):
        setattr(settings, f"RATE_{what}", "1000000/d")


@pytest.fixture
def grace(browser: Browser) -> Browser:
    """A browser in which Grace is signed in."""
    browser.sign_up("Grace")
    return browser


@pytest.fixture
def ada(vault: None, playing: Callable[[str], AbstractContextManager[None]]) -> Ada:
    """An account with a second factor."""
    secret = secrets.token_bytes(20)
    with playing("owner"):
        made = create_account("Ada", PASSWORD, None, operator=None, totp_secret=secret)
    return Ada(secret, tuple(made.recovery_codes))


@pytest.fixture
def mail(
    vault: None, playing: Callable[[str], AbstractContextManager[None]], tmp_path: Path
) -> Mail:
    """The worker, and the folder in which everybody's letters lie."""
    return Mail(playing, tmp_path / "mail")


@pytest.fixture
def scene(
    admin: psycopg.Connection,
    playing: Callable[[str], AbstractContextManager[None]],
    mail: Mail,
    add_wiki: Callable[..., WikiClient],
    unlimited: None,
) -> Scene:
    """A browser that has been nowhere, and a wiki that may have refresh tokens."""
    wiki = add_wiki("English wiki", scope="openid profile email offline_access")
    return Scene(admin, playing, mail, wiki)
