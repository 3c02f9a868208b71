"""Tokens of ours are JWS as RFC 7515 and 7518 have it: a library that nobody here wrote agrees."""

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from sso.services.jws import sign
from vault.signing_keys import SigningKey

CLAIMS = {"sub": "Zoë 中", "amr": ["pwd", "otp"], "n": 7, "events": {"x": {}}}
EC = ECKey.generate_key("P-256", private=True)
RSA = RSAKey.generate_key(2048, private=True)


@pytest.mark.parametrize(("alg", "key"), [("ES256", EC), ("RS256", RSA)])
def test_token_is_verified_by_the_public_key(alg: str, key: ECKey | RSAKey) -> None:
    """Many times, since each signature by ES256 is another, and its numbers may be short."""
    public = type(key).import_key(key.as_dict(private=False))
    for _ in range(300 if alg == "ES256" else 3):
        token = sign(SigningKey("kid-1", alg, key), "at+jwt", CLAIMS)
        read = jwt.decode(token, public, algorithms=[alg])
        assert read.claims == CLAIMS
        assert read.header == {"alg": alg, "kid": "kid-1", "typ": "at+jwt"}
        assert "=" not in token


def test_two_keys_have_headers_of_their_own() -> None:
    """What is remembered of one key is said of no other."""
    one = sign(SigningKey("one", "ES256", EC), "JWT", CLAIMS)
    other = sign(SigningKey("other", "ES256", EC), "JWT", CLAIMS)
    assert one.partition(".")[0] != other.partition(".")[0]


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("RS256", EC),
        ("ES256", RSA),
        ("none", EC),
        ("HS256", RSA),
        ("ES256", ECKey.import_key(EC.as_dict(private=False))),
    ],
)
def test_key_that_is_not_of_its_algorithm_signs_nothing(alg: str, key: ECKey | RSAKey) -> None:
    """Nor does a public one."""
    with pytest.raises(ValueError, match="no key for"):
        sign(SigningKey("kid", alg, key), "JWT", CLAIMS)


def test_key_of_another_curve_signs_nothing() -> None:
    """ES256 is P-256 and no other."""
    key = SigningKey("kid", "ES256", ECKey.generate_key("P-384", private=True))
    with pytest.raises(OverflowError):  # numbers that happen to fit are one in 2**256
        sign(key, "JWT", CLAIMS)
