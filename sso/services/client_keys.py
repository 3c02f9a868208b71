"""The public keys with which a wiki signs its assertions: which are good (RFC 7517, RFC 7518)."""

import json
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

# Asymmetric alone: with a MAC the secret would have to be kept here to be read again.
# RFC 9864 calls Ed25519 what clients of before call EdDSA.
ASSERTION_ALGORITHMS: Final = ("ES256", "Ed25519", "EdDSA", "PS256", "RS256")
MAX_KEYS: Final = 20
_LEAST_RSA_BITS: Final = 2048
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_TYPES: Final = {"ES256": "EC", "Ed25519": "OKP", "EdDSA": "OKP", "PS256": "RSA", "RS256": "RSA"}
_CURVES: Final = {"P-256": ("ES256",), "Ed25519": ("Ed25519", "EdDSA")}


class KeysUnusable(Exception):
    """A key set that no assertion can be verified with; ``reason`` says what to mend."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_key_set(document: Any) -> KeySet:
    """The keys of a JWK Set that sign with an algorithm offered here; others are left out.

    Raises ``KeysUnusable``: not a set, none of use, a private or shared key, ids that repeat.
    """
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise KeysUnusable('write a JWK Set: {"keys": [...]}')
    if len(keys) > MAX_KEYS:
        raise KeysUnusable(f"a set may hold {MAX_KEYS} keys at most")
    for key in keys:
        if _PRIVATE & key.keys() or key.get("kty") == "oct":
            raise KeysUnusable(
                "the set holds a private key: keep that one secret, and make another"
            )
    usable = [key for key in keys if key.get("use", "sig") == "sig" and _algorithms_of(key)]
    if not usable:
        raise KeysUnusable(
            "no key of the set can sign with "
            + ", ".join(ASSERTION_ALGORITHMS)
            + " (P-256, Ed25519, or RSA of 2048 bits and more)"
        )
    kids = [key["kid"] for key in usable if "kid" in key]
    if len(usable) > 1 and (len(kids) < len(usable) or len(set(kids)) < len(kids)):
        raise KeysUnusable("give each key of the set a kid of its own")
    return KeySet.import_key_set({"keys": usable})


def _algorithms_of(key: dict[str, Any]) -> tuple[str, ...]:
    """The algorithms that a key of a set can be used with here; none for one that is no good."""
    possible: tuple[str, ...]
    try:
        if key.get("kty") == "RSA":
            bits = RSAKey.import_key(key).public_key.key_size
            possible = ("PS256", "RS256") if bits >= _LEAST_RSA_BITS else ()
        elif key.get("kty") == "EC":
            ECKey.import_key(key)
            possible = _CURVES[key["crv"]]
        elif key.get("kty") == "OKP":
            OKPKey.import_key(key)
            possible = _CURVES[key["crv"]]
        else:
            possible = ()
    except (JoseError, ValueError, TypeError, KeyError):
        return ()
    return tuple(alg for alg in possible if key.get("alg", alg) == alg)


def keys_for(algorithm: str, keys: KeySet) -> list[Key]:
    """The keys of a set that ``read_key_set`` gave, which can be used with an algorithm."""
    key_type = _TYPES[algorithm]
    return [key for key in keys.keys if key.key_type == key_type and key.alg in (None, algorithm)]


def canonical(document: dict[str, Any]) -> str:
    """A key set as it is kept: the same text for the same keys."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))
