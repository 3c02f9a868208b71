"""Signing in at a demo wiki: who comes in, under which name, and what is refused."""

import re
from typing import Any

import httpx
import pytest

from .openid_provider import ALICE, OpenIDProvider, Person
from .wiki_process import Browser, WikiProcess


def shown_name(page: httpx.Response) -> str | None:
    """The name in the wiki's header, or None for an anonymous reader."""
    found = re.search(r'id="account-name".*?<bdi>(.*?)</bdi>', page.text, re.DOTALL)
    return found[1] if found else None


def test_sign_in_from_a_page_returns_there_under_the_account_name(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """Somebody who signs in from a page comes back to it, under their name."""
    page = browser.get(f"{wiki.origin}/wiki/Tide")
    assert shown_name(page) is None
    link = re.search(r'id="sign-in" href="([^"]+)"', page.text)
    assert link is not None
    page = browser.get(wiki.origin + link[1])
    assert str(page.url) == f"{wiki.origin}/wiki/Tide"
    assert shown_name(page) == "Alice"


def test_sign_in_sends_pkce_nonce_state_and_language(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """A request to sign in is bound three ways, and says the wiki's language."""
    browser.get(f"{wiki.origin}/auth/login")
    asked = provider.calls("/authorize")[-1]
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert asked["redirect_uri"] == f"{wiki.origin}/auth/callback"
    assert asked["ui_locales"] == "en"
    assert "prompt" not in asked


def test_create_account_asks_for_prompt_create(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """ "Create account" leads to the provider's own sign-up and comes back signed in."""
    page = browser.get(f"{wiki.origin}/auth/create?next=/wiki/Tide")
    assert provider.calls("/authorize")[-1]["prompt"] == "create"
    assert shown_name(page) == "Alice"
    assert page.url.path == "/wiki/Tide"


def test_cookies_after_sign_in_are_host_bound_secure_and_hidden_from_script(
    wiki: WikiProcess, signed_in: Browser
) -> None:
    """Every cookie the wiki sets is `__Host-`, Secure, HttpOnly and SameSite=Lax."""
    fresh = Browser()
    page = fresh.get(f"{wiki.origin}/auth/login")
    answers = [*page.history, page]
    cookies = [
        cookie
        for answer in answers
        if str(answer.url).startswith(wiki.origin)
        for cookie in answer.headers.get_list("set-cookie")
    ]
    assert len(cookies) >= 4
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        if "Max-Age=0" not in cookie:
            assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    assert not [name for name in fresh.cookie_names("en.wiki.localhost") if "flow" in name]


def test_anonymous_reader_on_first_page_is_asked_silently_once_and_stays_anonymous(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """A reader without an account is asked for nothing and redirected only once."""
    first = browser.get(f"{wiki.origin}/wiki/Tide")
    second = browser.get(f"{wiki.origin}/wiki/Lighthouse")
    assert [asked["prompt"] for asked in provider.calls("/authorize")] == ["none"]
    assert (first.url.path, second.url.path) == ("/wiki/Tide", "/wiki/Lighthouse")
    assert len(first.history) == 3
    assert not second.history
    assert shown_name(second) is None


def test_reader_signed_in_at_one_wiki_is_recognised_by_the_other_unasked(
    wiki: WikiProcess, french_wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """Whoever signed in at the first wiki is signed in at the second on opening it."""
    browser.get(f"{wiki.origin}/auth/login")
    page = browser.get(f"{french_wiki.origin}/")
    assert shown_name(page) == "Alice"
    assert "Se déconnecter" in page.text
    assert provider.calls("/authorize")[-1]["prompt"] == "none"


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "*/*"},
        {"Sec-Fetch-Dest": "iframe"},
        {"Sec-Purpose": "prefetch"},
    ],
)
def test_what_is_no_person_opening_a_page_is_not_redirected(
    wiki: WikiProcess, browser: Browser, headers: dict[str, str]
) -> None:
    """Programs, frames and prefetches get the page at once."""
    page = browser.get(f"{wiki.origin}/", headers=headers)
    assert page.status_code == 200
    assert not page.history


@pytest.mark.parametrize(
    ("claim", "lie"),
    [
        ("nonce", "another nonce"),
        ("nonce", None),
        ("iss", "http://evil.localhost"),
        ("aud", "fr"),
        ("exp", 1_000_000_000),
        ("sub", None),
        ("sub", 7),
        ("preferred_username", ["Alice"]),
    ],
)
def test_id_token_with_a_wrong_claim_signs_nobody_in(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser, claim: str, lie: Any
) -> None:
    """An ID token that is not the answer to this very request is refused, with a clear page."""
    provider.does.id_token_lies = {claim: lie}
    page = browser.get(f"{wiki.origin}/auth/login")
    assert page.status_code == 400
    assert "could not be verified" in page.text
    assert wiki.rows("SELECT * FROM wiki_session") == []


def test_unsigned_id_token_signs_nobody_in(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """`alg` none is refused though the provider's metadata offers it."""
    provider.does.unsigned = True
    page = browser.get(f"{wiki.origin}/auth/login")
    assert page.status_code == 400
    assert wiki.rows("SELECT * FROM wiki_session") == []


@pytest.mark.parametrize("iss", ["http://evil.localhost", None, ""])
def test_answer_with_another_issuer_is_refused_before_the_code_is_used(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser, iss: str | None
) -> None:
    """A mix-up (RFC 9207) ends before the code reaches any token endpoint."""
    provider.does.response_lies = {"iss": iss}
    page = browser.get(f"{wiki.origin}/auth/login")
    assert page.status_code == 400
    assert provider.calls("/token") == []


def test_callback_in_another_browser_is_refused(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """An answer begun elsewhere signs nobody in: no login by somebody else's link."""
    begun = httpx.get(f"{wiki.origin}/auth/login", trust_env=False)
    answer = httpx.get(begun.headers["location"], trust_env=False).headers["location"]
    page = browser.get(answer)
    assert page.status_code == 400
    assert "This sign-in is over" in page.text
    assert provider.calls("/token") == []


def test_callback_used_twice_is_not_redeemed_and_leads_a_signed_in_reader_on(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """Back to the answer's address: it is not used again, and who is signed in just reads on."""
    page = browser.get(f"{wiki.origin}/auth/login")
    answer = next(step.url for step in page.history if step.url.path == "/auth/callback")
    again = browser.get(str(answer))
    assert shown_name(again) == shown_name(page)
    assert again.url.path == "/"
    assert len(provider.calls("/token")) == 1


def test_callback_used_twice_by_somebody_else_is_refused(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """An old answer opens nothing for whoever comes after."""
    page = browser.get(f"{wiki.origin}/auth/login")
    answer = next(step.url for step in page.history if step.url.path == "/auth/callback")
    stranger = httpx.get(str(answer), trust_env=False)
    assert stranger.status_code == 400
    assert len(provider.calls("/token")) == 1


def test_provider_error_gives_a_page_with_a_way_on(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """When the provider ends the attempt, the wiki says so and offers another."""
    provider.does.error = "access_denied"
    page = browser.get(f"{wiki.origin}/auth/login?next=/wiki/Tide")
    assert page.status_code == 400
    assert "You were not signed in" in page.text
    assert "/auth/login?next=%2Fwiki%2FTide" in page.text


def test_name_missing_from_the_id_token_comes_from_userinfo(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """A provider may keep the name for its userinfo endpoint."""
    provider.does.name_in_id_token = False
    assert shown_name(browser.get(f"{wiki.origin}/auth/login")) == "Alice"


def test_userinfo_about_somebody_else_signs_nobody_in(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """Userinfo whose `sub` is not the ID token's is refused."""
    provider.does.name_in_id_token = False
    provider.does.userinfo_sub = "sub-mallory"
    assert browser.get(f"{wiki.origin}/auth/login").status_code == 400


def test_account_with_a_new_name_stays_the_same_account(
    wiki: WikiProcess, provider: OpenIDProvider
) -> None:
    """Accounts are keyed by `sub`: a new name is taken over, and is no new account."""
    for name in ("Bob", "Robert"):
        provider.does.signed_in = Person(sub="sub-bob", name=name, sid=f"sid-{name}")
        assert shown_name(Browser().get(f"{wiki.origin}/auth/login")) == name
    rows = wiki.rows("SELECT name FROM wiki_account WHERE sub = 'sub-bob'")
    assert rows == [("Robert",)]


def test_account_with_another_sub_and_the_same_name_is_another_account(
    wiki: WikiProcess, provider: OpenIDProvider
) -> None:
    """Whoever gets a name that was somebody's does not get that somebody's account."""
    for sub in (ALICE.sub, "sub-other-alice"):
        provider.does.signed_in = Person(sub=sub, name="Alice", sid=f"sid-{sub}")
        Browser().get(f"{wiki.origin}/auth/login")
    assert len(wiki.rows("SELECT id FROM wiki_account WHERE name = 'Alice'")) == 2


def test_sign_in_after_key_rotation_works_without_a_restart(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """An unknown `kid` makes the wiki fetch the keys anew."""
    Browser().get(f"{wiki.origin}/auth/login")
    provider.rotate_key()
    assert shown_name(browser.get(f"{wiki.origin}/auth/login")) == "Alice"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "/auth/login",
        "wiki/Tide",
        "/" + "a" * 2000,
    ],
)
def test_next_to_anywhere_else_leads_to_the_front_page(
    wiki: WikiProcess, browser: Browser, target: str
) -> None:
    """`next` never leads off the wiki nor round in circles."""
    page = browser.get(f"{wiki.origin}/auth/login", params={"next": target})
    assert str(page.url) == f"{wiki.origin}/"
    assert shown_name(page) == "Alice"


def test_two_tabs_signing_in_at_once_do_not_disturb_each_other(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """Two sign-ins begun in one browser both arrive, whichever comes back first."""
    answers = [
        browser.get(f"{wiki.origin}/auth/login?next={path}", follow_redirects=False)
        for path in ("/wiki/Tide", "/wiki/Lighthouse")
    ]
    for answer, path in reversed(list(zip(answers, ("Tide", "Lighthouse"), strict=True))):
        page = browser.get(answer.headers["location"])
        assert page.url.path == f"/wiki/{path}"
        assert shown_name(page) == "Alice"
