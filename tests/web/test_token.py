"""The token endpoint: who may redeem what, and how it says no (RFC 6749 sections 2.3, 4.1.3, 5)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tests.environment import ISSUER
from tests.web.people import Browser, WikiClient, claims_of, code_for, post_form
from tests.web.refusals import is_refused

Wikis = Callable[..., WikiClient]


# --- The answer --------------------------------------------------------------------------------


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_code_is_redeemed_for_an_assertion_that_names_wiki_person_and_proof(
    grace: Browser, add_wiki: Wikis, alg: str
) -> None:
    """oidcc-server, oidcc-idtoken-signature: what design section 4 lists, and no cache keeps it."""
    wiki = add_wiki("English wiki", id_token_signed_response_alg=alg)
    response = wiki.redeem(code_for(grace, wiki))
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    assert not response.cookies
    told = response.json()
    assert (told["token_type"], told["scope"]) == ("Bearer", "openid profile")
    assert 0 < told["expires_in"] <= 600
    claims = claims_of(told["id_token"])
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (ISSUER, wiki.client_id, wiki.nonce)
    assert claims["exp"] > claims["iat"] >= claims["auth_time"]
    assert claims["acr"] == "aal1"
    assert claims["amr"] == ["pwd"]
    cookie = grace.cookies["__Host-session"].value
    assert claims["sub"] not in ("Grace", cookie)
    assert claims["sid"] != cookie


# --- Requests ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"code_verifier": "v" * 129}, "invalid_request"),
        ({"code_verifier": "v" * 42 + "="}, "invalid_request"),
        ({"code_verifier": "v" * 43 + "\n"}, "invalid_request"),
    ],
)
def test_token_request_malformed_is_refused_before_the_code_is_spent(
    grace: Browser, wiki: WikiClient, changes: dict[str, str | None], error: str
) -> None:
    """A slip of the wiki's costs the person nothing: the right request still works."""
    code = code_for(grace, wiki)
    is_refused(wiki.redeem(code, **changes), 400, error)
    assert wiki.redeem(code).status_code == 200


@pytest.mark.parametrize(
    "code",
    ["", "x", "x" * 43, "x" * 60_000, "\u00fc" * 43, "!" * 43, "A" * 42 + "=", "../../x", " "],
    ids=range(9),
)
def test_code_that_never_was_is_refused(grace: Browser, wiki: WikiClient, code: str) -> None:
    """Whatever stands in its place."""
    is_refused(wiki.redeem(code), 400, "invalid_grant" if code else "invalid_request")


@pytest.mark.parametrize("name", ["code", "grant_type", "redirect_uri", "code_verifier", "x"])
def test_token_request_with_a_repeated_parameter_is_refused(
    grace: Browser, wiki: WikiClient, name: str
) -> None:
    """RFC 6749 section 3.2."""
    form = {"grant_type": "authorization_code", "code": "c", name: ["a", "b"]}
    refused = post_form("/oauth/token", form, authorization=wiki.basic())
    is_refused(refused, 400, "invalid_request")


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=b", ""])
def test_token_request_that_is_no_form_is_refused(wiki: WikiClient, kind: str) -> None:
    """One way of sending it, so that nothing reads it in two ways."""
    response = Client().post(
        "/oauth/token",
        b'{"grant_type": "authorization_code"}'
        if kind != "multipart/form-data; boundary=b"
        else b"",
        content_type=kind,
        headers={"host": "auth.example.org", "authorization": wiki.basic()},
        secure=True,
    )
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"


def test_token_request_by_get_or_in_the_address_is_refused(
    grace: Browser, wiki: WikiClient
) -> None:
    """Secrets in an address end in logs: a query counts for nothing."""
    query = (
        f"grant_type=authorization_code&code={code_for(grace, wiki)}"
        f"&redirect_uri={quote(wiki.redirect_uri)}&code_verifier={wiki.verifier}"
    )
    got = grace.get(f"/oauth/token?{query}", headers={"authorization": wiki.basic()})
    assert (got.status_code, got.headers["Allow"]) == (405, "POST")
    assert got.json()["error"] == "invalid_request"
    posted = post_form(f"/oauth/token?{query}", {}, authorization=wiki.basic())
    is_refused(posted, 400, "invalid_request")


# --- PKCE --------------------------------------------------------------------------------------


@pytest.mark.parametrize("verifier", [None, "", "w" * 43, "challenge"])
def test_verifier_missing_or_wrong_is_refused_and_spends_the_code(
    grace: Browser, wiki: WikiClient, verifier: str | None
) -> None:
    """V-pkce: whoever has the code but not the verifier gets one try; plain never counts."""
    code = code_for(grace, wiki)
    wrong = wiki.challenge() if verifier == "challenge" else verifier
    is_refused(wiki.redeem(code, code_verifier=wrong), 400, "invalid_grant")
    is_refused(wiki.redeem(code), 400, "invalid_grant")


def test_verifier_without_a_challenge_is_refused(grace: Browser, add_wiki: Wikis) -> None:
    """V-pkce (RFC 9700 section 4.8): somebody took the challenge out of the request."""
    wiki = add_wiki("Old wiki", require_pkce=False)
    code = code_for(grace, wiki, code_challenge=None, code_challenge_method=None)
    is_refused(wiki.redeem(code), 400, "invalid_grant")


def test_code_of_another_wiki_or_address_is_refused(grace: Browser, add_wiki: Wikis) -> None:
    """RFC 9700 section 4.5: bound to wiki and redirect URI; another wiki cannot even spend it."""
    two = ["https://english.wiki.example/callback", "https://english.wiki.example/second"]
    wiki, other = add_wiki("English wiki", redirect_uris=two), add_wiki("French wiki")
    code = code_for(grace, wiki)
    stolen = other.redeem(code, redirect_uri=wiki.redirect_uri, code_verifier=wiki.verifier)
    is_refused(stolen, 400, "invalid_grant")
    assert wiki.redeem(code).status_code == 200
    is_refused(wiki.redeem(code_for(grace, wiki), redirect_uri=two[1]), 400, "invalid_grant")


def test_code_of_a_session_that_ended_is_refused(grace: Browser, wiki: WikiClient) -> None:
    """V-disabled: signing out between the code and its redemption wins."""
    code = code_for(grace, wiki)
    grace.submit(grace.get("/logout"), "/logout")
    is_refused(wiki.redeem(code), 400, "invalid_grant")


def test_token_requests_refused_too_often_have_to_wait(wiki: WikiClient, settings: Any) -> None:
    """Only what is refused counts against the network; JSON with Retry-After."""
    settings.RATE_TOKEN = "3/h"
    answers = [wiki.redeem("guess") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert answers[-1].headers["Content-Type"] == "application/json"
