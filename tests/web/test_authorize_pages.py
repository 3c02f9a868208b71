"""What an authorization request becomes: state kept, hints filled in, a page for one wiki alone."""

import re
from collections.abc import Callable

import pytest

from tests.web.people import Browser, WikiClient, answer_of, ask, form_action_of

Wikis = Callable[..., WikiClient]

STATES = [
    "a b+c%20d&e=f",
    "\u00fc \u20ac \U0001f511",
    '"><script>alert(1)</script>',
    "\r\nSet-Cookie: a=b",
    "{'a': \"b\"}\\",
    "s" * 2000,
    "\x01" * 300,
]


@pytest.mark.parametrize("state", STATES, ids=range(len(STATES)))
def test_state_comes_back_byte_for_byte(browser: Browser, wiki: WikiClient, state: str) -> None:
    """Whatever the wiki keeps in it: in answers, in errors, through the sign-in page, by POST."""
    refused = browser.get("/oauth/authorize", wiki.request(state=state, prompt="none"))
    assert answer_of(refused)["state"] == state
    page = browser.get("/oauth/authorize", wiki.request(state=state))
    assert state not in page.content.decode()
    signed_up = browser.submit(page, "/signup", username="Grace", password="a fine long password")
    assert answer_of(signed_up)["state"] == state
    posted = browser.post("/oauth/authorize", wiki.request(state=state))
    assert answer_of(browser.get(posted.headers["Location"]))["state"] == state


def test_request_as_large_as_an_address_can_be_survives_the_sign_in_page(
    browser: Browser, wiki: WikiClient
) -> None:
    """What was accepted is sealed small enough to be opened again, however it has to be escaped."""
    page = ask(
        browser, wiki, state="\x01" * 400, nonce="\U0001f511" * 100, login_hint="\x01" * 1500
    )
    assert page.status_code == 200
    done = browser.submit(page, "/signup", username="Grace", password="a fine long password")
    assert answer_of(done)["state"] == "\x01" * 400


def test_login_hint_fills_in_the_name_and_is_only_text(browser: Browser, wiki: WikiClient) -> None:
    """oidcc-login-hint; V-xss: it is shown escaped."""
    html = ask(browser, wiki, login_hint='Grace "><b>').content.decode()
    assert 'value="Grace &quot;&gt;&lt;b&gt;"' in html


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [
        *[("en", "en"), ("fr-CA en", "fr"), ("xx FR", "fr"), ("en-GB fr", "en"), ("xx", "en")],
        *[("a" * 600, "en"), ("*" * 50, "en"), ("- -- ---", "en")],
    ],
)
def test_ui_locales_of_any_kind_are_taken_or_ignored(
    browser: Browser, wiki: WikiClient, wanted: str, spoken: str
) -> None:
    """oidcc-ui-locales: the first that is spoken here; none of them is an error."""
    page = ask(browser, wiki, ui_locales=wanted)
    assert page.status_code == 200
    assert f'<html lang="{spoken}"' in page.content.decode()


def test_flow_page_names_that_wikis_origin_alone_in_form_action(
    browser: Browser, wiki: WikiClient, add_wiki: Wikis
) -> None:
    """Chromium holds a form's redirects against ``form-action``: that wiki's, and no other's."""
    other = add_wiki("French wiki", redirect_uris=["https://french.wiki.example:8443/callback"])
    first, second = ask(browser, wiki), ask(browser, other)
    assert form_action_of(first) == ["'self'", "https://english.wiki.example"]
    assert form_action_of(second) == ["'self'", "https://french.wiki.example:8443"]
    wrong = browser.submit(first, "/login", username="Grace", password="wrong")
    assert form_action_of(wrong) == ["'self'", "https://english.wiki.example"]
    switched = browser.submit(first, "/signup")
    assert form_action_of(switched) == ["'self'", "https://english.wiki.example"]


def test_page_never_shows_code_state_nonce_or_token(browser: Browser, wiki: WikiClient) -> None:
    """What protects the flow travels sealed; what ends it stands in the redirect alone."""
    page = ask(browser, wiki).content.decode()
    for secret in (wiki.state, wiki.nonce, wiki.challenge()):
        assert secret not in page
    browser.sign_up("Grace")
    answer = ask(browser, wiki)
    assert answer.content == b""
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", answer_of(answer)["code"])


def test_request_posted_by_a_wikis_page_needs_no_token_and_ends_at_the_same_page(
    browser: Browser, wiki: WikiClient
) -> None:
    """oidcc-ensure-post-request-succeeds: the GET that follows has the Lax session cookie."""
    browser.sign_up("Grace")
    posted = browser.post(
        "/oauth/authorize", wiki.request(), headers={"origin": "https://english.wiki.example"}
    )
    assert posted.status_code == 303
    assert "code" in answer_of(browser.get(posted.headers["Location"]))


def test_request_with_the_query_of_a_registered_address_keeps_it(
    browser: Browser, add_wiki: Wikis
) -> None:
    """RFC 6749 section 3.1.2: a registered query stays as it is, and the answer is added."""
    address = "https://query.wiki.example/index.php?title=Special:Login&x=%2F|"
    asking = add_wiki("Query wiki", redirect_uris=[address])
    browser.sign_up("Grace")
    assert ask(browser, asking).headers["Location"].startswith(f"{address}&code=")
