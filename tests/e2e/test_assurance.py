"""How much is asked for: browsers that are trusted, and wikis that want more, as people meet it."""

import re
from collections.abc import Callable
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo
from tests.e2e.holders import Holder
from tests.e2e.people import (
    PASSWORD,
    Person,
    becomes_out,
    is_at,
    next_page,
    sign_in,
    sign_out,
    sign_up,
)

Look = Callable[..., None]
TRUST = "Ask for no code in this browser for 30 days"
MUST = '{"id_token": {"acr": {"essential": true, "values": ["%s"]}}}'


def _code(page: Page, holder: Holder) -> None:
    page.get_by_label("Code", exact=True).fill(holder.code())
    page.get_by_role("button", name="Sign in", exact=True).click()


def _sign_out(page: Page, demo: Demo) -> None:
    sign_out(page, demo.issuer)
    becomes_out(page, demo.wikis[0])


def _ask(page: Page, wiki: str, **more: str) -> None:
    """As if this wiki had asked for more: all else is its own request, and its own cookies."""
    address = urlsplit(wiki)
    connection = HTTPConnection("127.0.0.1", address.port or 80, timeout=60)
    connection.request("GET", "/auth/login", headers={"Host": address.netloc})
    answer = connection.getresponse()
    sent = SimpleCookie("; ".join(answer.headers.get_all("Set-Cookie") or []))
    page.context.add_cookies(
        [
            # https, since Chromium takes ``__Host-`` cookies for nothing else by this way.
            {"name": n, "value": sent[n].value, "url": f"https://{address.netloc}", "secure": True}
            for n in sent
        ]
    )
    page.goto(f"{answer.headers['Location']}&{urlencode(more)}")
    connection.close()


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_trusted_browser_asks_for_no_code_until_its_owner_says_otherwise(
    demo: Demo, person: Person, holder: Holder, look: Look, script: bool
) -> None:
    """Ticked beside the code; the password alone is enough there, and nowhere else; taken back."""
    page = person(java_script_enabled=script, viewport={"width": 390, "height": 844})
    sign_in(page, demo.wikis[0], holder.username, PASSWORD)
    page.get_by_label(TRUST).check()
    if script:
        look(page, "second-factor-trust")
    _code(page, holder)
    expect(page.locator("#account-name")).to_have_text(holder.username)
    _sign_out(page, demo)

    sign_in(page, demo.wikis[0], holder.username, PASSWORD)
    expect(page.locator("#account-name")).to_have_text(holder.username)
    elsewhere = person()
    sign_in(elsewhere, demo.wikis[0], holder.username, PASSWORD)
    expect(elsewhere.get_by_role("heading", name="One more step")).to_be_visible()

    page.goto(f"{demo.issuer}/account/two-factor")
    if script:
        look(page, "two-factor-trusted")
    with next_page(page):
        page.get_by_role("button", name="Trust no more").click()
    expect(page.get_by_role("heading", name="Authenticator apps")).to_be_visible()
    expect(page.get_by_role("heading", name="Browsers that you trust")).to_have_count(0)
    _sign_out(page, demo)
    sign_in(page, demo.wikis[0], holder.username, PASSWORD)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()


def test_wiki_that_asks_for_more_gets_it_in_the_session_that_is_there(
    demo: Demo, person: Person, holder: Holder
) -> None:
    """Who came in by a trusted browser shows the code after all, and is nowhere signed out."""
    page = person()
    sign_in(page, demo.wikis[0], holder.username, PASSWORD)
    page.get_by_label(TRUST).check()
    _code(page, holder)
    expect(page.locator("#account-name")).to_have_text(holder.username)
    _sign_out(page, demo)
    sign_in(page, demo.wikis[0], holder.username, PASSWORD)
    expect(page.locator("#account-name")).to_have_text(holder.username)

    _ask(page, demo.wikis[1], acr_values="phr aal2")
    expect(page.get_by_text("to continue to Wiki français")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code", exact=True).fill(holder.code(1))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#account-name")).to_have_text(holder.username)
    is_at(page, demo.wikis[1])
    page.goto(demo.wikis[0])
    expect(page.locator("#account-name")).to_have_text(holder.username)
    page.goto(f"{demo.issuer}/account/sessions")
    expect(page.get_by_text("This browser", exact=True)).to_have_count(1)


def test_wiki_that_only_wants_more_lets_people_in_with_what_they_have(
    demo: Demo, person: Person
) -> None:
    """``acr_values`` is a wish."""
    page = person()
    sign_up(page, demo.wikis[0], "Wisher")
    _ask(page, demo.wikis[1], acr_values="phr")
    expect(page.locator("#account-name")).to_have_text("Wisher")
    is_at(page, demo.wikis[1])


@pytest.mark.parametrize(
    ("level", "said"), [("aal2", "asks for two steps"), ("phr", "asks for a passkey")]
)
def test_person_who_cannot_meet_a_must_is_told_what_is_missing(
    demo: Demo, person: Person, look: Look, level: str, said: str
) -> None:
    """Set it up, or go back to the wiki, which hears why."""
    page, name = person(), f"Person without {level}"
    sign_up(page, demo.wikis[0], name)
    _ask(page, demo.wikis[1], claims=MUST % level)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="This asks for more")).to_be_visible()
    expect(page.get_by_text(said)).to_be_visible()
    look(page, f"unreachable-{level}")
    with next_page(page), page.expect_request(re.compile("/auth/callback")) as heard:
        page.get_by_role("button", name="Go back to Wiki français without signing in").click()
    assert "error=unmet_authentication_requirements" in heard.value.url
    page.goto(f"{demo.issuer}/account/two-factor")
    expect(page.get_by_text(name)).to_be_visible()
