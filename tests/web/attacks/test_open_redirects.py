"""Nobody is led away but to a registered address (RFC 9700 4.1 and 4.11, V-redirect)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.environment import ISSUER
from tests.web.attacks.leading import led_away
from tests.web.hostile import HOSTILE, REGISTERED
from tests.web.people import Browser, WikiClient, form_action_of, tokens_for
from tests.web.test_form_post import IMPLICIT
from tests.web.test_logout import is_signed_in

Wikis = Callable[..., WikiClient]
HOME = "https://english.wiki.example/"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def island(add_wiki: Wikis) -> WikiClient:
    """A wiki that gets its ID token by form post, at the address that the list imitates."""
    return add_wiki(
        "English wiki",
        redirect_uris=[REGISTERED],
        response_types=["id_token"],
        grant_types=["implicit"],
    )


def is_stopped(answer: Any) -> bool:
    """Whether it is our own page and leads nowhere but here and to the wiki's registered home."""
    return bool(
        answer.status_code == 400
        and "Location" not in answer.headers
        and form_action_of(answer) == ["'self'"]
        and not led_away(answer, HOME)
        and "evil.example" not in answer.content.decode()
    )


@pytest.mark.parametrize("state", ["signed out", "signed in"])
@pytest.mark.parametrize("flow", ["code", "code by form post", "id_token"])
def test_v_redirect_no_answer_of_any_flow_leads_to_a_hostile_address(
    browser: Browser, wiki: WikiClient, island: WikiClient, flow: str, state: str
) -> None:
    """RFC 9700 4.1: no Location, no form, no link, in whatever way the answer was asked for."""
    if state == "signed in":
        browser.sign_up("Grace")
    asking = island if flow == "id_token" else wiki
    how = {
        "code": {},
        "code by form post": {"response_mode": "form_post"},
        "id_token": IMPLICIT,
    }[flow]
    wrong = [
        (uri, prompt)
        for uri in HOSTILE
        for prompt in (None, "none")
        if not is_stopped(
            browser.get("/oauth/authorize", asking.request(redirect_uri=uri, prompt=prompt, **how))
        )
    ]
    assert wrong == []


def test_v_redirect_errors_of_a_request_lead_to_the_registered_address_alone(
    browser: Browser, wiki: WikiClient
) -> None:
    """RFC 9700 4.11.2: what is wrong besides makes no redirector of an address that is wrong."""
    faults: list[dict[str, str | None]] = [
        {"scope": "nothing"},
        {"response_type": "token"},
        {"response_type": None},
        {"request": "e30."},
        {"code_challenge": None},
        {"prompt": "none login"},
        {"prompt": "none"},
        {"max_age": "-1"},
        {"id_token_hint": "x"},
        {"response_mode": "fragment"},
    ]
    for fault in faults:
        right = browser.get("/oauth/authorize", wiki.request(**fault))
        assert right.headers["Location"].startswith(f"{wiki.redirect_uri}?error="), fault
        for uri in (*HOSTILE[::7], None):
            answer = browser.get("/oauth/authorize", wiki.request(**fault, redirect_uri=uri))
            assert is_stopped(answer), (fault, uri)


def test_v_redirect_prompt_none_of_a_stranger_is_no_open_redirect(
    browser: Browser, wiki: WikiClient, add_wiki: Wikis
) -> None:
    """RFC 9700 4.11.2, django-oauth-toolkit #1719: an anonymous visitor goes to no address that the
    wiki did not register, another wiki's among them."""
    other = add_wiki("French wiki")
    for uri in (other.redirect_uri, "https://evil.example/", ISSUER, f"{ISSUER}/oauth/authorize"):
        for client_id in (wiki.client_id, "nobody", "", None):
            asked = wiki.request(prompt="none", redirect_uri=uri, client_id=client_id)
            answer = browser.get("/oauth/authorize", asked)
            assert answer.status_code == 400
            assert not led_away(answer, HOME)
    there = browser.get("/oauth/authorize", wiki.request(prompt="none"))
    assert there.headers["Location"].startswith(f"{wiki.redirect_uri}?error=login_required&")


@pytest.mark.parametrize("place", ["query", "body", "both"])
def test_v_redirect_parameters_sent_twice_or_under_other_spellings_change_no_address(
    browser: Browser, wiki: WikiClient, place: str
) -> None:
    """CVE-2026-9689: of two neither counts, whichever one prefers; no other name is that one."""
    evil = quote("https://evil.example/", safe="")
    good = "&".join(f"{name}={quote(value, safe='')}" for name, value in wiki.request().items())
    for extra in (
        f"redirect_uri={evil}",
        f"redirect_uri={quote(wiki.redirect_uri, safe='')}",
        "client_id=nobody",
        f"redirect%5Furi={evil}",
    ):
        for both in (f"{good}&{extra}", f"{extra}&{good}"):
            answer = _sent(browser, place, both, both)
            assert answer.status_code == 400, extra
            assert not led_away(answer, HOME), extra
    for harmless in (
        f"Redirect_URI={evil}",
        f"redirect_uri[]={evil}",
        f"redirect_uri%20={evil}",
        f"%20redirect_uri={evil}",
        f"redirect-uri={evil}",
        f"redirect_uri.x={evil}",
        f"redirect_uri;={evil}",
        f"x=1;redirect_uri={evil}",
        f"next={evil}&url={evil}&return_to={evil}&relay_state={evil}",
    ):
        answer = _sent(browser, place, f"{good}&{harmless}", f"{good}&{harmless}")
        assert answer.status_code in {200, 303}, harmless
        assert "evil" not in answer.headers.get("Location", "").partition("?")[0], harmless
        assert not led_away(answer, wiki.redirect_uri), harmless


@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/logout"])
def test_v_redirect_a_query_beside_a_posted_form_is_not_read(
    browser: Browser, wiki: WikiClient, path: str
) -> None:
    """What the form says holds; what the address says of the same thing is nobody's."""
    evil = quote("https://evil.example/", safe="")
    query = f"redirect_uri={evil}&post_logout_redirect_uri={evil}&client_id=nobody&state=theirs"
    bye = wiki.registration["post_logout_redirect_uris"][0]
    form = {
        "/oauth/authorize": wiki.request(),
        "/oauth/logout": {"client_id": wiki.client_id, "post_logout_redirect_uri": bye},
    }[path]
    answer = browser.post(f"{path}?{query}", form)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{path}?")
    assert "evil" not in answer.headers["Location"]
    assert "theirs" not in answer.headers["Location"]


def test_v_redirect_logout_with_the_sessions_own_hint_leads_to_no_hostile_address(
    grace: Browser, add_wiki: Wikis
) -> None:
    """Authelia GHSA-36f2-fcrx-fp4j: the proof of who one is proves no address, and ends nothing."""
    wiki = add_wiki("English wiki", post_logout_redirect_uris=[REGISTERED])
    hint = tokens_for(grace, wiki)["id_token"]
    page = grace.get("/oauth/logout", {"client_id": wiki.client_id})
    for uri in HOSTILE:
        asked = {"id_token_hint": hint, "post_logout_redirect_uri": uri, "state": "s"}
        for answer in (
            grace.get("/oauth/logout", asked),
            grace.post("/oauth/logout", asked),
            grace.submit(page, "/oauth/logout/confirm", **asked),
        ):
            assert is_stopped(answer), uri
    assert is_signed_in(grace)


def test_v_redirect_pages_of_a_person_lead_nowhere_that_a_query_names(
    grace: Browser, wiki: WikiClient
) -> None:
    """Login, sign-up, logout, proof and letters' pages: no parameter of theirs is an address."""
    names = ("next", "page", "return_url", "returnto", "continue", "url", "redirect_uri", "state")
    pages = (
        "/",
        "/login",
        "/signup",
        "/reset",
        "/logout",
        "/account/",
        "/account/prove",
        "/privacy",
    )
    for uri in HOSTILE[::4]:
        query = "&".join(f"{name}={quote(uri)}" for name in names)
        for path in pages:
            for visitor in (grace, Browser()):
                answer = visitor.get(f"{path}?{query}")
                assert not led_away(answer, HOME), (path, uri)


def _sent(browser: Browser, place: str, query: str, body: str) -> Any:
    if place == "query":
        return browser.get(f"/oauth/authorize?{query}")
    path = "/oauth/authorize" if place == "body" else f"/oauth/authorize?{query}"
    return browser.post(path, body, content_type=FORM)
