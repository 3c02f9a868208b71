"""The revocation endpoint: a wiki gives its own tokens back, with all that came with them."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.web.people import Browser, WikiClient, post_form, tokens_for
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


@pytest.mark.parametrize("given_back", ["access_token", "refresh_token"])
def test_token_given_back_takes_its_whole_family_with_it(
    grace: Browser, wiki: WikiClient, tokens: dict[str, Any], given_back: str
) -> None:
    """RFC 7009 section 2.1: access and refresh token of one grant die together, nobody else's."""
    other = tokens_for(grace, wiki, scope=SCOPE)
    answer = wiki.revoke(tokens[given_back])
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    for name in ("access_token", "refresh_token"):
        assert wiki.introspect(tokens[name]).json() == DEAD
        assert wiki.introspect(other[name]).json()["active"] is True
    is_refused(wiki.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    assert grace.get("/account/").status_code == 200  # the person stays signed in


def test_spent_refresh_token_given_back_ends_its_successors(
    wiki: WikiClient, tokens: dict[str, Any]
) -> None:
    """A wiki that lost track can still end it."""
    successor = wiki.refresh(tokens["refresh_token"]).json()["refresh_token"]
    assert wiki.revoke(tokens["refresh_token"]).status_code == 200
    is_refused(wiki.refresh(successor), 400, "invalid_grant")


def test_token_of_another_wiki_is_left_alone_and_nothing_is_said(
    add_wiki: Wikis, wiki: WikiClient, tokens: dict[str, Any]
) -> None:
    """RFC 7009 section 2.2: the same 200, and the token works on."""
    other = add_wiki("French wiki", scope=SCOPE)
    for name in ("access_token", "refresh_token", "id_token"):
        answer = other.revoke(tokens[name])
        assert (answer.status_code, answer.content) == (200, b"")
    assert wiki.introspect(tokens["access_token"]).json()["active"] is True
    assert wiki.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    "text",
    ["x", "..", "\u00fc", "a" * 9000, f"{'0' * 32}.{'A' * 43}", " "],
    ids=range(6),
)
def test_anything_else_given_back_is_answered_alike(wiki: WikiClient, text: str) -> None:
    """200 for anything: what is unknown is as good as revoked."""
    for more in ({}, {"token_type_hint": "refresh_token"}, {"token_type_hint": "nonsense"}):
        answer = wiki.revoke(text, **more)
        assert (answer.status_code, answer.content) == (200, b"")


def test_token_given_back_twice_is_answered_alike_and_noted_once(
    wiki: WikiClient, tokens: dict[str, Any], admin: psycopg.Connection
) -> None:
    """One event."""
    for _ in range(2):
        assert wiki.revoke(tokens["refresh_token"]).status_code == 200
    noted = "SELECT count(*) FROM vault.events WHERE tag = 'wiki:grant:revoked'"
    assert admin.execute(noted).fetchone() == (1,)


def test_revocation_without_the_wikis_secret_is_refused(
    wiki: WikiClient, tokens: dict[str, Any]
) -> None:
    """RFC 7009 section 2.1: and the token lives on."""
    form = {"token": tokens["refresh_token"], "client_id": wiki.client_id}
    refused = post_form("/oauth/revoke", form)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    secret = wiki.registration["client_secret"]
    wiki.registration["client_secret"] = "wrong"
    is_refused(wiki.revoke(tokens["refresh_token"]), 401, "invalid_client")
    wiki.registration["client_secret"] = secret
    assert wiki.refresh(tokens["refresh_token"]).status_code == 200


def test_revocation_without_exactly_one_token_is_refused(
    wiki: WikiClient, tokens: dict[str, Any]
) -> None:
    """In the form, once."""
    token = tokens["refresh_token"]
    for form in ({}, {"token": ""}, {"token": [token, token]}):
        refused = post_form("/oauth/revoke", form, authorization=wiki.basic())
        is_refused(refused, 400, "invalid_request")
    asked = post_form(f"/oauth/revoke?token={token}", {}, authorization=wiki.basic())
    is_refused(asked, 400, "invalid_request")
    assert wiki.refresh(token).status_code == 200
