"""Our own tokens in the compact serialization of JWS (RFC 7515 section 7.1): made, never read.

Reading tokens is joserfc's. To make one of ours there is nothing to choose or to check: the key
says the algorithm, and a key's header is the same each time.
"""

import json
from base64 import urlsafe_b64encode
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from vault.signing_keys import SigningKey

_COORDINATE_BYTES: Final = 32  # of P-256
_json = json.JSONEncoder(separators=(",", ":")).encode


def sign(key: SigningKey, typ: str, claims: dict[str, Any]) -> str:
    """The token of that type (``typ``) and with these claims, signed by the key's algorithm."""
    said = _header(key.alg, key.kid, typ) + b"." + _base64url(_json(claims).encode())
    return (said + b"." + _base64url(_signature(key, said))).decode()


def _signature(key: SigningKey, said: bytes) -> bytes:
    """RFC 7518 sections 3.3 and 3.4. Raises ``ValueError`` for a key that is not of its ``alg``."""
    private = key.key.private_key
    if key.alg == "ES256" and isinstance(private, EllipticCurvePrivateKey):
        numbers = decode_dss_signature(private.sign(said, ECDSA(SHA256())))
        return b"".join(number.to_bytes(_COORDINATE_BYTES, "big") for number in numbers)
    if key.alg == "RS256" and isinstance(private, RSAPrivateKey):
        return private.sign(said, PKCS1v15(), SHA256())
    raise ValueError(f"no key for {key.alg}")


@lru_cache(maxsize=32)  # keys change by the month, types are three
def _header(alg: str, kid: str, typ: str) -> bytes:
    return _base64url(_json({"alg": alg, "kid": kid, "typ": typ}).encode())


def _base64url(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")
