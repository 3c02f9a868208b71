"""The keys that a wiki publishes at its ``jwks_uri``: fetched when needed, and kept for a while.

A stranger can only name a wiki, never an address, and a process asks an address at most once a
minute whatever it is sent. It asks in a thread of its own, and waits for all answers together no
longer than a moment in each minute. A wiki whose address is slow or away goes on for an hour with
the keys that it had; keys that it took out of its set are over with the next answer.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from joserfc.jwk import KeySet

from outbox.errors import FetchFailed
from outbox.fetcher import Response, fetch
from sso.services.client_keys import KeysUnusable, read_key_set

logger = logging.getLogger(__name__)

FRESH_SECONDS: Final = 300.0
LAST_GOOD_SECONDS: Final = 3600.0
PAUSE_SECONDS: Final = 60.0
FETCH_SECONDS: Final = 3.0
# As long as a process, which serves one request at a time, may stand still in each pause for all
# wikis together: a quick answer is waited for, and slow ones cost those who ask next no more.
WAIT_SECONDS: Final = 1.5
_MAX_FETCHES: Final = 8
_MAX_BYTES: Final = 65_536
_MAX_ADDRESSES: Final = 1000
_HEADERS: Final = {"Accept": "application/jwk-set+json, application/json"}


class KeysAway(Exception):
    """The address gives no keys for now, and none are kept."""


class Fetch(Protocol):
    """What `outbox.fetcher.fetch` is called like here."""

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        timeout_seconds: float,
        max_bytes: int,
    ) -> Response:
        """Makes one request. Raises ``FetchFailed``."""


class Patience:
    """What is left of the time that this process may stand still; for many threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._renewed_at = float("-inf")
        self._left = 0.0

    def wait(self, done: threading.Event) -> bool:
        """Waits while there is time left for it; gives whether it is done.

        What is done is so at once. Else a thread may queue behind others, for ``WAIT_SECONDS`` at
        most.
        """
        if done.is_set():
            return True
        with self._lock:  # one after another: a moment in which several stand still is one
            if self._clock() - self._renewed_at >= PAUSE_SECONDS:
                self._renewed_at, self._left = self._clock(), WAIT_SECONDS
            began = time.monotonic()
            is_done = done.wait(max(0.0, self._left))
            self._left -= time.monotonic() - began
        return is_done

    def renew(self) -> None:
        """Gives it all its time again."""
        with self._lock:
            self._renewed_at = float("-inf")


_patience = Patience()
_fetches = threading.BoundedSemaphore(_MAX_FETCHES)


class PublishedKeys:
    """What one address published, as this process knows it; for many threads."""

    def __init__(
        self,
        uri: str,
        *,
        fetching: Fetch = fetch,
        clock: Callable[[], float] = time.monotonic,
        patience: Patience | None = None,
    ) -> None:
        self._uri = uri
        self._fetch = fetching
        self._clock = clock
        self._patience = patience or _patience
        # Held while what follows is read or changed, and never while anybody is asked.
        self._lock = threading.Lock()
        self._asking: threading.Event | None = None
        self._published: KeySet | KeysUnusable | None = None
        self._published_at = float("-inf")
        self._asked_at = float("-inf")

    def keys(self) -> KeySet:
        """The keys. Raises ``KeysAway``, and ``KeysUnusable`` when the set itself is no good."""
        # Whatever was learned in time: while the answer is on its way, those before it are good.
        self._has_asked(self._is_due)
        return self._kept()

    def newer(self, than: KeySet) -> KeySet:
        """The keys, asked for anew where that is allowed: none of ``than`` was the right one.

        Raises as ``keys``, and ``KeysAway`` while the answer is on its way: it may have the right
        one.
        """
        if not self._has_asked(lambda: self._published is than and self._has_paused()):
            raise KeysAway
        return self._kept()

    def _has_paused(self) -> bool:
        return self._clock() - self._asked_at >= PAUSE_SECONDS

    def _is_due(self) -> bool:
        is_old = self._clock() - self._published_at >= FRESH_SECONDS
        return (is_old or not isinstance(self._published, KeySet)) and self._has_paused()

    def _kept(self) -> KeySet:
        with self._lock:
            published, age = self._published, self._clock() - self._published_at
        if published is None or age >= LAST_GOOD_SECONDS:
            raise KeysAway
        if isinstance(published, KeysUnusable):
            raise KeysUnusable(published.reason)
        return published

    def _has_asked(self, is_needed: Callable[[], bool]) -> bool:
        """Sees to it that the address is asked, if that is needed; gives whether that is over.

        One asks for all, and whoever comes meanwhile waits for the same answer.
        """
        with self._lock:
            if self._asking is None:
                if not is_needed():
                    return True
                if not _fetches.acquire(blocking=False):
                    return False
                self._asking = self._begin()
            asking = self._asking
        return self._patience.wait(asking)

    def _begin(self) -> threading.Event:
        done = threading.Event()
        try:
            threading.Thread(target=self._ask, args=(done,), daemon=True).start()
        except RuntimeError:  # no thread is to be had
            _fetches.release()
            raise
        return done

    def _ask(self, done: threading.Event) -> None:
        learned = None
        try:
            learned = self._learned()
        finally:
            with self._lock:
                if learned is not None:
                    self._published, self._published_at = learned, self._clock()
                self._asked_at = self._clock()
                self._asking = None
            _fetches.release()
            done.set()

    def _learned(self) -> KeySet | KeysUnusable | None:
        """What the address says; None where that is nothing."""
        try:
            answer = self._fetch(
                "GET",
                self._uri,
                headers=_HEADERS,
                timeout_seconds=FETCH_SECONDS,
                max_bytes=_MAX_BYTES,
            )
        except FetchFailed as error:
            self._note(error.code)
            return None
        document = _key_set_in(answer)
        if document is None:
            self._note(f"status {answer.status}, and no JWK Set")
            return None
        try:
            return read_key_set(document)
        except KeysUnusable as error:
            # The wiki's own word, unlike an answer that is missing: what it said before is over.
            return error

    def _note(self, why: str) -> None:
        # Not the whole address: a wiki may have put something into its query.
        logger.warning("a wiki's keys were not got from %s: %s", urlsplit(self._uri).hostname, why)


def _key_set_in(answer: Response) -> dict[str, Any] | None:
    if answer.status != 200:
        return None
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and "keys" in document else None


_known: dict[str, PublishedKeys] = {}
_known_lock = threading.Lock()


def published_at(uri: str) -> PublishedKeys:
    """What this process knows of a wiki's ``jwks_uri``."""
    with _known_lock:
        if uri not in _known:
            # Addresses that no wiki is registered with any more go first.
            while len(_known) >= _MAX_ADDRESSES:
                del _known[next(iter(_known))]
            _known[uri] = PublishedKeys(uri)
        return _known[uri]


def forget() -> None:
    """Empties this process's memory of fetched keys, and of how long it waited for them."""
    with _known_lock:
        _known.clear()
    _patience.renew()
