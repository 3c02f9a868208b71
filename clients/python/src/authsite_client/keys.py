"""The provider's public keys, at hand: fetched now and then, and for a ``kid`` not met before.

While the provider is away its last keys go on working, up to a stated age; whoever invents ``kid``s
cannot make this wiki flood it.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from .errors import KeysUnavailable, KeyUnknown, ProviderUnavailable
from .jws import VerificationKey

FRESH_SECONDS: Final = 300.0
OLDEST_SECONDS: Final = 24 * 3600.0
PAUSE_SECONDS: Final = 30.0


class Keys:
    """Finds keys by ``kid``; safe to share between threads. One fetch at a time.

    Takes ``fetch``, which gives the keys by ``kid`` or raises ``ProviderUnavailable``. Keys are
    fetched anew after ``fresh_seconds``; when that fails they work until they are
    ``oldest_seconds`` old. ``pause_seconds``: how long an unknown ``kid`` causes no new fetch after
    one that came to nothing. Ages are of a clock that nobody sets.
    """

    def __init__(
        self,
        fetch: Callable[[], Mapping[str, VerificationKey]],
        *,
        fresh_seconds: float = FRESH_SECONDS,
        oldest_seconds: float = OLDEST_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._fresh_seconds = fresh_seconds
        self._oldest_seconds = oldest_seconds
        self._pause_seconds = pause_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: Mapping[str, VerificationKey] | None = None
        self._fetched_at = float("-inf")
        self._pause_until = float("-inf")
        self._tries = 0
        self._has_failed = False

    def find(self, kid: str) -> VerificationKey:
        """The key of this ``kid``.

        Raises ``KeyUnknown`` when the provider does not have it, ``KeysUnavailable`` when that
        cannot be known now: no keys at all, or too old, and the provider does not answer.
        """
        if self._age() > self._fresh_seconds:
            self._refresh(wait=self._usable() is None)
        keys = self._usable()
        if keys is None:
            raise KeysUnavailable("the provider's keys cannot be had")
        return keys[kid] if kid in keys else self._find_new(kid)

    def _find_new(self, kid: str) -> VerificationKey:
        """Rotated since? Asks, unless that came to nothing a moment ago."""
        if self._clock() >= self._pause_until:
            self._refresh(wait=True)
            found = (self._usable() or {}).get(kid)
            if found is not None:
                return found
            self._pause_until = self._clock() + self._pause_seconds
        if self._has_failed:
            raise KeysUnavailable("the provider cannot be asked about this key")
        raise KeyUnknown("kid names no key of the provider")

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _usable(self) -> Mapping[str, VerificationKey] | None:
        return self._keys if self._age() <= self._oldest_seconds else None

    def _refresh(self, *, wait: bool) -> None:
        """Fetches, or lets another thread do it; whoever waited for that does not repeat it.

        Old keys that still work are not waited for, nor is a provider that has just failed.
        """
        if not wait and self._clock() < self._pause_until:
            return
        tries = self._tries
        if not self._lock.acquire(blocking=wait):
            return
        try:
            if self._tries == tries:
                self._fetch_once()
        finally:
            self._lock.release()

    def _fetch_once(self) -> None:
        try:
            self._keys = self._fetch()
            self._fetched_at = self._clock()
            self._has_failed = False
        except ProviderUnavailable:
            self._has_failed = True
            self._pause_until = self._clock() + self._pause_seconds
        finally:
            self._tries += 1
