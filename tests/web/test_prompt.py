"""``prompt``, ``max_age`` and ``id_token_hint``: when a live session is enough, and when not."""

import html
import re
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.web.forgeries import forgeries
from tests.web.people import (
    PASSWORD,
    Browser,
    WikiClient,
    answer_of,
    ask,
    claims_of,
    hidden_fields,
    tokens_for,
)

Wikis = Callable[..., WikiClient]


def tokens(wiki: WikiClient, answer: Any) -> dict[str, Any]:
    """Redeems the code of an answer."""
    redeemed: dict[str, Any] = wiki.redeem(answer_of(answer)["code"]).json()
    return redeemed


def backdate(admin: psycopg.Connection, browser: Browser, seconds: int) -> None:
    """Makes the browser's session one that signed in earlier, its MAC right, as time would."""
    from dataclasses import replace

    from accounts.services.sessions import resume_session
    from vault.sessions import session_mac

    session = resume_session(browser.cookies["__Host-session"].value)
    assert session is not None
    earlier = replace(session, auth_time=session.auth_time - seconds)
    mac, mac_key = session_mac(earlier)
    admin.execute(
        "UPDATE vault.sessions SET authenticated_at = to_timestamp(%s), mac = %s, mac_key = %s",
        [earlier.auth_time, mac, mac_key],
    )


# --- prompt ------------------------------------------------------------------------------------


def test_prompt_none_signed_in_is_answered_silently(browser: Browser, wiki: WikiClient) -> None:
    """oidcc-prompt-none-logged-in."""
    browser.sign_up("Grace")
    assert "code" in answer_of(ask(browser, wiki, prompt="none"))


def test_prompt_none_never_shows_a_page(browser: Browser, wiki: WikiClient) -> None:
    """oidcc-prompt-none-not-logged-in: whatever would need a page is login_required."""
    assert answer_of(ask(browser, wiki, prompt="none"))["error"] == "login_required"
    browser.sign_up("Grace")
    old = answer_of(ask(browser, wiki, prompt="none", max_age="0"))
    assert old["error"] == "login_required"


def test_prompt_login_asks_again_and_again_on_reload(browser: Browser, wiki: WikiClient) -> None:
    """A live session does not answer it, however often the page is asked for."""
    browser.sign_up("Grace")
    for _ in range(2):
        page = ask(browser, wiki, prompt="login")
        assert page.status_code == 200
        assert "Please sign in again" in page.content.decode()
        assert 'value="Grace"' in page.content.decode()


def test_prompt_login_done_changes_auth_time_and_keeps_sid(
    browser: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """oidcc-prompt-login: a new proof, a new time, a new cookie; the session is the same."""
    browser.sign_up("Grace")
    backdate(admin, browser, 100)
    first = claims_of(tokens_for(browser, wiki)["id_token"])
    cookie = browser.cookies["__Host-session"].value
    page = ask(browser, wiki, prompt="login")
    done = browser.submit(page, "/login", username="Grace", password=PASSWORD)
    second = claims_of(tokens(wiki, done)["id_token"])
    assert second["auth_time"] >= first["auth_time"] + 100
    assert second["sid"] == first["sid"]
    assert browser.cookies["__Host-session"].value != cookie


def test_auth_time_on_silent_sign_in_stays(
    browser: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """It says when the person proved who they are, not when a wiki last asked."""
    browser.sign_up("Grace")
    backdate(admin, browser, 1000)
    claims = [claims_of(tokens_for(browser, wiki)["id_token"]) for _ in range(2)]
    assert claims[0]["auth_time"] == claims[1]["auth_time"] <= time.time() - 1000


def test_prompt_login_done_by_someone_who_stays_signed_in_keeps_that(
    browser: Browser, wiki: WikiClient
) -> None:
    """How long to stay signed in is not asked twice, so the answer is not lost either."""
    browser.sign_up("Grace", keep="on")
    assert browser.cookies["__Host-session"]["max-age"] > 0
    page = ask(browser, wiki, prompt="login")
    assert 'name="keep"' not in page.content.decode()
    browser.submit(page, "/login", username="Grace", password=PASSWORD)
    assert browser.cookies["__Host-session"]["max-age"] > 0


def test_prompt_login_done_by_another_person_is_theirs_alone(
    browser: Browser, wiki: WikiClient
) -> None:
    """Shared browser: the first person's session ends, and its length is not inherited."""
    Browser().sign_up("Ada")
    browser.sign_up("Grace", keep="on")
    grace = browser.cookies["__Host-session"].value
    page = ask(browser, wiki, prompt="login")
    done = browser.submit(page, "/login", username="Ada", password=PASSWORD)
    assert claims_of(tokens(wiki, done)["id_token"])["preferred_username"] == "Ada"
    assert browser.cookies["__Host-session"]["max-age"] == ""
    thief = Browser()
    thief.cookies["__Host-session"] = grace
    assert thief.get("/account/").status_code == 303


@pytest.mark.parametrize(
    ("prompt", "heading"),
    [("create", "Create account"), ("select_account", "Please sign in again")],
)
def test_prompt_create_and_select_account_show_their_page(
    browser: Browser, wiki: WikiClient, prompt: str, heading: str
) -> None:
    """Signed in or not, the person chooses (OpenID Connect Prompt Create 1.0)."""
    browser.sign_up("Grace")
    page = ask(browser, wiki, prompt=prompt)
    assert page.status_code == 200
    assert f"<h1>{heading}</h1>" in page.content.decode()


def test_prompt_consent_of_the_familys_own_is_given(browser: Browser, wiki: WikiClient) -> None:
    """The family's wikis ask for no more than everybody agreed to by signing up."""
    browser.sign_up("Grace")
    assert "code" in answer_of(ask(browser, wiki, prompt="consent"))


# --- max_age -----------------------------------------------------------------------------------


def test_max_age_zero_always_asks(browser: Browser, wiki: WikiClient) -> None:
    """As prompt=login, in the very second of the sign-in too."""
    browser.sign_up("Grace")
    assert ask(browser, wiki, max_age="0").status_code == 200


def test_max_age_exceeded_asks_and_within_does_not(
    browser: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """oidcc-max-age-1, oidcc-max-age-10000."""
    browser.sign_up("Grace")
    backdate(admin, browser, 300)
    assert "code" in answer_of(ask(browser, wiki, max_age="10000"))
    assert answer_of(ask(browser, wiki, max_age="1", prompt="none"))["error"] == "login_required"
    page = ask(browser, wiki, max_age="1")
    assert page.status_code == 200
    done = browser.submit(page, "/login", username="Grace", password=PASSWORD)
    assert claims_of(tokens(wiki, done)["id_token"])["auth_time"] > time.time() - 200


# --- id_token_hint -----------------------------------------------------------------------------


def test_id_token_hint_of_the_person_signed_in_is_answered(
    browser: Browser, wiki: WikiClient
) -> None:
    """oidcc-id-token-hint."""
    browser.sign_up("Grace")
    hint = tokens_for(browser, wiki)["id_token"]
    assert "code" in answer_of(ask(browser, wiki, id_token_hint=hint, prompt="none"))


def test_id_token_hint_of_another_person_gets_nobody_else(
    browser: Browser, wiki: WikiClient
) -> None:
    """Section 3.1.2.2: never an answer for somebody else, silently or after a sign-in."""
    browser.sign_up("Grace")
    hint = tokens_for(browser, wiki)["id_token"]
    other = Browser()
    other.sign_up("Ada")
    silent = answer_of(ask(other, wiki, id_token_hint=hint, prompt="none"))
    assert silent["error"] == "login_required"
    page = ask(other, wiki, id_token_hint=hint)
    assert page.status_code == 200
    done = answer_of(other.submit(page, "/login", username="Ada", password=PASSWORD))
    assert done["error"] == "login_required"
    assert "code" not in done
    page = ask(other, wiki, id_token_hint=hint)
    assert "code" in answer_of(other.submit(page, "/login", username="Grace", password=PASSWORD))


def test_id_token_hint_is_kept_by_the_way_to_begin_again(
    browser: Browser, wiki: WikiClient
) -> None:
    """Whoever follows it is still asked for: nobody else gets the answer meant for one person."""
    browser.sign_up("Grace")
    hint = tokens_for(browser, wiki)["id_token"]
    other = Browser()
    other.sign_up("Heidi")
    page = ask(other, wiki, id_token_hint=hint)
    stranger = Browser()
    refused = stranger.submit(
        stranger.get("/login"), "/login", flow=hidden_fields(page)["flow"], username="x"
    )
    [again] = re.findall(r'href="(/oauth/authorize[^"]+)"', refused.content.decode())
    assert other.get(html.unescape(again)).status_code == 200


def test_id_token_hint_of_another_wiki_is_refused(
    browser: Browser, wiki: WikiClient, add_wiki: Wikis
) -> None:
    """ASVS 9.2.3: a token names the one wiki that it is for."""
    browser.sign_up("Grace")
    hint = tokens_for(browser, wiki)["id_token"]
    other = add_wiki("French wiki")
    assert answer_of(ask(browser, other, id_token_hint=hint))["error"] == "invalid_request"


def test_id_token_hint_that_has_expired_still_counts(browser: Browser, wiki: WikiClient) -> None:
    """It says who, not that they are still there; only its signature matters."""
    from sso.services.id_tokens import sign_id_token
    from vault import wikis

    browser.sign_up("Grace")
    claims = claims_of(tokens_for(browser, wiki)["id_token"])
    registered = wikis.find(wiki.client_id)
    assert registered is not None
    hint = sign_id_token(
        registered,
        sub=claims["sub"],
        username="Grace",
        sid=claims["sid"],
        nonce=None,
        amr=("pwd",),
        auth_time=1,
        now=1_000_000,
    )
    assert "code" in answer_of(ask(browser, wiki, id_token_hint=hint, prompt="none"))


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_id_token_hint_forged_is_refused(browser: Browser, add_wiki: Wikis, alg: str) -> None:
    """ASVS 9.1.1 to 9.1.3: no algorithm of the sender's choice, no key of theirs."""
    wiki = add_wiki("English wiki", id_token_signed_response_alg=alg)
    browser.sign_up("Grace")
    genuine = tokens_for(browser, wiki)
    forged = forgeries(genuine["id_token"], browser)
    forged["access token"] = genuine["access_token"]
    believed = {
        kind: answer
        for kind, hint in forged.items()
        if (answer := answer_of(ask(browser, wiki, id_token_hint=hint, prompt="none"))).get("error")
        != "invalid_request"
    }
    assert believed == {}
