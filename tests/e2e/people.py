"""What people do in these journeys, said once."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "seven purple elephants dancing"
PATIENCE = 60  # seconds for what comes by itself, on a busy machine
Person = Callable[..., Page]


def arrive(page: Page, heading: str) -> None:
    """Waits for the page with this heading."""
    expect(page.get_by_role("heading", level=1, name=heading, exact=True)).to_be_visible()


def is_at(page: Page, site: str) -> None:
    """Waits until the page is one of this site's."""
    expect(page).to_have_url(re.compile(f"^{re.escape(site)}"))


def has_error(page: Page, *, word: str = "Error:") -> None:
    """Waits for a form to come back with what is wrong in it, which its title says first."""
    expect(page).to_have_title(re.compile(f"^{word}"))


def markup(page: Page) -> str:
    """All that a page consists of, once it has come whole; it is there already."""
    page.wait_for_load_state()
    return page.content()


@contextmanager
def next_page(page: Page) -> Iterator[None]:
    """Around a press that leads on: ends when the next page is there, however alike they look."""
    with page.expect_navigation():
        yield


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


def sign_out(page: Page, issuer: str) -> None:
    """From the account's own page to the one that says goodbye."""
    page.goto(f"{issuer}/account/")
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    arrive(page, "You are signed out")


def is_out(page: Page, wiki: str) -> bool:
    """Whether the wiki shows nobody signed in."""
    page.goto(wiki)
    who = page.locator("#account-name, #sign-in")
    expect(who).to_have_count(1)
    return who.get_attribute("id") == "sign-in"


def becomes_out(page: Page, wiki: str) -> None:
    """Waits until the wiki has heard that the session has ended."""
    deadline = time.monotonic() + PATIENCE
    while not is_out(page, wiki):
        assert time.monotonic() < deadline, "the wiki was not told"
        time.sleep(0.2)


def keep_codes(page: Page) -> list[str]:
    """Types one of the recovery codes on the page back; gives them all."""
    arrive(page, "Keep your recovery codes")
    shown = page.locator(".codes .code")
    expect(shown).to_have_count(10)
    codes: list[str] = shown.all_inner_texts()
    page.get_by_label("Type one of the codes").fill(codes[6])
    page.get_by_role("button", name="Use these codes").click()
    return codes


def plain_text(page: Page) -> Locator:
    """Turns from a letter, as a mail reader shows it, to its plain text; gives that."""
    page.locator(".tabs a").last.click()
    text = page.locator("#letter-text")
    expect(text).to_be_visible()
    return text


def await_letter(page: Page, wiki: str, recipient: str) -> Locator:
    """Waits at the demo's mailbox for a letter to this address; gives the link to it."""
    letter = page.locator("#letters li", has_text=recipient).get_by_role("link").first
    deadline = time.monotonic() + PATIENCE
    while True:
        page.goto(f"{wiki}/mail")
        if letter.count():
            return letter
        assert time.monotonic() < deadline, "no letter came"
        time.sleep(0.2)
