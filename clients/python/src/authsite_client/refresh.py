"""Asks the provider whether a session goes on: one request at a time a session.

Two processes of one wiki may still ask at once: within a minute the provider gives both the same
successor (docs/wikis.md), so that needs no lock between them.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from .errors import GrantRefused, Overtaken, ProviderUnavailable, TokenRefused
from .sessions import Refreshed, Refused, SessionRecord, Unreachable

# Takes a token endpoint's answer; gives it verified. Raises TokenRefused, KeysUnavailable.
Verify = Callable[[Mapping[str, Any]], Refreshed]


class _Refreshes(Protocol):
    def refresh(self, refresh_token: str) -> Mapping[str, Any]:
        """See ``Provider.refresh``."""
        ...


def ask(
    provider: _Refreshes, record: SessionRecord, verify: Verify
) -> Refreshed | Refused | Unreachable:
    """What the provider says of a session (RFC 6749 section 6). Raises nothing.

    A no is ``Refused``, and so is a token that a higher epoch has overtaken, or that speaks of
    another person or session. No answer, or one that cannot be verified, is ``Unreachable``: to
    ask again within a minute is safe.
    """
    if record.refresh_token is None:
        return Refused()
    try:
        given = verify(provider.refresh(record.refresh_token))
    except (GrantRefused, Overtaken):
        return Refused()
    except (ProviderUnavailable, TokenRefused):
        return Unreachable()
    if (given.claims.sub, given.claims.sid) != (record.claims.sub, record.claims.sid):
        return Refused()
    return given


class OneAtATime:
    """A lock for each key that is in use, and none for the others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def holding(self, key: str) -> Iterator[None]:
        """Waits for the turn of this key."""
        with self._lock:
            lock, waiting = self._held.get(key, (threading.Lock(), 0))
            self._held[key] = (lock, waiting + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                waiting = self._held[key][1]
                if waiting == 1:
                    del self._held[key]
                else:
                    self._held[key] = (lock, waiting - 1)
