"""Codes that somebody else is made to redeem, and PKCE taken away (RFC 9700 4.5, 4.8, V-pkce)."""

from collections.abc import Callable

import pytest

from tests.web.people import (
    Browser,
    WikiClient,
    answer_of,
    ask,
    claims_of,
    code_for,
    fields_of,
    post_form,
    tokens_for,
)
from tests.web.refusals import is_refused
from tests.web.test_userinfo import userinfo

Wikis = Callable[..., WikiClient]


def another(wiki: WikiClient) -> WikiClient:
    """The same wiki in another person's browser: a verifier, nonce and state of its own."""
    return WikiClient(wiki.registration)


def test_code_injection_of_a_stolen_code_into_another_session_is_refused(
    grace: Browser, wiki: WikiClient
) -> None:
    """RFC 9700 4.5: the attacker's own visit at the wiki has another verifier; then it is spent."""
    mallory = another(wiki)
    code = code_for(grace, wiki)
    is_refused(mallory.redeem(code), 400, "invalid_grant")
    is_refused(wiki.redeem(code), 400, "invalid_grant")


def test_code_injection_by_the_nonce_of_another_session_shows(
    grace: Browser, add_wiki: Wikis
) -> None:
    """A wiki that is excused from PKCE finds the nonce of whoever asked in the ID token."""
    wiki = add_wiki("Old wiki", require_pkce=False)
    mallory = another(wiki)
    bare = {"code_challenge": None, "code_challenge_method": None}
    code = code_for(grace, wiki, **bare)
    token = mallory.redeem(code, code_verifier=None).json()["id_token"]
    assert claims_of(token)["nonce"] == wiki.nonce != mallory.nonce


def test_code_injection_with_any_other_redirect_uri_is_refused(
    grace: Browser, add_wiki: Wikis
) -> None:
    """RFC 6749 section 4.1.3: the one of the request, byte for byte, also among registered ones."""
    addresses = [f"https://english.wiki.example/{name}" for name in ("callback", "second")]
    wiki = add_wiki("English wiki", redirect_uris=addresses)
    for other in (
        addresses[1],
        f"{addresses[0]}/",
        f"{addresses[0]}?",
        addresses[0].upper(),
        addresses[0].replace("callback", "%63allback"),
        "https://evil.example/",
        "\u00fc",
    ):
        code = code_for(grace, wiki)
        is_refused(wiki.redeem(code, redirect_uri=other), 400, "invalid_grant")
        is_refused(wiki.redeem(code), 400, "invalid_grant")


def test_code_injection_by_a_public_client_s_name_is_refused(
    grace: Browser, add_wiki: Wikis
) -> None:
    """Whoever holds another wiki's code cannot name that wiki without what it authenticates by."""
    wiki = add_wiki("English wiki")
    public = add_wiki("Public wiki", token_endpoint_auth_method="none")
    code = code_for(grace, wiki)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": wiki.redirect_uri,
        "code_verifier": wiki.verifier,
    }
    is_refused(
        post_form("/oauth/token", {**form, "client_id": wiki.client_id}), 401, "invalid_client"
    )
    named = post_form("/oauth/token", {**form, "client_id": public.client_id})
    is_refused(named, 400, "invalid_grant")
    assert wiki.redeem(code).status_code == 200


def test_code_replay_takes_back_what_the_first_gave(grace: Browser, add_wiki: Wikis) -> None:
    """RFC 6749 4.1.2, oidcc-codereuse: its access and refresh tokens are dead, and no others."""
    scope = "openid profile offline_access"
    wiki = add_wiki("English wiki", scope=scope)
    code = code_for(grace, wiki, scope=scope)
    tokens = wiki.redeem(code).json()
    kept = tokens_for(grace, wiki, scope=scope)
    assert userinfo(tokens["access_token"]).status_code == 200
    is_refused(wiki.redeem(code), 400, "invalid_grant")
    assert userinfo(tokens["access_token"]).status_code == 401
    is_refused(wiki.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    assert userinfo(kept["access_token"]).status_code == 200
    assert grace.get("/account/").status_code == 200


# --- PKCE --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [None, "form_post"])
def test_v_pkce_a_challenge_that_was_dropped_or_weakened_gives_no_code(
    grace: Browser, wiki: WikiClient, mode: str | None
) -> None:
    """RFC 9700 4.8: S256 or nothing, for who is signed in too."""
    plain: list[dict[str, str | None]] = [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": ""},
        {"code_challenge_method": None},
        {"code_challenge_method": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge_method": "S256 plain"},
        {"code_challenge": wiki.verifier, "code_challenge_method": "plain"},
        {"code_challenge": wiki.challenge()[:-1]},
        {"code_challenge": f"{wiki.challenge()}="},
        {"code_challenge": f"{wiki.challenge()}A"},
        {"code_challenge": "\u00fc" * 43},
        {"code_challenge": "+" * 43},
        {"code_challenge": " " * 43},
    ]
    wrong = {}
    for changes in plain:
        answer = ask(grace, wiki, response_mode=mode, **changes)
        sent = fields_of(answer) if mode else answer_of(answer)
        if sent.get("error") != "invalid_request" or "code" in sent:
            wrong[str(changes)] = sent
    assert wrong == {}


def test_v_pkce_a_challenge_is_as_binding_where_it_was_not_required(
    grace: Browser, add_wiki: Wikis
) -> None:
    """kanidm #1097: who sends one has to show its verifier, excused or not."""
    wiki = add_wiki("Old wiki", require_pkce=False)
    is_refused(wiki.redeem(code_for(grace, wiki), code_verifier=None), 400, "invalid_grant")
    is_refused(wiki.redeem(code_for(grace, wiki), code_verifier="w" * 43), 400, "invalid_grant")
    assert wiki.redeem(code_for(grace, wiki)).status_code == 200


def test_v_pkce_a_verifier_where_no_challenge_was_made_spends_the_code(
    grace: Browser, add_wiki: Wikis
) -> None:
    """RFC 9700 4.8.2, zitadel/oidc #741: somebody took the challenge out on its way."""
    wiki = add_wiki("Old wiki", require_pkce=False)
    bare = {"code_challenge": None, "code_challenge_method": None}
    code = code_for(grace, wiki, **bare)
    is_refused(wiki.redeem(code), 400, "invalid_grant")
    is_refused(wiki.redeem(code, code_verifier=None), 400, "invalid_grant")
    assert wiki.redeem(code_for(grace, wiki, **bare), code_verifier=None).status_code == 200


@pytest.mark.parametrize("length", [1, 42, 129, 5000])
def test_v_pkce_a_verifier_too_short_or_too_long_is_refused(
    grace: Browser, wiki: WikiClient, length: int
) -> None:
    """RFC 7636 section 4.1: 43 to 128 characters; also one whose challenge was really sent."""
    wiki.verifier = "v" * length
    is_refused(wiki.redeem(code_for(grace, wiki)), 400, "invalid_request")


@pytest.mark.parametrize("length", [43, 128])
def test_v_pkce_a_verifier_at_either_end_of_the_lengths_is_taken(
    grace: Browser, wiki: WikiClient, length: int
) -> None:
    """So that the refusals above are about the length."""
    wiki.verifier = "v" * length
    assert wiki.redeem(code_for(grace, wiki)).status_code == 200
