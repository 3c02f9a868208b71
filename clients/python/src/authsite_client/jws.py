"""Reads a compact JWS (RFC 7515) strictly, once, and checks its signature.

What two readers could read in two ways is refused: members that are there twice, base64url with
spare bits, numbers that are none. Only ES256 and RS256 exist here (RFC 7518 section 3), each with
its own kind of key, so that neither ``none`` nor a public key used as a shared secret is possible.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from .errors import BadSignature, Malformed, WrongAlgorithm

Algorithm = Literal["ES256", "RS256"]
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("ES256", "RS256")
MAX_TOKEN: Final = 8000
_ES256_BYTES: Final = 64


@dataclass(frozen=True)
class VerificationKey:
    """A public key with the one algorithm that it is for."""

    kid: str
    alg: Algorithm
    public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey = field(repr=False)


@dataclass(frozen=True)
class Parsed:
    """A token taken apart; nothing of it is to be believed before ``verify_signature``."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def parse(token: str) -> Parsed:
    """Takes a compact JWS apart (RFC 7515 section 5.2, steps 1 to 5). Raises ``Malformed``.

    8,000 characters at most. ``crit`` and ``b64`` are refused: no extension is understood here.
    """
    if len(token) > MAX_TOKEN:
        raise Malformed("the token is too long")
    parts = token.split(".")
    if len(parts) != 3:
        raise Malformed("a token has three parts")
    header, payload, signature = (decode_base64url(part) for part in parts)
    said = strict_object(header)
    if said.keys() & {"crit", "b64"}:
        raise Malformed("the token has an extension that is not understood")
    signed = f"{parts[0]}.{parts[1]}".encode("ascii")
    return Parsed(said, strict_object(payload), signed, signature)


def verify_signature(parsed: Parsed, key: VerificationKey) -> None:
    """Checks a signature with the one key that may have made it (RFC 7515 section 5.2).

    Raises ``WrongAlgorithm`` when the header names another algorithm than the key is for, and
    ``BadSignature``.
    """
    if parsed.header.get("alg") != key.alg:
        raise WrongAlgorithm("alg is not that of the key")
    try:
        if isinstance(key.public, rsa.RSAPublicKey):
            key.public.verify(parsed.signature, parsed.signed, padding.PKCS1v15(), SHA256())
        else:
            der = _der_of(parsed.signature)
            key.public.verify(der, parsed.signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise BadSignature("the signature is not the key's") from None


def _der_of(signature: bytes) -> bytes:
    """An ES256 signature, two numbers side by side (RFC 7518 section 3.4), as DER."""
    if len(signature) != _ES256_BYTES:
        raise BadSignature("the signature is not the key's")
    half = _ES256_BYTES // 2
    numbers = (signature[:half], signature[half:])
    return encode_dss_signature(*(int.from_bytes(number, "big") for number in numbers))


def decode_base64url(text: str) -> bytes:
    """Bytes of base64url without padding, the one way of writing them alone. Raises Malformed."""
    try:
        raw = text.encode("ascii")
        decoded = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise Malformed("that is no base64url") from None
    if encode_base64url(decoded) != text:
        raise Malformed("that is no base64url")
    return decoded


def encode_base64url(raw: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def strict_object(raw: bytes) -> dict[str, Any]:
    """A JSON object in UTF-8 whose members are each there once (RFC 8725 section 2.4).

    Raises ``Malformed`` for anything else, and for numbers that JSON does not have.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_number
        )
    except (ValueError, RecursionError):
        raise Malformed("that is no JSON object") from None
    if not isinstance(value, dict):
        raise Malformed("that is no JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("a member is there twice")
    return members


def _no_number(_text: str) -> float:
    raise Malformed("JSON has no such number")
