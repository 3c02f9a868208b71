"""The userinfo endpoint: which tokens it takes, and what it tells (OIDC Core 5.3, RFC 6750)."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.test import Client

from tests.web.forgeries import forgeries
from tests.web.people import PASSWORD, Browser, WikiClient, claims_of, post_form, tokens_for

Wikis = Callable[..., WikiClient]


def userinfo(token: str, scheme: str = "Bearer") -> Any:
    """Asks by header, as a wiki's server does: no cookies."""
    headers = {"host": "auth.example.org", "authorization": f"{scheme} {token}"}
    return Client().get("/oauth/userinfo", headers=headers, secure=True)


def is_invalid_token(response: Any) -> bool:
    """Whether RFC 6750 section 3.1's refusal was given, in full."""
    return (
        response.status_code == 401
        and response.json()["error"] == "invalid_token"
        and 'error="invalid_token"' in response.headers["WWW-Authenticate"]
        and response.headers["Cache-Control"] == "no-store"
    )


def test_userinfo_by_header_and_by_form_is_the_same(browser: Browser, wiki: WikiClient) -> None:
    """oidcc-userinfo-get, -post-header, -post-body; the scheme in any case."""
    browser.sign_up("Grace")
    tokens = tokens_for(browser, wiki)
    token = tokens["access_token"]
    by_get = userinfo(token)
    assert by_get.headers["Cache-Control"] == "no-store"
    answers = [
        by_get,
        userinfo(token, "bEARER"),
        post_form("/oauth/userinfo", {}, authorization=f"Bearer {token}"),
        post_form("/oauth/userinfo", {"access_token": token}),
    ]
    told = [(answer.status_code, answer.json()) for answer in answers]
    assert told == [told[0]] * 4
    assert told[0][1] == {
        "sub": claims_of(tokens["id_token"])["sub"],
        "preferred_username": "Grace",
        "name": "Grace",
    }


def test_userinfo_tells_what_the_scopes_allow(browser: Browser, add_wiki: Wikis) -> None:
    """oidcc-scope-profile, -email: an unconfirmed address is said to be unconfirmed."""
    wiki = add_wiki("English wiki", scope="openid profile email")
    browser.sign_up("Grace", email="Grace@Example.org")
    only = userinfo(tokens_for(browser, wiki, scope="openid")["access_token"]).json()
    assert only.keys() == {"sub"}
    both = userinfo(tokens_for(browser, wiki, scope="openid email")["access_token"]).json()
    assert both == {**only, "email": "Grace@example.org", "email_verified": False}


def test_userinfo_without_a_token_says_how_to_ask(browser: Browser) -> None:
    """RFC 6750 section 3.1: no error code where nothing was tried."""
    for header in ("", "Basic YTpi", "Bearer", "Bearer ", "DPoP x"):
        response = browser.get("/oauth/userinfo", headers={"authorization": header})
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer realm=")
        assert "error" not in response.headers["WWW-Authenticate"]
        assert response.json() == {}


def test_access_token_in_the_address_is_refused(browser: Browser, wiki: WikiClient) -> None:
    """RFC 6750 section 2.3, ASVS 14.2.1: addresses end in logs."""
    browser.sign_up("Grace")
    token = tokens_for(browser, wiki)["access_token"]
    assert browser.get("/oauth/userinfo", {"access_token": token}).status_code == 401
    assert post_form(f"/oauth/userinfo?access_token={token}", {}).status_code == 401


def test_access_token_sent_twice_is_an_invalid_request(browser: Browser, wiki: WikiClient) -> None:
    """RFC 6750 section 2: one method a request."""
    browser.sign_up("Grace")
    token = tokens_for(browser, wiki)["access_token"]
    twice = post_form("/oauth/userinfo", {"access_token": token}, authorization=f"Bearer {token}")
    repeated = post_form("/oauth/userinfo", {"access_token": [token, token]})
    for response in (twice, repeated):
        assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_id_token_is_no_access_token(browser: Browser, add_wiki: Wikis, alg: str) -> None:
    """ASVS 9.2.2: each kind of token for its own purpose, though one key may sign both."""
    wiki = add_wiki("English wiki", id_token_signed_response_alg=alg)
    browser.sign_up("Grace")
    assert is_invalid_token(userinfo(tokens_for(browser, wiki)["id_token"]))


@pytest.mark.usefixtures("unlimited")
def test_access_token_forged_is_refused(browser: Browser, wiki: WikiClient) -> None:
    """ASVS 9.1: no algorithm, key or word of the sender's choice."""
    browser.sign_up("Grace")
    genuine = tokens_for(browser, wiki)["access_token"]
    forged = forgeries(genuine, browser)
    forged["huge"] = genuine + "A" * 9000
    # A header is Latin-1 at most.
    sent = {kind: token.encode("ascii", "replace").decode() for kind, token in forged.items()}
    believed = [kind for kind, token in sent.items() if not is_invalid_token(userinfo(token))]
    by_form = [
        kind
        for kind, token in forged.items()
        if not is_invalid_token(post_form("/oauth/userinfo", {"access_token": token}))
    ]
    assert (believed, by_form) == ([], [])


def signed_by_us(claims: dict[str, Any], **header: str) -> str:
    """A token that our own key signed, with what the test wants in it."""
    from joserfc import jwt

    from vault.signing_keys import signing_key

    key = signing_key("ES256")
    return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "at+jwt", **header}, claims, key.key)


def test_access_token_signed_by_us_for_something_else_is_refused(
    browser: Browser, wiki: WikiClient
) -> None:
    """ASVS 9.2: time, type, issuer, audience and grant are looked at one by one."""
    browser.sign_up("Grace")
    genuine = tokens_for(browser, wiki)["access_token"]
    payload = genuine.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert userinfo(signed_by_us(claims)).status_code == 200
    changed: dict[str, dict[str, Any]] = {
        "expired": {"exp": int(time.time()) - 1},
        "no exp": {"exp": None},
        "not yet": {"nbf": int(time.time()) + 3600},
        "made tomorrow": {"iat": int(time.time()) + 86_400, "exp": int(time.time()) + 90_000},
        "no iat": {"iat": None},
        "iat text": {"iat": "0"},
        "exp text": {"exp": "9999999999"},
        "other issuer": {"iss": "https://evil.example"},
        "other audience": {"aud": wiki.client_id},
        "audience list": {"aud": [claims["aud"], "x"]},
        "other wiki": {"client_id": "french-wiki"},
        "no grant": {"jti": None},
        "unknown grant": {"jti": "00000000-0000-4000-8000-000000000000"},
        "odd grant": {"jti": "\u0000"},
    }
    accepted = [
        name
        for name, change in changed.items()
        if not is_invalid_token(userinfo(signed_by_us({**claims, **change})))
    ]
    assert accepted == []
    for kind in ("JWT", "logout+jwt", ""):
        assert is_invalid_token(userinfo(signed_by_us(claims, typ=kind)))


def test_access_token_dies_with_its_session(browser: Browser, wiki: WikiClient) -> None:
    """V-disabled: signed out is signed out, also for the tokens that were given before."""
    browser.sign_up("Grace")
    token = tokens_for(browser, wiki)["access_token"]
    assert userinfo(token).status_code == 200
    browser.submit(browser.get("/logout"), "/logout")
    assert is_invalid_token(userinfo(token))


@pytest.mark.parametrize(
    "lockout",
    [
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "UPDATE vault.site SET epoch = epoch + 1",
        "UPDATE vault.wikis SET state = 'suspended'",
        "UPDATE vault.sessions SET expires_at = clock_timestamp()",
        "UPDATE vault.sessions SET last_seen_at = last_seen_at - interval '13 hours'",
    ],
)
def test_access_token_dies_with_a_lockout_or_the_sessions_end(
    browser: Browser, wiki: WikiClient, admin: psycopg.Connection, lockout: str
) -> None:
    """V-disabled: asked of the vault every time, so at once."""
    browser.sign_up("Grace")
    token = tokens_for(browser, wiki)["access_token"]
    admin.execute(lockout)
    assert is_invalid_token(userinfo(token))


def test_access_token_of_a_changed_password_is_dead(browser: Browser, wiki: WikiClient) -> None:
    """RFC 9700 section 4.14: what was given before the change ends with it."""
    browser.sign_up("Grace")
    token = tokens_for(browser, wiki)["access_token"]
    page = browser.get("/account/password")
    browser.submit(
        page, page.request["PATH_INFO"], current_password=PASSWORD, new_password="another fine one!"
    )
    assert is_invalid_token(userinfo(token))


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "head"])
def test_userinfo_by_other_methods_is_refused(browser: Browser, method: str) -> None:
    """GET and POST, as the standard has it."""
    assert getattr(browser, method)("/oauth/userinfo").status_code == 405
