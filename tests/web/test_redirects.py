"""Nobody is led away but to an address that was registered, byte for byte (V-redirect)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.environment import ISSUER
from tests.web.hostile import HOSTILE, REGISTERED
from tests.web.people import PASSWORD, Browser, WikiClient, form_action_of

Wikis = Callable[..., WikiClient]

FORWARDED = {
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "http",
    "x-forwarded-port": "8080",
    "x-forwarded-prefix": "/evil",
    "forwarded": "host=evil.example;proto=http",
    "x-original-url": "https://evil.example/",
    "x-rewrite-url": "https://evil.example/",
    "x-host": "evil.example",
    "x-url-scheme": "http",
    "referer": "https://evil.example/",
    "x-forwarded-server": "evil.example",
    "x-real-ip": "203.0.113.9",
}


def led_away(response: Any) -> bool:
    """Whether the answer would take a browser off this site."""
    location = response.headers.get("Location", "")
    parts = urlsplit(location)
    return bool(location) and (parts.scheme, parts.netloc) not in {
        ("", ""),
        ("https", urlsplit(ISSUER).netloc),
    }


def test_hostile_list_is_long_and_without_repetition() -> None:
    """At least sixty strings, none of which is the registered one."""
    assert len(set(HOSTILE)) == len(HOSTILE) >= 60
    assert REGISTERED not in HOSTILE


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("state", ["signed out", "signed in", "silent"])
def test_authorize_to_a_hostile_address_is_a_page(
    browser: Browser, wiki: WikiClient, method: str, state: str
) -> None:
    """V-redirect: a string that is not byte for byte a registered one is never answered there."""
    assert wiki.redirect_uri == REGISTERED
    if state == "signed in":
        browser.sign_up("Grace")
    prompt = "none" if state == "silent" else None
    send = getattr(browser, method)
    wrong = {}
    for uri in HOSTILE:
        page = send("/oauth/authorize", wiki.request(redirect_uri=uri, prompt=prompt))
        if page.status_code != 400 or "Location" in page.headers:
            wrong[uri] = page.status_code
        elif form_action_of(page) != ["'self'"] or "evil" in page.content.decode():
            wrong[uri] = page.content.decode()
    assert wrong == {}


def test_authorize_by_form_post_to_a_hostile_address_is_a_page(
    browser: Browser, wiki: WikiClient
) -> None:
    """The other way of answering offers no way around: no form leads there either."""
    browser.sign_up("Grace")
    wrong = {}
    for uri in HOSTILE:
        asked = wiki.request(redirect_uri=uri, response_mode="form_post")
        page = browser.get("/oauth/authorize", asked)
        if page.status_code != 400 or '<form class="actions"' in page.content.decode():
            wrong[uri] = page.status_code
    assert wrong == {}


def test_logout_to_a_hostile_address_is_a_page(browser: Browser, add_wiki: Wikis) -> None:
    """Authelia GHSA-36f2-fcrx-fp4j: the way out after signing out is registered too."""
    wiki = add_wiki("English wiki", post_logout_redirect_uris=[REGISTERED])
    wrong = {}
    for uri in HOSTILE:
        asked = {"client_id": wiki.client_id, "post_logout_redirect_uri": uri, "state": "s"}
        for page in (browser.get("/oauth/logout", asked), browser.post("/oauth/logout", asked)):
            if page.status_code != 400 or "Location" in page.headers:
                wrong[uri] = page.status_code
    assert wrong == {}


@pytest.mark.usefixtures("unlimited")
def test_login_with_a_hostile_next_stays_here(browser: Browser) -> None:
    """Nothing in the query of our own pages leads anywhere but to a page by its short name."""
    browser.sign_up("Grace")
    wrong = {}
    for number, uri in enumerate(HOSTILE):
        query = "&".join(
            f"{name}={quote(uri)}"
            for name in ("next", "page", "returnto", "return_url", "continue", "redirect_uri")
        )
        visitor = Browser()
        page = visitor.get(f"/login?{query}")
        answers = [page, browser.get(f"/login?{query}"), browser.get(f"/logout?{query}")]
        if number % 20 == 0:  # a password hash each
            fields = {"next": uri, "username": "Grace", "password": PASSWORD}
            done = visitor.submit(page, "/login", **fields)
            answers.append(done)
            assert done.headers["Location"] == "/account/"
        if any(led_away(answer) for answer in answers):
            wrong[uri] = [answer.headers.get("Location") for answer in answers]
    assert wrong == {}


def test_language_with_a_hostile_next_stays_here(browser: Browser) -> None:
    """The one form that carries a path takes only paths of this site."""
    page = browser.get("/login")
    wrong = {}
    for uri in HOSTILE:
        answer = browser.submit(page, "/language", language="en", next=uri)
        location = answer.headers["Location"]
        if led_away(answer) or location.startswith(("//", "/\\")) or not location.isascii():
            wrong[uri] = location
    assert wrong == {}


def test_error_page_of_a_wiki_leads_only_to_its_registered_home(
    browser: Browser, wiki: WikiClient
) -> None:
    """Hydra CVE-2019-8400, V-xss: what was sent is neither linked nor shown on the page."""
    sent = 'https://evil.example/"><script>alert(1)</script>'
    html = browser.get("/oauth/authorize", wiki.request(redirect_uri=sent)).content.decode()
    assert 'href="https://english.wiki.example/"' in html
    for trace in ("evil.example", "alert(1)"):
        assert trace not in html


@pytest.mark.parametrize("header", FORWARDED)
def test_answer_is_the_same_whatever_a_header_says_about_the_host(
    browser: Browser, wiki: WikiClient, header: str
) -> None:
    """V-host: addresses come from one configured origin; no header changes a byte of them."""
    said = {header: FORWARDED[header]}
    asked = wiki.request(prompt="none")
    plain = browser.get("/oauth/authorize", asked)
    assert (
        browser.get("/oauth/authorize", asked, headers=said).headers["Location"]
        == (plain.headers["Location"])
    )
    discovery = "/.well-known/openid-configuration"
    assert browser.get(discovery, headers=said).content == browser.get(discovery).content
    assert browser.get("/account/", headers=said).headers["Location"] == "/login?page=account"


def test_posted_request_too_long_for_an_address_is_a_page(
    browser: Browser, wiki: WikiClient
) -> None:
    """It could neither go on as a GET nor come back in a redirect."""
    for name in ("state", "unknown"):
        page = browser.post("/oauth/authorize", wiki.request(**{name: "x" * 60_000}))
        assert page.status_code == 400
        assert "Location" not in page.headers
