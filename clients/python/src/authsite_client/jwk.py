"""Public keys out of a JWK Set (RFC 7517): those that can verify what this provider signs."""

from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .errors import Malformed
from .jws import VerificationKey, decode_base64url

MAX_KEYS: Final = 50
_RSA_BITS: Final = range(2048, 8193)
_LEAST_EXPONENT: Final = 65537


def read_keys(document: dict[str, Any]) -> dict[str, VerificationKey]:
    """The keys of a JWK Set by ``kid``; of other kinds, for other uses or too short: left out.

    A key is for one algorithm: P-256 for ES256, RSA for RS256, and ``alg`` must not say otherwise.
    Raises ``Malformed`` for what is no key set, and for a ``kid`` that is there twice.
    """
    listed = document.get("keys")
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise Malformed("that is no key set")
    keys: dict[str, VerificationKey] = {}
    for jwk in listed:
        key = _read_key(jwk) if isinstance(jwk, dict) else None
        if key is not None and key.kid in keys:
            raise Malformed("two keys have one kid")
        if key is not None:
            keys[key.kid] = key
    return keys


def _read_key(jwk: dict[str, Any]) -> VerificationKey | None:
    """None for a key that is none of ours to use (RFC 7517 section 5)."""
    kid, kind = jwk.get("kid"), jwk.get("kty")
    if not isinstance(kid, str) or not kid or jwk.get("use", "sig") != "sig":
        return None
    try:
        if kind == "EC" and jwk.get("crv") == "P-256" and jwk.get("alg", "ES256") == "ES256":
            return VerificationKey(kid, "ES256", _p256(jwk))
        if kind == "RSA" and jwk.get("alg", "RS256") == "RS256":
            return VerificationKey(kid, "RS256", _rsa(jwk))
    except (Malformed, ValueError):
        pass
    return None


def _p256(jwk: dict[str, Any]) -> ec.EllipticCurvePublicKey:
    """Raises ValueError for a point that is not on the curve."""
    numbers = ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), ec.SECP256R1())
    return numbers.public_key()


def _rsa(jwk: dict[str, Any]) -> rsa.RSAPublicKey:
    exponent, modulus = _number(jwk, "e"), _number(jwk, "n")
    if modulus.bit_length() not in _RSA_BITS or exponent < _LEAST_EXPONENT:
        raise Malformed("the RSA key is too weak, or too large")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _number(jwk: dict[str, Any], name: str) -> int:
    text = jwk.get(name)
    if not isinstance(text, str):
        raise Malformed("a number of the key is missing")
    return int.from_bytes(decode_base64url(text), "big")
