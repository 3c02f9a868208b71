"""Signing out of a demo wiki: by its own button, and by the provider's logout tokens."""

import base64
import hashlib
import hmac
import time
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from .openid_provider import ALICE, EVENT, OpenIDProvider, Person, unsigned
from .test_sign_in import shown_name
from .wiki_process import Browser, WikiProcess


def is_signed_in(browser: Browser, wiki: WikiProcess) -> bool:
    """Whether the wiki takes this browser for anybody, with the provider's own session gone."""
    return shown_name(browser.get(f"{wiki.origin}/pages", headers={"Accept": "*/*"})) is not None


def test_sign_out_ends_the_session_here_and_at_the_provider(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """The button ends this session and takes the browser to the provider's end, and back."""
    page = signed_in.submit(signed_in.get(f"{wiki.origin}/"), "/auth/logout")
    assert page.url.path == "/auth/logged-out"
    assert "You are signed out" in page.text
    asked = provider.calls("/logout")[-1]
    assert asked["post_logout_redirect_uri"] == f"{wiki.origin}/auth/logged-out"
    assert asked["id_token_hint"].count(".") == 2
    assert asked["client_id"] == "en"
    assert wiki.rows("SELECT * FROM wiki_session") == []


def test_sign_out_from_another_site_is_refused(wiki: WikiProcess, signed_in: Browser) -> None:
    """Without the form's own token nobody is signed out."""
    assert signed_in.post(f"{wiki.origin}/auth/logout").status_code == 403
    assert signed_in.get(f"{wiki.origin}/auth/logout").status_code == 405
    assert is_signed_in(signed_in, wiki)


def test_logout_token_with_sid_ends_that_session_alone(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """A token that names one session leaves the person's other sessions alive."""
    provider.does.signed_in = Person(sub=ALICE.sub, name="Alice", sid="sid-alice-2")
    other = Browser()
    other.get(f"{wiki.origin}/auth/login")
    answer = wiki.post_logout_token(provider.logout_token(sid=ALICE.sid, sub=ALICE.sub))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert not is_signed_in(signed_in, wiki)
    assert is_signed_in(other, wiki)


def test_logout_token_with_sub_ends_all_sessions_of_that_person(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """A token without `sid` ends every session of its `sub`, and nobody else's."""
    provider.does.signed_in = Person(sub=ALICE.sub, name="Alice", sid="sid-alice-2")
    other = Browser()
    other.get(f"{wiki.origin}/auth/login")
    provider.does.signed_in = Person(sub="sub-bob", name="Bob", sid="sid-bob")
    bob = Browser()
    bob.get(f"{wiki.origin}/auth/login")
    assert wiki.post_logout_token(provider.logout_token(sub=ALICE.sub)).status_code == 200
    assert [is_signed_in(who, wiki) for who in (signed_in, other, bob)] == [False, False, True]


def test_logout_token_with_sid_of_one_and_sub_of_another_ends_nothing(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """Where both are named, both must fit."""
    wiki.post_logout_token(provider.logout_token(sid=ALICE.sid, sub="sub-bob"))
    assert is_signed_in(signed_in, wiki)


def test_logout_token_sent_again_is_a_success_that_does_nothing(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """A captured token cannot sign the person out again; a resend is told that it is done."""
    token = provider.logout_token(sub=ALICE.sub)
    assert wiki.post_logout_token(token).status_code == 200
    again = Browser()
    again.get(f"{wiki.origin}/auth/login")
    assert wiki.post_logout_token(token).status_code == 200
    assert is_signed_in(again, wiki)


@pytest.mark.parametrize(
    ("what", "claims"),
    [
        ("another issuer", {"iss": "http://evil.localhost"}),
        ("another wiki", {"aud": "fr"}),
        ("no audience", {"aud": None}),
        ("expired", {"exp": int(time.time()) - 3600}),
        ("no expiry", {"exp": None}),
        ("endless", {"exp": 10**18}),
        ("from the future", {"iat": int(time.time()) + 36000}),
        ("no time", {"iat": None}),
        ("time as text", {"iat": "now"}),
        ("no events", {"events": None}),
        ("another event", {"events": {"http://example.org/other": {}}}),
        ("events as text", {"events": EVENT}),
        ("event as text", {"events": {EVENT: "yes"}}),
        ("with a nonce", {"nonce": "n"}),
        ("no jti", {"jti": None}),
        ("jti as list", {"jti": ["a"]}),
        ("nobody named", {"sub": None}),
        ("sid as list", {"sid": [ALICE.sid]}),
        ("empty sid", {"sid": ""}),
    ],
)
def test_logout_token_with_wrong_claims_ends_nothing(
    wiki: WikiProcess,
    provider: OpenIDProvider,
    signed_in: Browser,
    what: str,
    claims: dict[str, Any],
) -> None:
    """Each claim is checked, and a refused token changes nothing."""
    answer = wiki.post_logout_token(provider.logout_token(**({"sub": ALICE.sub} | claims)))
    assert answer.status_code == 400, what
    assert is_signed_in(signed_in, wiki)


def signed_with_public_key(provider: OpenIDProvider, claims: dict[str, Any]) -> str:
    """The old trick: HS256 with the published RSA key as the shared secret."""
    key = provider.keys[0]
    header = {"alg": "HS256", "kid": key.kid, "typ": "logout+jwt"}
    signed = unsigned(header, claims).removesuffix(".")
    mac = hmac.new(key.as_pem(private=False), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def test_logout_token_that_is_not_signed_by_the_provider_ends_nothing(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """No signature, somebody else's, and the public key used as a shared secret are all refused."""
    honest = provider.logout_token(sub=ALICE.sub)
    stranger = RSAKey.generate_key(2048)
    claims = {"iss": provider.issuer, "aud": "en", "sub": ALICE.sub, "events": {EVENT: {}}}
    forged = [
        unsigned({"alg": "none", "typ": "logout+jwt"}, claims),
        honest.rpartition(".")[0] + ".",
        provider.logout_token(sub=ALICE.sub, key=stranger),
        provider.logout_token(sub=ALICE.sub, key=stranger, header={"kid": "unknown"}),
        signed_with_public_key(provider, claims),
        "",
        "x" * 5000,
        "a.b.c",
        "\x00.\x00.\x00",
    ]
    assert [wiki.post_logout_token(token).status_code for token in forged] == [400] * len(forged)
    assert is_signed_in(signed_in, wiki)


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", ""])
def test_logout_token_of_another_type_ends_nothing(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser, typ: str
) -> None:
    """A token of another kind cannot be passed off as a logout token."""
    answer = wiki.post_logout_token(provider.logout_token(sub=ALICE.sub, header={"typ": typ}))
    assert answer.status_code == 400
    assert is_signed_in(signed_in, wiki)


def test_logout_endpoint_without_exactly_one_token_answers_400(wiki: WikiProcess) -> None:
    """What is no logout request is told so, and GET is no way to ask."""
    address = f"{wiki.origin}/auth/backchannel"
    assert httpx.post(address, trust_env=False).status_code == 400
    twice = httpx.post(address, data={"logout_token": ["a", "b"]}, trust_env=False)
    assert twice.status_code == 400
    assert httpx.get(address, trust_env=False).status_code == 405


def test_logout_token_before_the_sign_in_arrives_refuses_that_sign_in(
    wiki: WikiProcess, provider: OpenIDProvider, browser: Browser
) -> None:
    """A session ended at the provider while its answer was on its way does not begin here."""
    begun = browser.get(f"{wiki.origin}/auth/login", follow_redirects=False)
    answer = browser.get(begun.headers["location"], follow_redirects=False)
    assert wiki.post_logout_token(provider.logout_token(sid=ALICE.sid)).status_code == 200
    assert browser.get(answer.headers["location"]).status_code == 400
    assert wiki.rows("SELECT * FROM wiki_session") == []


def test_session_ended_by_token_stays_ended_after_a_restart(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """What a logout token ended, and that it was used, survives the wiki's process."""
    token = provider.logout_token(sub=ALICE.sub)
    wiki.post_logout_token(token)
    wiki.stop()
    wiki.start()
    assert not is_signed_in(signed_in, wiki)
    again = Browser()
    again.get(f"{wiki.origin}/auth/login")
    assert wiki.post_logout_token(token).status_code == 200
    assert is_signed_in(again, wiki)


def test_reader_whose_session_was_ended_elsewhere_is_anonymous_without_a_loop(
    wiki: WikiProcess, provider: OpenIDProvider, signed_in: Browser
) -> None:
    """After signing out elsewhere the next page simply comes, anonymous."""
    provider.does.signed_in = None
    wiki.post_logout_token(provider.logout_token(sub=ALICE.sub))
    page = signed_in.get(f"{wiki.origin}/wiki/Tide")
    assert (page.status_code, page.url.path) == (200, "/wiki/Tide")
    assert shown_name(page) is None
    assert not signed_in.get(f"{wiki.origin}/wiki/Tide").history
