"""Where one is signed in, ending it, and who has heard of it, in a browser."""

import signal
import time
from collections.abc import Callable

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.demo import Demo
from tests.e2e.people import (
    PASSWORD,
    PATIENCE,
    Person,
    becomes_out,
    is_out,
    next_page,
    sign_in,
    sign_up,
)

SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Firefox/140.0"


def at_two_places(demo: Demo, person: Person, name: str, *, script: bool = True) -> list[Page]:
    """Somebody signed in on two devices, at both wikis on the second one."""
    first = person(java_script_enabled=script)
    sign_up(first, demo.wikis[0], name)
    second = person(user_agent=WINDOWS, java_script_enabled=script)
    sign_in(second, demo.wikis[0], name, PASSWORD)
    expect(second.locator("#account-name")).to_have_text(name)
    second.goto(f"{demo.wikis[1]}/auth/login")
    expect(second.locator("#account-name")).to_have_text(name)
    return [first, second]


@SCRIPT
def test_one_device_is_ended_and_both_its_wikis_refuse_it(
    demo: Demo, person: Person, script: bool, look: Callable[..., None]
) -> None:
    """The list says where, since when and how; the other device is out, this one stays."""
    name = f"Two devices {script}"
    mine, other = at_two_places(demo, person, name, script=script)
    mine.goto(f"{demo.issuer}/account/")
    mine.get_by_role("link", name="See where you are signed in").click()
    expect(mine.get_by_role("heading", name="Firefox on Windows")).to_be_visible()
    if script:
        look(mine, "sessions")
    mine.get_by_role("button", name="End Firefox on Windows").click()
    expect(mine.get_by_role("heading", name="Ended in the last hour")).to_be_visible()
    for wiki in demo.wikis:
        becomes_out(other, wiki)
    assert not is_out(mine, demo.wikis[0])
    mine.goto(f"{demo.issuer}/account/sessions")
    _reload_until(mine, "signed out there", times=2)
    if script:
        look(mine, "sessions-ended")


@SCRIPT
def test_signing_out_everywhere_ends_all_and_says_who_was_told(
    demo: Demo, person: Person, script: bool, look: Callable[..., None]
) -> None:
    """All devices and wikis; the page says of each wiki whether it has heard."""
    name = f"Everywhere {script}"
    mine, other = at_two_places(demo, person, name, script=script)
    mine.goto(f"{demo.issuer}/account/sessions")
    mine.get_by_role("button", name="Sign out everywhere", exact=True).click()
    expect(mine.get_by_role("heading", name="You are signed out everywhere")).to_be_visible()
    for wiki in demo.wikis:
        becomes_out(other, wiki)
    _look_again_until(mine, "signed out there", times=2)
    if script:
        look(mine, "signed-out-everywhere", few=True)
    mine.goto(f"{demo.issuer}/account/")
    expect(mine.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def test_wiki_that_does_not_answer_shows_as_pending_and_is_told_later(
    demo: Demo, person: Person, look: Callable[..., None]
) -> None:
    """Ending waits for nobody; the page says who has not heard, and then that they have."""
    mine, other = at_two_places(demo, person, "Waits for nobody")
    mine.goto(f"{demo.issuer}/account/sessions")
    stopped = _serving(demo.wikis[1])
    for process in stopped:
        process.send_signal(signal.SIGSTOP)
    try:
        mine.get_by_role("button", name="End Firefox on Windows").click()
        expect(mine.get_by_role("heading", name="Ended in the last hour")).to_be_visible()
        becomes_out(other, demo.wikis[0])
        _reload_until(mine, "signed out there")
        expect(mine.get_by_text("not told yet")).to_be_visible()
        look(mine, "sessions-pending", few=True)
    finally:
        for process in stopped:
            process.send_signal(signal.SIGCONT)
    _reload_until(mine, "signed out there", times=2)
    assert is_out(other, demo.wikis[1])


def _serving(wiki: str) -> list[psutil.Process]:
    """The processes that answer for a wiki."""
    port = int(wiki.rpartition(":")[2])
    listening = {
        connection.pid
        for connection in psutil.net_connections("inet")
        if connection.status == "LISTEN" and connection.laddr.port == port and connection.pid
    }
    masters = [psutil.Process(pid) for pid in listening]
    return list({p for m in masters for p in (m, *m.children(recursive=True))})


def _reload_until(page: Page, words: str, *, times: int = 1) -> None:
    """Reloads a page until it says something so often."""
    deadline = time.monotonic() + 2 * PATIENCE
    page.wait_for_load_state()
    while page.get_by_text(words).count() < times:
        assert time.monotonic() < deadline, f"never said so: {words}"
        time.sleep(0.3)
        page.reload()


def _look_again_until(page: Page, words: str, *, times: int) -> None:
    """The same on the page that says goodbye, which has a button for it."""
    deadline = time.monotonic() + PATIENCE
    page.wait_for_load_state()
    while page.get_by_text(words).count() < times:
        assert time.monotonic() < deadline, f"never said so: {words}"
        with next_page(page):
            page.get_by_role("button", name="Look again").click()
