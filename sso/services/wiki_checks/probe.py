"""Asks a wiki, by the one guarded way out, and remembers what each host's clock said."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from outbox.errors import FetchFailed
from outbox.fetcher import Response, fetch


@dataclass(frozen=True)
class Answer:
    """What came back, and how long that took."""

    response: Response
    seconds: float


@dataclass
class Probe:
    """The calls of one check. ``ahead`` is by how many seconds each host's clock is before ours."""

    fetch: Callable[..., Response] = fetch
    now: Callable[[], float] = time.time
    ahead: dict[str, float] = field(default_factory=dict)

    def ask(self, method: str, url: str, **more: object) -> Answer | FetchFailed:
        """One request, without following redirects; why it failed, where it did."""
        began = self.now()
        try:
            response = self.fetch(method, url, max_bytes=1_000_000, **more)
        except FetchFailed as failure:
            return failure
        ended = self.now()
        self._note_clock(url, response, (began + ended) / 2)
        return Answer(response, ended - began)

    def _note_clock(self, url: str, response: Response, now: float) -> None:
        try:
            said = parsedate_to_datetime(response.headers["date"]).timestamp()
            # What a cache answers carries the time of when it was made (RFC 9111 section 5.1).
            said += int(response.headers.get("age", "0"))
        except (KeyError, ValueError, TypeError, OverflowError):
            return
        # A Date has whole seconds: on the average it is half a second old.
        self.ahead[urlsplit(url).netloc] = said + 0.5 - now
