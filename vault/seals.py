"""Sealing (AES-256-GCM) and MACs (HMAC-SHA256) over what the vault stores but must not read.

A seal binds its purpose and what it belongs to as associated data: moved to another row, it breaks.
"""

import hmac
import secrets
from collections.abc import Iterable
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from vault.errors import KeyUnknown, SealBroken
from vault.keys import KeyRing

# What a MAC can cover. A tuple is one field, framed within: a list, or what may be absent.
Field = str | int | bytes | UUID | tuple[str | bytes, ...]

_VERSION = 1
_NONCE_BYTES = 12


def _framed(fields: Iterable[Field]) -> bytes:
    """The fields with their lengths in front, so that no two lists of fields look alike."""
    framed = bytearray()
    for field in fields:
        if isinstance(field, str):
            part = field.encode()
        elif isinstance(field, bytes):
            part = field
        elif isinstance(field, tuple):
            part = _framed(field)
        else:
            part = str(field).encode()
        framed += len(part).to_bytes(4, "big")
        framed += part
    return bytes(framed)


def seal(ring: KeyRing, purpose: str, plain: bytes, belongs_to: bytes) -> bytes:
    """Encrypts ``plain`` for ``purpose`` and ``belongs_to`` under the ring's active key.

    Gives: version, length of the key's id, id, nonce, ciphertext with tag.
    """
    key_id = ring.active_id
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(ring.key(key_id, purpose)).encrypt(nonce, plain, _framed((purpose, belongs_to)))
    return bytes([_VERSION, len(key_id)]) + key_id.encode() + nonce + sealed


def unseal(ring: KeyRing, purpose: str, sealed: bytes, belongs_to: bytes) -> bytes:
    """Gives back what was sealed for exactly this purpose and owner.

    Raises ``SealBroken`` for anything else, ``KeyUnknown`` when the ring lacks the key.
    """
    if len(sealed) < 2 or sealed[0] != _VERSION:
        raise SealBroken(purpose)
    nonce_at = 2 + sealed[1]
    body_at = nonce_at + _NONCE_BYTES
    key = ring.key(sealed[2:nonce_at].decode("ascii", "replace"), purpose)
    try:
        return AESGCM(key).decrypt(
            sealed[nonce_at:body_at], sealed[body_at:], _framed((purpose, belongs_to))
        )
    except (InvalidTag, ValueError):
        raise SealBroken(purpose) from None


def optional(value: str | bytes | None) -> tuple[str | bytes, ...]:
    """A field that may be absent, so that nothing and an empty text have different MACs."""
    return () if value is None else (value,)


def mac(ring: KeyRing, key_id: str, purpose: str, *fields: Field) -> bytes:
    """HMAC-SHA256 over the fields, in order, under the named key. Raises ``KeyUnknown``."""
    return _mac(ring.key(key_id, purpose), *fields)


def _mac(key: bytes, *fields: Field) -> bytes:
    return hmac.digest(key, _framed(fields), "sha256")


def is_mac(given: bytes, ring: KeyRing, key_id: str, purpose: str, *fields: Field) -> bool:
    """Whether ``given`` is the MAC of these fields, compared in constant time.

    Raises ``KeyUnknown``.
    """
    return hmac.compare_digest(given, mac(ring, key_id, purpose, *fields))


def is_ours(
    given: bytes | None, ring: KeyRing, key_id: str | None, purpose: str, *fields: Field
) -> bool:
    """As ``is_mac``, for what stands in a row: also false without a MAC, or for an unknown key."""
    if not given or not key_id:
        return False
    try:
        return is_mac(given, ring, key_id, purpose, *fields)
    except KeyUnknown:
        return False


def seal_address(address: str, account_id: UUID) -> bytes:
    """Seals an e-mail address for its account."""
    return seal(settings.ADDRESS_KEYS, "address", address.encode(), account_id.bytes)


def open_address(sealed: bytes, account_id: UUID) -> str:
    """The e-mail address of that account. Raises ``SealBroken`` or ``KeyUnknown``."""
    return unseal(settings.ADDRESS_KEYS, "address", sealed, account_id.bytes).decode()


def address_digest(normal_form: str) -> tuple[bytes, str]:
    """The keyed digest by which an address is looked up, and the id of its key."""
    ring: KeyRing = settings.ADDRESS_KEYS
    return mac(ring, ring.active_id, "address-lookup", normal_form), ring.active_id


def address_digests(normal_form: str) -> list[bytes]:
    """The digests by which an address may be stored: under each key of the ring."""
    ring: KeyRing = settings.ADDRESS_KEYS
    return [mac(ring, key_id, "address-lookup", normal_form) for key_id in ring.key_ids()]


def lookup_digests(normal_form: str) -> list[bytes]:
    """The same, by the keys for look-ups alone, which the operator's process has (docs/keys.md)."""
    ring: KeyRing = settings.ADDRESS_LOOKUP_KEYS
    return [_mac(key, normal_form) for key in ring.given_keys()]
