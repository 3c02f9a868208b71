"""People who are locked out, at a suspended wiki, or there while sign-in is closed: they read why
and whom to ask, wikis go on being readable, and nothing turns in circles (W11)."""

import re
import time
from collections.abc import Callable, Iterator
from itertools import count
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.demo import Demo
from tests.e2e.people import (
    PASSWORD,
    PATIENCE,
    Person,
    arrive,
    becomes_out,
    is_at,
    next_page,
    sign_in,
    sign_up,
)

_numbers = count(1)
# From a wiki to this site and back, with a page of each: more would be a circle.
MOST_HOPS = 4


def _hops(page: Page) -> list[str]:
    """The addresses that the page is sent to, as they come."""
    addresses: list[str] = []
    page.on("request", lambda r: addresses.append(r.url) if r.is_navigation_request() else None)
    return addresses


def _silent(hops: list[str]) -> list[str]:
    return [url for url in hops if "prompt=none" in url]


@pytest.fixture
def member(demo: Demo, person: Person) -> tuple[str, Page]:
    """Somebody who is signed in at both wikis."""
    name = f"Locked out {next(_numbers)}"
    page = person()
    for wiki in demo.wikis:
        if wiki == demo.wikis[0]:
            sign_up(page, wiki, name)
        page.goto(wiki)
        expect(page.locator("#account-name")).to_have_text(name)
    return name, page


def _lock(demo: Demo, name: str) -> None:
    done = demo.manage("lockaccount", name, "--reason", "drill")
    assert done.returncode == 0, done.stderr


def test_locked_account_is_out_at_both_wikis_and_told_why_and_whom_to_ask(
    demo: Demo, member: tuple[str, Page], look: Callable[..., None]
) -> None:
    """Both wikis drop it and stay readable; signing in ends on a page with whom to write to."""
    name, page = member
    _lock(demo, name)
    for wiki in demo.wikis:
        becomes_out(page, wiki)
    hops = _hops(page)
    for wiki in demo.wikis:
        for path in ("/", "/edit/Main_Page", "/history/Main_Page"):
            hops.clear()
            answer = page.goto(f"{wiki}{path}")
            assert answer is not None
            assert answer.status < 500
            assert len(hops) <= MOST_HOPS
            expect(page.locator("#sign-in")).to_be_visible()
            expect(page.locator("#account-name")).to_have_count(0)
    for wiki in demo.wikis:
        hops.clear()
        sign_in(page, wiki, name, PASSWORD)
        arrive(page, "This account is locked")
        is_at(page, demo.issuer)
        assert len(hops) <= MOST_HOPS + 2
    address = page.get_by_role("main").get_by_role("link", name=re.compile("^support@"))
    expect(address).to_be_visible()
    expect(page.get_by_role("link", name="Ask for help")).to_have_attribute(
        "href", f"mailto:{address.inner_text()}"
    )
    look(page, "locked-out", few=True)
    # What one does then: back, on, the address once more, the account's own page.
    hops.clear()
    page.goto(f"{demo.issuer}/account/")
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    page.goto(demo.wikis[0])
    expect(page.locator("#sign-in")).to_be_visible()
    assert len(hops) <= MOST_HOPS


def test_silent_check_of_a_locked_account_is_answered_once_and_not_tried_again(
    demo: Demo, member: tuple[str, Page]
) -> None:
    """The session at the wiki is gone, it asks once whether another is there, and lets one read."""
    name, page = member
    _lock(demo, name)
    for wiki in demo.wikis:
        becomes_out(page, wiki)
    hops = _hops(page)
    for wiki in demo.wikis:
        for _ in range(5):
            page.goto(wiki)
            expect(page.locator("#sign-in")).to_be_visible()
    assert len(_silent(hops)) <= len(demo.wikis)
    assert len(hops) <= 5 * len(demo.wikis) + MOST_HOPS * len(demo.wikis)
    answers = [url for url in hops if "/auth/callback" in url]
    assert all("error=login_required" in url for url in answers)
    # A browser that has been nowhere, with this site's dead cookie alone.
    page.context.clear_cookies(domain=urlsplit(demo.wikis[0]).hostname)
    hops.clear()
    page.goto(demo.wikis[0])
    expect(page.locator("#sign-in")).to_be_visible()
    assert len(_silent(hops)) == 1
    assert any("error=login_required" in url for url in hops)


@pytest.fixture
def suspended(demo: Demo) -> Iterator[Callable[[], str]]:
    """Suspends the English wiki, as the console does; gives its address."""
    url = demo.wikis[0]
    client_id = str(demo.description["wikis"][0].get("client_id") or _client_id(demo, url))

    def suspend() -> str:
        done = demo.manage("suspendwiki", client_id, "--reason", "drill")
        assert done.returncode == 0, done.stderr
        return url

    yield suspend
    done = demo.manage("resumewiki", client_id, "--reason", "the drill is over")
    assert done.returncode == 0, done.stderr
    time.sleep(6)  # web remembers a wiki for five seconds: the next test signs in to it


def _vault(demo: Demo) -> psycopg.Connection:
    return psycopg.connect(demo.description["roles"]["owner"]["VAULT_URL"], autocommit=True)


def _client_id(demo: Demo, url: str) -> str:
    with _vault(demo) as vault:
        vault.execute("SET ROLE authsite_owner")
        row = vault.execute(
            "SELECT client_id FROM vault.wikis WHERE home_uri LIKE %s", [f"{url}%"]
        ).fetchone()
    assert row is not None
    return str(row[0])


def test_suspended_wiki_is_read_on_and_nobody_signs_in_to_it(
    demo: Demo,
    member: tuple[str, Page],
    person: Person,
    suspended: Callable[[], str],
    look: Callable[..., None],
) -> None:
    """Signing in ends on a page that says so, silent checks come back; others are as they were."""
    name, page = member
    wiki = suspended()
    stranger = person()
    hops = _hops(stranger)
    for _ in range(3):
        stranger.goto(wiki)
        expect(stranger.locator("#sign-in")).to_be_visible()
    assert len(_silent(hops)) == 1
    heading = stranger.get_by_role("heading", name="This wiki is out of service for now")
    # Each process remembers a wiki for a few seconds; till then the page before the password comes.
    deadline = time.monotonic() + PATIENCE
    while True:
        stranger.goto(wiki)
        hops.clear()
        with next_page(stranger):
            stranger.locator("#sign-in").click()
        if heading.count():
            break
        assert time.monotonic() < deadline
        time.sleep(0.5)
    is_at(stranger, demo.issuer)
    assert len(hops) <= MOST_HOPS
    look(stranger, "wiki-suspended", few=True)
    # Somebody who is signed in at this site comes without a session of that wiki's.
    page.context.clear_cookies(domain=urlsplit(wiki).hostname)
    hops = _hops(page)
    for _ in range(3):
        page.goto(wiki)
        expect(page.locator("#sign-in")).to_be_visible()
    assert len(_silent(hops)) == 1
    assert any("error=unauthorized_client" in url for url in hops)
    page.goto(demo.wikis[1])
    expect(page.locator("#account-name")).to_have_text(name)


@pytest.fixture
def closed(demo: Demo) -> Iterator[Callable[[], None]]:
    """Closes all sign-in, as the runbook says."""
    with _vault(demo) as vault:
        vault.execute("SET ROLE authsite_owner")

        def close() -> None:
            vault.execute("UPDATE vault.site SET sign_in_open = false")

        yield close
        vault.execute("UPDATE vault.site SET sign_in_open = true")


def test_closed_sign_in_is_said_and_leaves_alone_who_is_in(
    demo: Demo,
    member: tuple[str, Page],
    person: Person,
    closed: Callable[[], None],
    look: Callable[..., None],
) -> None:
    """Whoever is signed in stays; others are told, may go on reading, and are sent in no circle."""
    name, page = member
    closed()
    for wiki in demo.wikis:
        page.goto(wiki)
        expect(page.locator("#account-name")).to_have_text(name)
    stranger = person()
    hops = _hops(stranger)
    sign_in(stranger, demo.wikis[0], name, PASSWORD)
    expect(stranger.get_by_role("heading", name="Signing in is closed for now")).to_be_visible()
    assert len(hops) <= 2 * MOST_HOPS
    look(stranger, "sign-in-closed", few=True)
    hops.clear()
    for _ in range(3):
        stranger.goto(demo.wikis[0])
        expect(stranger.locator("#sign-in")).to_be_visible()
    assert len(_silent(hops)) <= 1
