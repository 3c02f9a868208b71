"""Refresh tokens at the token endpoint: who goes on, and what ends it (RFC 6749 section 6)."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.environment import ISSUER
from tests.web.people import Browser, WikiClient, claims_of, post_form, tokens_for
from tests.web.refusals import is_refused

Wikis = Callable[..., WikiClient]
SCOPE = "openid profile offline_access"


@pytest.fixture
def wiki(add_wiki: Wikis) -> WikiClient:
    """A wiki that may go on by itself."""
    return add_wiki("English wiki", scope=SCOPE)


def granted(browser: Browser, wiki: WikiClient) -> dict[str, Any]:
    """The tokens of a silent sign-in, a refresh token among them."""
    return tokens_for(browser, wiki, scope=SCOPE)


def refreshed(wiki: WikiClient, token: str) -> dict[str, Any]:
    """The tokens that a refresh token was swapped for."""
    response = wiki.refresh(token)
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


# --- Going on ----------------------------------------------------------------------------------


def test_refresh_gives_new_tokens_of_the_same_person_and_session(
    grace: Browser, wiki: WikiClient
) -> None:
    """OpenID Connect Core 12.2: same iss, sub, aud, sid and auth_time, no nonce, never cached."""
    first = granted(grace, wiki)
    response = wiki.refresh(first["refresh_token"])
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    assert not response.cookies
    second = response.json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (second["token_type"], second["scope"]) == ("Bearer", SCOPE)
    before, after = claims_of(first["id_token"]), claims_of(second["id_token"])
    for name in ("iss", "sub", "aud", "sid", "auth_time", "amr"):
        assert before[name] == after[name]
    assert "nonce" not in after


def test_access_token_of_a_refresh_says_what_a_wiki_verifies_offline(
    grace: Browser, wiki: WikiClient
) -> None:
    """RFC 9068 section 2.2, and the epoch: same grant, same wiki, a new time."""
    first = granted(grace, wiki)
    second = refreshed(wiki, first["refresh_token"])
    before, after = claims_of(first["access_token"]), claims_of(second["access_token"])
    assert after["aud"] == [ISSUER, wiki.client_id]
    assert after["client_id"] == wiki.client_id
    assert after["epoch"] == before["epoch"] == [1, 1]
    assert (after["jti"], after["sid"]) == (before["jti"], before["sid"])
    assert after["exp"] - after["iat"] == 600
    assert after["scope"] == SCOPE


def test_refresh_goes_on_link_by_link(grace: Browser, wiki: WikiClient) -> None:
    """Each token is good for its successor."""
    token = granted(grace, wiki)["refresh_token"]
    seen = {token}
    for _ in range(4):
        token = refreshed(wiki, token)["refresh_token"]
        seen.add(token)
    assert len(seen) == 5


def test_refresh_whose_answer_was_lost_gives_the_same_successor(
    grace: Browser, wiki: WikiClient
) -> None:
    """Asked for again at once, as by a wiki whose connection broke, or by two of its processes."""
    first = granted(grace, wiki)["refresh_token"]
    answers = [refreshed(wiki, first)["refresh_token"] for _ in range(3)]
    assert len(set(answers)) == 1
    refreshed(wiki, answers[0])


# --- Ending ------------------------------------------------------------------------------------


def test_refresh_token_used_again_later_ends_the_whole_family(
    grace: Browser, wiki: WikiClient
) -> None:
    """RFC 9700 section 4.14.2: a thief and the wiki cannot both go on, so neither does."""
    tokens = granted(grace, wiki)
    second = refreshed(wiki, tokens["refresh_token"])["refresh_token"]
    third = refreshed(wiki, second)
    is_refused(wiki.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    is_refused(wiki.refresh(third["refresh_token"]), 400, "invalid_grant")
    assert wiki.introspect(third["access_token"]).json() == {"active": False}
    refreshed(wiki, granted(grace, wiki)["refresh_token"])  # another sign-in's


def test_lost_answer_asked_for_again_after_a_minute_ends_the_family(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """By then it is no lost answer."""
    first = granted(grace, wiki)["refresh_token"]
    second = refreshed(wiki, first)["refresh_token"]
    admin.execute("UPDATE vault.refresh_tokens SET spent_at = spent_at - interval '61 seconds'")
    is_refused(wiki.refresh(first), 400, "invalid_grant")
    is_refused(wiki.refresh(second), 400, "invalid_grant")


def test_refresh_token_of_another_wiki_is_refused_and_stays_its_owners(
    grace: Browser, add_wiki: Wikis, wiki: WikiClient
) -> None:
    """RFC 6749 section 10.4: bound to the wiki that it was given to."""
    other = add_wiki("French wiki", scope=SCOPE)
    token = granted(grace, wiki)["refresh_token"]
    is_refused(other.refresh(token), 400, "invalid_grant")
    successor = refreshed(wiki, token)["refresh_token"]
    is_refused(other.refresh(token), 400, "invalid_grant")
    refreshed(wiki, successor)


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE vault.sessions SET expires_at = clock_timestamp()",
        "UPDATE vault.sessions SET last_seen_at = last_seen_at - interval '13 hours'",
        "UPDATE vault.sessions SET ended_at = clock_timestamp()",
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "UPDATE vault.site SET epoch = epoch + 1",
        "UPDATE vault.refresh_tokens SET expires_at = clock_timestamp()",
    ],
)
def test_refresh_is_refused_after_a_lockout_or_the_sessions_end(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection, meanwhile: str
) -> None:
    """A wiki that was never told learns of it here, ten minutes later at the most."""
    token = granted(grace, wiki)["refresh_token"]
    admin.execute(meanwhile)
    is_refused(wiki.refresh(token), 400, "invalid_grant")


def test_refresh_is_refused_after_a_sign_out(grace: Browser, wiki: WikiClient) -> None:
    """The person's own way to end it."""
    token = granted(grace, wiki)["refresh_token"]
    grace.submit(grace.get("/logout"), "/logout")
    is_refused(wiki.refresh(token), 400, "invalid_grant")


def test_refresh_is_refused_to_a_suspended_wiki(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """By the vault at once, and by the endpoint as soon as what it knows of wikis is fresh."""
    from vault import wikis

    token = granted(grace, wiki)["refresh_token"]
    admin.execute("UPDATE vault.wikis SET state = 'suspended'")
    assert wiki.refresh(token).status_code in {400, 401}
    wikis.forget()
    admin.execute("UPDATE vault.wikis SET state = 'active'")
    token = granted(grace, wiki)["refresh_token"]
    admin.execute("UPDATE vault.wikis SET state = 'suspended'")
    wikis.forget()
    is_refused(wiki.refresh(token), 401, "invalid_client")


def test_refresh_is_refused_to_a_wiki_that_now_asks_for_more(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that does not reach what the wiki demands of every sign-in does not go on."""
    from dataclasses import replace

    from sso.services import clients

    token = granted(grace, wiki)["refresh_token"]
    found = clients.wikis.find
    monkeypatch.setattr(
        clients.wikis, "find", lambda client_id: replace(found(client_id), least_acr="aal2")
    )
    is_refused(wiki.refresh(token), 400, "invalid_grant")


def test_session_that_ends_soon_gives_no_token_that_lives_longer(
    grace: Browser, wiki: WikiClient, admin: psycopg.Connection
) -> None:
    """Nothing extends a session beyond its absolute lifetime, a refresh least of all."""
    tokens = granted(grace, wiki)
    ends = claims_of(tokens["access_token"])["exp"]
    told = refreshed(wiki, tokens["refresh_token"])
    assert claims_of(told["access_token"])["exp"] <= ends + 5
    lives = "SELECT bool_and(r.expires_at = s.expires_at) FROM vault.refresh_tokens r"
    row = admin.execute(f"{lives}, vault.sessions s WHERE s.ended_at IS NULL").fetchone()
    assert row == (True,)


# --- Asking ------------------------------------------------------------------------------------


def test_offline_access_that_was_not_granted_gives_no_refresh_token(
    grace: Browser, add_wiki: Wikis, wiki: WikiClient
) -> None:
    """Neither to a wiki that did not ask, nor to one that may not."""
    assert "refresh_token" not in tokens_for(grace, wiki)
    plain = add_wiki("Plain wiki")
    told = tokens_for(grace, plain, scope=SCOPE)
    assert "refresh_token" not in told
    assert told["scope"] == "openid profile"


@pytest.mark.parametrize(
    "token", ["", "x", "\u0000", "." * 76, "0" * 32 + "." + "A" * 43, "\u00fc" * 76, "y" * 60_000]
)
def test_refresh_token_that_never_was_is_refused(wiki: WikiClient, token: str) -> None:
    """Whatever stands in its place."""
    refused = wiki.refresh(token)
    assert refused.status_code == 400
    assert refused.json()["error"] in {"invalid_grant", "invalid_request"}


def test_refresh_without_a_token_or_the_secret_is_refused(grace: Browser, wiki: WikiClient) -> None:
    """RFC 6749 sections 5.2 and 6: and the token is not spent by it."""
    token = granted(grace, wiki)["refresh_token"]
    is_refused(wiki.refresh(None), 400, "invalid_request")
    form = {"grant_type": "refresh_token", "refresh_token": token}
    unauthenticated = post_form("/oauth/token", {**form, "client_id": wiki.client_id})
    assert (unauthenticated.status_code, unauthenticated.json()["error"]) == (401, "invalid_client")
    refreshed(wiki, token)


def test_code_and_access_token_are_no_refresh_tokens(grace: Browser, wiki: WikiClient) -> None:
    """Each kind for its own purpose."""
    tokens = granted(grace, wiki)
    for name in ("access_token", "id_token"):
        is_refused(wiki.refresh(tokens[name]), 400, "invalid_grant")
    refreshed(wiki, tokens["refresh_token"])


def test_refresh_after_a_mass_ending_is_refused_for_each_session_and_never_put_off(
    grace: Browser, wiki: WikiClient, settings: Any
) -> None:
    """A wiki has to hear it of all its own; what was never given out is a guess, and is limited."""
    tokens = [granted(grace, wiki)["refresh_token"] for _ in range(6)]
    settings.RATE_TOKEN = "3/h"
    grace.submit(grace.get("/account/sessions"), "/account/sessions/end-all")
    for token in tokens:
        is_refused(wiki.refresh(token), 400, "invalid_grant")
    guesses = [wiki.refresh(f"{'0' * 32}.{'A' * 43}").status_code for _ in range(5)]
    assert guesses == [400, 400, 400, 429, 429]
