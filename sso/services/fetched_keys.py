"""The keys that a wiki publishes at its ``jwks_uri``: fetched when needed, and kept for a while.

A stranger can only name a wiki, never an address, and a process asks an address at most once a
minute whatever it is sent. A wiki whose address is away goes on for an hour with the keys that it
had; keys that it took out of its set are over with the next answer.
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
# As long as a process may stand still for one wiki, once in a pause.
FETCH_SECONDS: Final = 3.0
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


class PublishedKeys:
    """What one address published, as this process knows it; for many threads."""

    def __init__(
        self, uri: str, *, fetching: Fetch = fetch, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._uri = uri
        self._fetch = fetching
        self._clock = clock
        self._asking = threading.Lock()
        self._published: KeySet | KeysUnusable | None = None
        self._published_at = float("-inf")
        self._asked_at = float("-inf")

    def keys(self) -> KeySet:
        """The keys. Raises ``KeysAway``, and ``KeysUnusable`` when the set itself is no good."""
        if self._is_due():
            self._ask(self._is_due)
        return self._kept()

    def newer(self, than: KeySet) -> KeySet:
        """The keys, asked for anew where that is allowed: none of ``than`` was the right one.

        Raises as ``keys``.
        """
        self._ask(lambda: self._published is than and self._has_paused())
        return self._kept()

    def _has_paused(self) -> bool:
        return self._clock() - self._asked_at >= PAUSE_SECONDS

    def _is_due(self) -> bool:
        is_old = self._clock() - self._published_at >= FRESH_SECONDS
        return (is_old or not isinstance(self._published, KeySet)) and self._has_paused()

    def _kept(self) -> KeySet:
        if self._published is None or self._clock() - self._published_at >= LAST_GOOD_SECONDS:
            raise KeysAway
        if isinstance(self._published, KeysUnusable):
            raise KeysUnusable(self._published.reason)
        return self._published

    def _ask(self, is_needed: Callable[[], bool]) -> None:
        """Asks the address, if that is still needed when it is this thread's turn.

        One asks and the others wait for its answer, since they have nothing else to go by.
        """
        if not self._asking.acquire(timeout=FETCH_SECONDS):
            return
        try:
            if is_needed():
                try:
                    self._take_answer()
                finally:
                    # Not before: until then the others have to wait for it.
                    self._asked_at = self._clock()
        finally:
            self._asking.release()

    def _take_answer(self) -> None:
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
            return
        document = _key_set_in(answer)
        if document is None:
            self._note(f"status {answer.status}, and no JWK Set")
            return
        try:
            self._published = read_key_set(document)
        except KeysUnusable as error:
            # The wiki's own word, unlike an answer that is missing: what it said before is over.
            self._published = error
        self._published_at = self._clock()

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
    """Empties this process's memory of fetched keys."""
    with _known_lock:
        _known.clear()
