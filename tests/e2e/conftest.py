"""The running demo, and browsers in which people go through it."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from demo.browser import chromium_path
from tests.e2e.demo import Demo
from tests.e2e.gallery import Gallery, folder
from tests.e2e.holders import Holder
from tests.e2e.running_demo import RunningDemo

_numbers = count(1)
# Milliseconds; only to end what will never be: on a busy machine a page that is right may be late.
ACTION_PATIENCE = 45_000
expect.set_options(timeout=30_000)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, started by the very command behind `make run`, in a folder of its own."""
    # One machine plays a crowd here.
    running = RunningDemo(
        tmp_path_factory.mktemp("demo") / "var",
        AUTHSITE_RATE_SIGN_IN="1000/m",
        AUTHSITE_RATE_SIGN_UP="1000/h",
        AUTHSITE_RATE_LETTERS="1000/h",
        AUTHSITE_RATE_PASSWORD="1000/m",
        AUTHSITE_RATE_OPERATOR="1000/m",
        AUTHSITE_TRUSTED_BROWSER_DAYS="30",
    )
    try:
        yield Demo(running.start())
    finally:
        running.forget()


@pytest.fixture
def holder(demo: Demo) -> Holder:
    """Somebody whom the owner's console gave an app and recovery codes."""
    return Holder.make(demo, f"Holder of an app {next(_numbers)}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests; each person gets a context of their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium_path()), args=FLAGS)
        yield browser
        browser.close()


def speak_english(context: BrowserContext, issuer: str) -> None:
    """Chooses English, as at the foot of a page of the site."""
    host = urlsplit(issuer).hostname or ""
    cookie = {"name": "__Host-language", "value": "en", "domain": host, "path": "/"}
    context.add_cookies([{**cookie, "secure": True, "httpOnly": True, "sameSite": "Lax"}])


@pytest.fixture
def person(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """A new person with an empty browser: ``person()`` gives their page.

    They speak English, and have said so at the site: else the French wiki would be asked for in
    French. ``person(locale="fr-FR")`` speaks French. Whatever the browser reports as an error of
    the page's own fails the test.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []
    issuer = request.getfixturevalue("demo").issuer if "demo" in request.fixturenames else ""

    def new(**options: Any) -> Page:
        context = chromium.new_context(**{"locale": "en-GB", **options})
        contexts.append(context)
        context.set_default_timeout(ACTION_PATIENCE)
        if issuer and "locale" not in options:
            speak_english(context, issuer)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                errors.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        return page

    yield new
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def look() -> Iterator[Callable[..., None]]:
    """``look(page, "sign-in")`` takes the page's pictures; what is wrong on it fails the test."""
    folder().mkdir(parents=True, exist_ok=True)
    gallery = Gallery()
    yield gallery.look
    assert gallery.findings == [], "\n".join(gallery.findings)
