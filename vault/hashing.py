"""Argon2id, in a bounded number at a time: the only expensive work of the site."""

import secrets
import threading
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw
from django.conf import settings

from vault.errors import VaultError

SALT_BYTES = 16
TAG_BYTES = 32

_slots: threading.BoundedSemaphore | None = None
_slots_lock = threading.Lock()


class HashingBusy(VaultError):
    """Too many passwords are being hashed already: come back in a few seconds."""

    retry_after = 5


@dataclass(frozen=True)
class Cost:
    """Argon2id's cost: memory in KiB, passes, lanes (RFC 9106 section 3.1)."""

    memory_kib: int
    time_cost: int
    parallelism: int

    @classmethod
    def today(cls) -> "Cost":
        """What new passwords are stored with: OWASP's recommendation or above."""
        return cls(
            settings.ARGON2_MEMORY_KIB, settings.ARGON2_TIME_COST, settings.ARGON2_PARALLELISM
        )

    def is_below(self, other: "Cost") -> bool:
        """Whether this costs an attacker less than ``other``."""
        return self.memory_kib * self.time_cost < other.memory_kib * other.time_cost


def new_salt() -> bytes:
    """16 random bytes."""
    return secrets.token_bytes(SALT_BYTES)


def _the_slots() -> threading.BoundedSemaphore:
    global _slots
    with _slots_lock:
        if _slots is None:
            _slots = threading.BoundedSemaphore(settings.HASHING_SLOTS)
        return _slots


def argon2id(secret: bytes, salt: bytes, cost: Cost) -> bytes:
    """The 32-byte tag. Raises ``HashingBusy`` when no slot is free within the patience set."""
    slots = _the_slots()
    if not slots.acquire(timeout=settings.HASHING_PATIENCE):
        raise HashingBusy
    try:
        return hash_secret_raw(
            secret,
            salt,
            time_cost=cost.time_cost,
            memory_cost=cost.memory_kib,
            parallelism=cost.parallelism,
            hash_len=TAG_BYTES,
            type=Type.ID,
        )
    finally:
        slots.release()
