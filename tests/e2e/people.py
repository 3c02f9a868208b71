"""What people do in these journeys, said once."""

import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "seven purple elephants dancing"
Person = Callable[..., Page]


def sign_up(page: Page, wiki: str, username: str) -> None:
    """From a wiki's front page to a new account, and back."""
    page.goto(wiki)
    page.locator("#create-account").click()
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.locator("#account-name")).to_have_text(username)


def sign_in(page: Page, wiki: str, username: str, password: str) -> None:
    """From a wiki's front page through the sign-in page, and perhaps back."""
    page.goto(wiki)
    page.locator("#sign-in").click()
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def is_out(page: Page, wiki: str) -> bool:
    """Whether the wiki shows nobody signed in."""
    page.goto(wiki)
    return page.locator("#account-name").count() == 0


def becomes_out(page: Page, wiki: str) -> None:
    """Waits until the wiki has heard that the session has ended."""
    deadline = time.monotonic() + 15
    while not is_out(page, wiki):
        assert time.monotonic() < deadline, "the wiki was not told"
        time.sleep(0.2)


def plain_text(page: Page) -> Locator:
    """Turns from a letter, as a mail reader shows it, to its plain text; gives that."""
    page.locator(".tabs a").last.click()
    text = page.locator("#letter-text")
    expect(text).to_be_visible()
    return text


def await_letter(page: Page, wiki: str, recipient: str) -> Locator:
    """Waits at the demo's mailbox for a letter to this address; gives the link to it."""
    letter = page.locator("#letters li", has_text=recipient).get_by_role("link").first
    deadline = time.monotonic() + 15
    while True:
        page.goto(f"{wiki}/mail")
        if letter.count():
            return letter
        assert time.monotonic() < deadline, "no letter came"
        time.sleep(0.2)
