"""The introspection endpoint: a wiki asks about its own tokens, and learns nothing of others'."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.web.forgeries import forgeries
from tests.web.people import Browser, WikiClient, claims_of, post_form, tokens_for
from tests.web.refusals import is_refused

Wikis = Callable[..., WikiClient]
SCOPE = "openid profile offline_access"
DEAD = {"active": False}


@pytest.fixture
def wiki(add_wiki: Wikis) -> WikiClient:
    """A wiki that may go on by itself."""
    return add_wiki("English wiki", scope=SCOPE)


@pytest.fixture
def tokens(grace: Browser, wiki: WikiClient) -> dict[str, Any]:
    """What it holds of Grace."""
    return tokens_for(grace, wiki, scope=SCOPE)


def test_access_token_alive_is_described_by_its_own_claims(
    wiki: WikiClient, tokens: dict[str, Any]
) -> None:
    """RFC 7662 section 2.2; never cached, whatever ``token_type_hint`` says."""
    for more in ({}, {"token_type_hint": "access_token"}, {"token_type_hint": "refresh_token"}):
        answer = wiki.introspect(tokens["access_token"], **more)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        told = answer.json()
        assert told.items() >= claims_of(tokens["access_token"]).items()
        assert (told["active"], told["token_type"], told["username"]) == (True, "Bearer", "Grace")


def test_refresh_token_alive_is_described_and_not_spent(
    wiki: WikiClient, tokens: dict[str, Any]
) -> None:
    """Asking changes nothing."""
    told = wiki.introspect(tokens["refresh_token"]).json()
    assert told["active"] is True
    assert (told["client_id"], told["scope"]) == (wiki.client_id, SCOPE)
    assert told["sub"] == claims_of(tokens["id_token"])["sub"]
    assert told["exp"] > claims_of(tokens["access_token"])["exp"]
    assert wiki.refresh(tokens["refresh_token"]).status_code == 200
    assert wiki.introspect(tokens["refresh_token"]).json() == DEAD


def test_token_of_another_wiki_is_not_active(
    add_wiki: Wikis, wiki: WikiClient, tokens: dict[str, Any]
) -> None:
    """RFC 7662 section 4: nobody scans others' tokens; nothing but the one word is said."""
    other = add_wiki("French wiki", scope=SCOPE)
    for name in ("access_token", "refresh_token", "id_token"):
        assert other.introspect(tokens[name]).json() == DEAD
    assert wiki.introspect(tokens["access_token"]).json()["active"] is True


def test_anything_that_is_no_live_token_is_not_active(
    grace: Browser, wiki: WikiClient, tokens: dict[str, Any]
) -> None:
    """No error tells apart what is unknown, forged, of another kind or over."""
    odd = ["x", "..", "\u00fc", "a" * 9000, f"{'0' * 32}.{'A' * 43}", tokens["id_token"]]
    for text in (*odd, *forgeries(tokens["access_token"], grace).values()):
        answer = wiki.introspect(text)
        assert (answer.status_code, answer.json()) == (200, DEAD)


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE vault.sessions SET ended_at = clock_timestamp()",
        "UPDATE vault.sessions SET expires_at = clock_timestamp()",
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "UPDATE vault.site SET epoch = epoch + 1",
        "UPDATE vault.grants SET revoked_at = clock_timestamp()",
    ],
)
def test_tokens_whose_session_account_or_grant_is_over_are_not_active(
    wiki: WikiClient, tokens: dict[str, Any], admin: psycopg.Connection, meanwhile: str
) -> None:
    """Asked of the vault every time, so at once."""
    admin.execute(meanwhile)
    for name in ("access_token", "refresh_token"):
        assert wiki.introspect(tokens[name]).json() == DEAD


def test_introspection_without_the_wikis_secret_is_refused(
    wiki: WikiClient, tokens: dict[str, Any]
) -> None:
    """RFC 7662 section 2.1: whoever asks has to say who they are; a bearer token is no answer."""
    form = {"token": tokens["access_token"]}
    for authorization in (None, f"Bearer {tokens['access_token']}"):
        refused = post_form("/oauth/introspect", form, authorization=authorization)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    wiki.registration["client_secret"] = "wrong"
    is_refused(wiki.introspect(tokens["access_token"]), 401, "invalid_client")


def test_introspection_without_exactly_one_token_is_refused(
    wiki: WikiClient, tokens: dict[str, Any]
) -> None:
    """One question at a time, in the form and not in the address."""
    token = tokens["access_token"]
    for form in ({}, {"token": ""}, {"token": [token, token]}):
        refused = post_form("/oauth/introspect", form, authorization=wiki.basic())
        is_refused(refused, 400, "invalid_request")
    asked = post_form(f"/oauth/introspect?token={token}", {}, authorization=wiki.basic())
    is_refused(asked, 400, "invalid_request")
