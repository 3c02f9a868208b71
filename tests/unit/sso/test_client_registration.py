"""What a wiki's keys, nonces, pushed requests and policy may be (RFC 7591, RFC 7517, RFC 9126)."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from sso.errors import MetadataInvalid
from sso.services.registration import register_wiki, registration_of
from tests.database.asking import value

GOOD: dict[str, Any] = {
    "client_name": "English wiki",
    "redirect_uris": ["https://wiki.example/callback"],
    "first_party": True,
}
BY_KEY = {"token_endpoint_auth_method": "private_key_jwt"}
JWKS_URI = "https://en.wiki.example/jwks"


def public(kid: str | None = None, **more: Any) -> dict[str, Any]:
    """A public key."""
    named = {"kid": kid} if kid else {}
    return {**ECKey.generate_key("P-256").as_dict(private=False), **named, **more}


def rsa(bits: int) -> dict[str, Any]:
    """An RSA key of so many bits."""
    return dict(RSAKey.generate_key(bits).as_dict(private=False))


@pytest.fixture(autouse=True)
def owner(
    admin: psycopg.Connection, playing: Callable[[str], AbstractContextManager[None]]
) -> Iterator[None]:
    """Wikis are registered by the owner."""
    with playing("owner"):
        yield


KEYS_REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({}, "needs the wiki's public keys"),
    "both": ({"jwks": {"keys": [public()]}, "jwks_uri": JWKS_URI}, "not both"),
    "a text": ({"jwks": json.dumps({"keys": [public()]})}, "write a JWK Set"),
    "a list": ({"jwks": [public()]}, "write a JWK Set"),
    "a key": ({"jwks": public()}, "write a JWK Set"),
    "keys a text": ({"jwks": {"keys": "x"}}, "write a JWK Set"),
    "keys of texts": ({"jwks": {"keys": ["x"]}}, "write a JWK Set"),
    "empty": ({"jwks": {"keys": []}}, "no key of the set"),
    "private": (
        {"jwks": {"keys": [ECKey.generate_key("P-256").as_dict(private=True)]}},
        "private key",
    ),
    "private beside a public one": (
        {"jwks": {"keys": [public("a"), RSAKey.generate_key(2048).as_dict(private=True)]}},
        "private key",
    ),
    "a shared secret": ({"jwks": {"keys": [OctKey.generate_key(256).as_dict()]}}, "private key"),
    "RSA of 1024 bits": ({"jwks": {"keys": [rsa(1024)]}}, "no key of the set"),
    "P-384": (
        {"jwks": {"keys": [ECKey.generate_key("P-384").as_dict(private=False)]}},
        "no key of the set",
    ),
    "X25519": (
        {"jwks": {"keys": [OKPKey.generate_key("X25519").as_dict(private=False)]}},
        "no key of the set",
    ),
    "for encryption": ({"jwks": {"keys": [public(use="enc")]}}, "no key of the set"),
    "for another algorithm": ({"jwks": {"keys": [public(alg="ES384")]}}, "no key of the set"),
    "off the curve": ({"jwks": {"keys": [public(x="AAAA")]}}, "no key of the set"),
    "two of one name": ({"jwks": {"keys": [public("a"), public("a")]}}, "kid of its own"),
    "one without a name": ({"jwks": {"keys": [public("a"), public()]}}, "kid of its own"),
    "too many": ({"jwks": {"keys": [public(f"k{n}") for n in range(21)]}}, "at most"),
    "address on http": ({"jwks_uri": "http://en.wiki.example/jwks"}, "must be https"),
    "address a list": ({"jwks_uri": [JWKS_URI]}, "must be a string"),
    "an HMAC": (
        {"jwks_uri": JWKS_URI, "token_endpoint_auth_signing_alg": "HS256"},
        "must be one of",
    ),
    "no algorithm": (
        {"jwks_uri": JWKS_URI, "token_endpoint_auth_signing_alg": "none"},
        "must be one of",
    ),
}


@pytest.mark.parametrize("case", KEYS_REFUSED)
def test_keys_that_prove_nothing_are_not_registered(case: str, admin: psycopg.Connection) -> None:
    """Each is answered with what to mend, and never with the key itself."""
    metadata, said = KEYS_REFUSED[case]
    with pytest.raises(MetadataInvalid) as refusal:
        register_wiki({**GOOD, **BY_KEY, **metadata})
    assert said in refusal.value.description
    assert '"d"' not in refusal.value.description
    assert value(admin, "SELECT count(*) FROM vault.wikis") == 0


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"jwks": {"keys": [public()]}}, "private_key_jwt only"),
        ({"token_endpoint_auth_signing_alg": "ES256"}, "private_key_jwt only"),
        ({"require_nonce": False}, "beside require_pkce false"),
        ({"require_nonce": False, "require_pkce": True}, "beside require_pkce false"),
        (
            {
                "require_nonce": False,
                "require_pkce": False,
                "token_endpoint_auth_method": "none",
            },
            "public wiki",
        ),
        ({"require_nonce": "no", "require_pkce": False}, "must be true or false"),
        ({"require_pushed_authorization_requests": "yes"}, "must be true or false"),
        ({"policy_uri": "http://en.wiki.example/"}, "must be https"),
        ({"policy_uri": 7}, "must be a string"),
    ],
)
def test_metadata_that_contradicts_itself_is_refused(metadata: dict[str, Any], said: str) -> None:
    """What would say nothing, and what would defend nothing."""
    with pytest.raises(MetadataInvalid) as refusal:
        register_wiki({**GOOD, **metadata})
    assert said in refusal.value.description


@pytest.mark.parametrize(
    "keys",
    [
        [public()],
        [public("a"), public("b")],
        [rsa(2048)],
        [OKPKey.generate_key("Ed25519").as_dict(private=False)],
        [public("a"), {"kty": "new", "kid": "from the future"}, public("enc", use="enc")],
    ],
    ids=["one", "two", "RSA", "Ed25519", "with some of no use"],
)
def test_keys_that_are_good_are_kept_as_they_were_given(keys: list[dict[str, Any]]) -> None:
    """Those of no use too, which section 5 of RFC 7517 lets a set hold."""
    answer = register_wiki({**GOOD, **BY_KEY, "jwks": {"keys": keys}})
    assert answer["jwks"] == {"keys": keys}
    assert "client_secret" not in answer
    assert registration_of(answer["client_id"])["jwks"] == {"keys": keys}


def test_registration_keeps_and_shows_what_a_client_asked_to_be_held_to() -> None:
    """RFC 9126 section 6, RFC 7591 section 2; the nonce only where it says anything."""
    asked = {
        "require_pushed_authorization_requests": True,
        "policy_uri": "https://en.wiki.example/privacy",
        "require_pkce": False,
        "require_nonce": False,
    }
    assert asked.items() <= register_wiki({**GOOD, **asked}).items()
    assert "require_nonce" not in register_wiki(GOOD)
