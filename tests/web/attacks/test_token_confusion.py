"""Tokens in each other's place, and keys that are none (RFC 9700 4.6, 4.9 and 4.10, ASVS V9)."""

import time
from typing import Any

import pytest
from joserfc import jwt

from tests.environment import ISSUER
from tests.web.forgeries import forgeries
from tests.web.people import Browser, WikiClient, answer_of, ask, claims_of, tokens_for
from tests.web.test_logout import is_signed_in, leave
from tests.web.test_userinfo import userinfo
from vault.signing_keys import signing_key

pytestmark = pytest.mark.usefixtures("unlimited")


def signed(claims: dict[str, Any], typ: str, alg: str = "RS256") -> str:
    """What our own key signs, of whatever type."""
    key = signing_key(alg)
    return jwt.encode({"alg": alg, "kid": key.kid, "typ": typ}, claims, key.key)


@pytest.fixture
def tokens(grace: Browser, wiki: WikiClient) -> dict[str, Any]:
    """What the wiki holds of Grace."""
    return tokens_for(grace, wiki)


@pytest.fixture
def logout_token(wiki: WikiClient, tokens: dict[str, Any]) -> str:
    """What the wiki is told when her session ends, with everything else that an ID token has."""
    return signed(
        {
            **claims_of(tokens["id_token"]),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            "jti": "x",
        },
        "logout+jwt",
    )


def is_hint(browser: Browser, wiki: WikiClient, token: str) -> bool:
    """Whether a token counts as a hint, when signing in or out."""
    silent = answer_of(ask(browser, wiki, id_token_hint=token, prompt="none"))
    page = leave(browser, id_token_hint=token)
    return silent.get("error") != "invalid_request" or "Stay signed in" not in page.content.decode()


def test_token_confusion_no_other_token_is_a_hint(
    grace: Browser, wiki: WikiClient, tokens: dict[str, Any], logout_token: str
) -> None:
    """ASVS 9.2.2: neither an access token nor a logout token, signed by us though they are."""
    claims = claims_of(tokens["id_token"])
    others = {
        "access token": tokens["access_token"],
        "logout token": logout_token,
        **{
            f"typ {typ}": signed(claims, typ)
            for typ in ("at+jwt", "logout+jwt", "jwt", "", "application/jwt", "secevent+jwt")
        },
        "no sid": signed({**claims, "sid": None}, "JWT"),
        "no sub": signed({**claims, "sub": None}, "JWT"),
        "two audiences": signed({**claims, "aud": [wiki.client_id, "x"]}, "JWT"),
        "another issuer": signed({**claims, "iss": f"{ISSUER}/"}, "JWT"),
        "made tomorrow": signed({**claims, "iat": int(time.time()) + 86_400}, "JWT"),
        "not yet": signed({**claims, "nbf": int(time.time()) + 86_400}, "JWT"),
    }
    assert [kind for kind, token in others.items() if is_hint(grace, wiki, token)] == []
    assert is_signed_in(grace)
    # And the same claims under the right type are one.
    assert is_hint(grace, wiki, signed(claims, "JWT"))


def test_token_confusion_no_other_token_opens_userinfo_or_is_active(
    grace: Browser, wiki: WikiClient, tokens: dict[str, Any], logout_token: str
) -> None:
    """RFC 9700 4.9, RFC 9068 section 4: the type, and the algorithm of access tokens alone."""
    claims = claims_of(tokens["access_token"])
    assert userinfo(signed(claims, "at+jwt", "ES256")).status_code == 200
    others = {
        "ID token": tokens["id_token"],
        "logout token": logout_token,
        "cookie": grace.cookies["__Host-session"].value,
        "the other algorithm": signed(claims, "at+jwt", "RS256"),
        **{
            f"typ {typ}": signed(claims, typ, "ES256")
            for typ in ("JWT", "logout+jwt", "AT+JWT ", "")
        },
        "expired": signed({**claims, "exp": int(time.time()) - 1}, "at+jwt", "ES256"),
        "not yet": signed({**claims, "nbf": int(time.time()) + 3600}, "at+jwt", "ES256"),
    }
    opened = [kind for kind, token in others.items() if userinfo(token).status_code != 401]
    active = [kind for kind, token in others.items() if wiki.introspect(token).json()["active"]]
    assert (opened, active) == ([], [])


def test_token_confusion_no_forged_token_is_active_or_revokes(
    grace: Browser, wiki: WikiClient, tokens: dict[str, Any]
) -> None:
    """ASVS 9.1: none of what somebody without our keys can make; the real one goes on."""
    forged = {
        kind: token
        for kind, token in forgeries(tokens["access_token"], grace).items()
        if "tampered" not in kind
    }
    active = [kind for kind, token in forged.items() if wiki.introspect(token).json()["active"]]
    assert active == []
    for token in forged.values():
        assert wiki.revoke(token).status_code == 200
    assert userinfo(tokens["access_token"]).status_code == 200


def test_token_confusion_no_token_is_a_session_and_no_session_a_token(
    grace: Browser, wiki: WikiClient, tokens: dict[str, Any], logout_token: str
) -> None:
    """RFC 9700 4.10: what a wiki holds opens no page here, what the browser holds no endpoint."""
    for token in (tokens["id_token"], tokens["access_token"], logout_token):
        thief = Browser()
        thief.cookies["__Host-session"] = token
        assert not is_signed_in(thief)
        assert answer_of(ask(thief, wiki, prompt="none"))["error"] == "login_required"
    assert wiki.redeem(grace.cookies["__Host-session"].value).status_code == 400
    assert wiki.refresh(tokens["access_token"]).status_code == 400


def test_access_token_injection_has_no_way_in(grace: Browser, wiki: WikiClient) -> None:
    """RFC 9700 4.6, 2.1.2: no answer in the browser ever carries an access token."""
    for response_type in ("token", "id_token token", "code token", "code id_token token", "none"):
        for mode in (None, "query", "fragment", "form_post"):
            answer = ask(grace, wiki, response_type=response_type, response_mode=mode)
            said = answer.headers.get("Location", "") + answer.content.decode()
            assert "unsupported_response_type" in said
            assert "access_token" not in said
            assert "#" not in answer.headers.get("Location", "")
