"""The thief owns one wiki: its client secret, its tokens, and everybody who visits it."""

import base64
import json
from collections.abc import Callable

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from demo.databases import LOGINS
from tests.drills.loot import Loot
from tests.environment import DATABASE_PASSWORDS
from tests.web.people import Browser, WikiClient, answer_of, claims_of, post_form
from vault import signing_keys

AddWiki = Callable[..., WikiClient]


@pytest.fixture
def victim(browser: Browser) -> Browser:
    """Somebody who is signed in at the auth site and visits wikis."""
    browser.sign_up("Victim")
    return browser


def _code_for(browser: Browser, wiki: WikiClient) -> str:
    return answer_of(browser.get("/oauth/authorize", wiki.request()))["code"]


def _unsigned(claims: dict[str, object]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    encoded = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
    ]
    return ".".join([*encoded, ""])


def test_wiki_gets_an_assertion_for_itself_alone(
    victim: Browser, wiki: WikiClient, add_wiki: AddWiki, loot: Loot
) -> None:
    """What it is given names it as audience, and says no more than it was registered for."""
    other = add_wiki("French wiki")
    tokens = wiki.redeem(_code_for(victim, wiki)).json()
    claims = claims_of(tokens["id_token"])
    assert claims["aud"] == wiki.client_id
    assert claims["aud"] != other.client_id
    assert "email" not in claims
    told = Browser().get(
        "/oauth/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"}
    )
    assert set(told.json()) <= {"sub", "preferred_username", "name"}
    loot.gained("sub, name and sid of those who come to it")


def test_wiki_forges_no_assertion_from_what_it_knows(
    victim: Browser, wiki: WikiClient, loot: Loot
) -> None:
    """Neither unsigned, nor signed with public keys as if they were shared, nor with its secret."""
    genuine = claims_of(wiki.redeem(_code_for(victim, wiki)).json()["id_token"])
    forged = {**genuine, "aud": "another-wiki", "preferred_username": "Somebody Else"}
    published = Browser().get("/.well-known/jwks.json").json()["keys"]
    assert all(not {"d", "p", "q", "k"} & set(key) for key in published)
    shared = [json.dumps(key).encode() for key in published]
    shared.append(str(wiki.registration["client_secret"]).encode())
    tokens = [_unsigned(forged)]
    for key in shared:
        header = {"alg": "HS256", "kid": published[0]["kid"]}
        tokens.append(jwt.encode(header, forged, OctKey.import_key(key), algorithms=["HS256"]))
    for token in tokens:
        with pytest.raises((JoseError, ValueError)):
            claims_of(token)
        bearer = {"authorization": f"Bearer {token}"}
        assert Browser().get("/oauth/userinfo", headers=bearer).status_code == 401
    loot.refused("an assertion that another wiki, or this site, would believe")


def test_wiki_redeems_no_code_of_another(
    victim: Browser, wiki: WikiClient, add_wiki: AddWiki, loot: Loot
) -> None:
    """A code that leaked from another wiki is worth nothing here, and stays good there."""
    other = add_wiki("French wiki")
    code = _code_for(victim, other)
    stolen = wiki.redeem(code, redirect_uri=other.redirect_uri, code_verifier=other.verifier)
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert other.redeem(code).status_code == 200
    loot.refused("another wiki's code, even with its verifier")


def test_wiki_uses_no_token_for_anything_else(
    victim: Browser, wiki: WikiClient, loot: Loot
) -> None:
    """An ID token is no access token; neither is a cookie, nor a password."""
    tokens = wiki.redeem(_code_for(victim, wiki)).json()
    bearer = {"authorization": f"Bearer {tokens['id_token']}"}
    assert Browser().get("/oauth/userinfo", headers=bearer).status_code == 401
    for token in tokens["id_token"], tokens["access_token"]:
        thief = Browser()
        thief.cookies["__Host-session"] = token
        assert thief.get("/account/").status_code == 303
    for grant_type in ("password", "client_credentials", "implicit"):
        refused = post_form(
            "/oauth/token",
            {"grant_type": grant_type, "username": "Victim", "password": "x"},
            authorization=wiki.basic(),
        )
        assert refused.status_code == 400
        assert refused.json()["error"] == "unsupported_grant_type"
    loot.refused("the account page, another grant, or a password to try")


def test_wiki_learns_nothing_of_a_browser_that_is_not_signed_in(
    victim: Browser, wiki: WikiClient, loot: Loot
) -> None:
    """Asking without the person's cookie, its sub and sid in hand, gives login_required."""
    claims = claims_of(wiki.redeem(_code_for(victim, wiki)).json()["id_token"])
    answer = answer_of(
        Browser().get("/oauth/authorize", wiki.request(prompt="none", login_hint=claims["sub"]))
    )
    assert answer["error"] == "login_required"
    assert "code" not in answer
    loot.gained("silent sign-in of those who visit it while they are signed in")


def test_wiki_after_the_person_signed_out_has_a_dead_token(
    victim: Browser, wiki: WikiClient, loot: Loot
) -> None:
    """What it kept ends with the session (V-revoke)."""
    access_token = wiki.redeem(_code_for(victim, wiki)).json()["access_token"]
    bearer = {"authorization": f"Bearer {access_token}"}
    assert Browser().get("/oauth/userinfo", headers=bearer).status_code == 200
    victim.submit(victim.get("/logout"), "/logout")
    assert Browser().get("/oauth/userinfo", headers=bearer).status_code == 401
    loot.refused("anything of a session that is over")


def test_wiki_holds_no_key_and_no_login_of_the_vault(
    vault: None, wiki: WikiClient, loot: Loot
) -> None:
    """All that registration gave it: nothing in there opens a database or signs."""
    given = json.dumps(wiki.registration)
    for password in DATABASE_PASSWORDS.values():
        assert password not in given
    for login in LOGINS.values():
        assert login not in given
    assert signing_keys.signing_key("RS256").kid not in given
    loot.refused("a way into the vault")
