"""Key rings: keys with ids, one ring for each purpose; the first key of a ring is the active one.

A ring is written ``id:base64url,id:base64url``; each key is 32 random bytes. What is made with a
ring names the key it was made with, so that an older key stays readable until it is taken out.
"""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass, field
from itertools import pairwise

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vault.errors import KeyUnknown

KEY_BYTES = 32
_ID = re.compile(r"[a-z0-9-]{1,20}\Z")


def new_key(key_id: str) -> str:
    """A ring of one new random key, as it is written in the environment."""
    return f"{key_id}:{base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def _is_pattern(key: bytes) -> bool:
    """Whether these bytes were typed or counted: few different ones, text, equal steps."""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    return len(set(key)) < 8 or len(steps) == 1 or all(32 <= byte < 127 for byte in key)


@dataclass(frozen=True, eq=False)
class KeyRing:
    """The keys of one purpose. Neither ``repr`` nor an error ever shows a key."""

    name: str
    active_id: str
    _keys: dict[str, bytes] = field(repr=False)
    _derived: dict[tuple[str, str], bytes] = field(repr=False, default_factory=dict)

    @classmethod
    def parse(cls, name: str, text: str) -> "KeyRing":
        """Reads a ring; raises ``ValueError`` with one line that names ``name`` and the fault."""
        keys: dict[str, bytes] = {}
        for part in text.split(","):
            key_id, colon, encoded = part.strip().partition(":")
            if not colon or not _ID.match(key_id):
                raise ValueError(f"{name}: write it as id:base64url[,id:base64url]")
            if key_id in keys:
                raise ValueError(f"{name}: the key id {key_id} stands there twice")
            try:
                padded = encoded + "=" * (-len(encoded) % 4)
                key = base64.b64decode(padded, altchars=b"-_", validate=True)
            except binascii.Error:
                raise ValueError(f"{name}: the key {key_id} is not base64url") from None
            if len(key) != KEY_BYTES:
                raise ValueError(f"{name}: the key {key_id} must have {KEY_BYTES} bytes")
            if _is_pattern(key):
                raise ValueError(f"{name}: the key {key_id} is not random")
            if key in keys.values():
                raise ValueError(f"{name}: the key {key_id} repeats another of the ring")
            keys[key_id] = key
        return cls(name=name, active_id=next(iter(keys)), _keys=keys)

    def shares_a_key_with(self, other: "KeyRing") -> bool:
        """Whether one key stands in both rings: no key may serve two purposes."""
        return not set(self._keys.values()).isdisjoint(other._keys.values())  # noqa: SLF001 - its own kind

    def stands_in(self, text: str) -> bool:
        """Whether a key of this ring stands in that text, however it is written there."""
        written = text.replace("+", "-").replace("/", "_")
        return any(
            base64.urlsafe_b64encode(key).decode().rstrip("=") in written
            or key.hex() in text.lower()
            for key in self._keys.values()
        )

    def key(self, key_id: str, purpose: str) -> bytes:
        """The 32-byte key for ``purpose``, derived by HKDF-SHA256 (RFC 5869) from the named key.

        Raises ``KeyUnknown`` when the ring has no key of that id.
        """
        derived = self._derived.get((key_id, purpose))
        if derived is None:
            try:
                key = self._keys[key_id]
            except KeyError:
                raise KeyUnknown(f"{self.name} has no key {key_id!r}") from None
            hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
            derived = self._derived[key_id, purpose] = hkdf.derive(key)
        return derived

    def derived(self, purpose: str) -> str:
        """A ring of the keys for one purpose alone: the others cannot be worked out of it."""
        return ",".join(
            f"{key_id}:{base64.urlsafe_b64encode(self.key(key_id, purpose)).decode()}"
            for key_id in self._keys
        )

    def given_keys(self) -> list[bytes]:
        """The keys as they were given: for a ring that ``derived`` made, and for no other."""
        return list(self._keys.values())

    def key_ids(self) -> list[str]:
        """The ids of all keys, the active one first."""
        return list(self._keys)
