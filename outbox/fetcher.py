"""The one way in which this site makes an HTTP request to somebody else.

A name is resolved once, every address is checked, and the connection goes to exactly those
addresses; redirects are answers, not followed; time and size have caps; no cookies, no proxies
from the environment. Which addresses may be called is decided in `outbox.addresses`.
"""

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import httpcore
from django.conf import settings

from outbox.addresses import Network, Target, parse_url, permitted
from outbox.connection import CheckedBackend, Deadline
from outbox.errors import (
    BadResponse,
    ConnectionFailed,
    NameUnresolved,
    ResponseTooLarge,
    TimedOut,
    UrlRefused,
)

METHODS: Final = frozenset({"GET", "POST"})
REQUEST_HEADERS: Final = frozenset({"accept", "content-type", "if-none-match"})
RESPONSE_HEADERS: Final = frozenset(
    {
        *("age", "cache-control", "content-type", "date", "etag", "expires", "location"),
        "retry-after",
    }
)
CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 5.0

Resolver = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. Header names are in lower case, and only those of RESPONSE_HEADERS are kept."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def resolve(host: str) -> list[str]:
    """Ask the system's resolver for a host's addresses. Raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


@cache
def _trusted_authorities() -> ssl.SSLContext:
    # Reading the authorities takes tens of milliseconds: once is enough.
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    timeout_seconds: float = 10.0,
    max_bytes: int = 65_536,
) -> Response:
    """Make one request, under the networks of `settings.OUTBOUND_ALLOW`.

    Gives the answer whatever its status, a redirect included. Raises a FetchFailed: the URL or an
    address is refused, the name has no address, no connection, TLS, time, size, not HTTP.
    """
    return Fetcher(allowed=tuple(settings.OUTBOUND_ALLOW)).fetch(
        method,
        url,
        headers=headers,
        body=body,
        timeout_seconds=timeout_seconds,
        max_bytes=max_bytes,
    )


@dataclass(frozen=True, slots=True)
class Fetcher:
    """What a request depends on besides its arguments, so that a test can bring its own."""

    allowed: Sequence[Network]
    resolver: Resolver = resolve
    authorities: ssl.SSLContext | None = None

    def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_seconds: float = 10.0,
        max_bytes: int = 65_536,
    ) -> Response:
        """As the module's `fetch`."""
        deadline = Deadline(timeout_seconds)
        if method not in METHODS:
            raise UrlRefused("The method is not one that this site uses.")
        target = parse_url(url)
        sent = _checked_headers(target, headers or {}, body)
        backend = CheckedBackend(
            permitted(target, self._resolved(target, deadline), self.allowed), deadline
        )
        location = httpcore.URL(
            scheme=target.scheme, host=target.host, port=target.port, target=target.path
        )
        with (
            _typed_errors(),
            httpcore.HTTPConnection(
                location.origin,
                ssl_context=self.authorities or _trusted_authorities(),
                network_backend=backend,
            ) as connection,
            connection.stream(
                method,
                location,
                headers=sent,
                content=body,
                extensions={"timeout": {"connect": CONNECT_SECONDS, "read": READ_SECONDS}},
            ) as answer,
        ):
            return Response(
                status=answer.status,
                headers=_kept_headers(answer.headers),
                body=_bounded_body(answer, max_bytes),
            )

    def _resolved(self, target: Target, deadline: Deadline) -> Sequence[str]:
        if target.address is not None:
            return [str(target.address)]
        if target.is_localhost:
            return []
        return _within(deadline, lambda: self.resolver(target.host))


def _within(deadline: Deadline, question: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Ask a resolver that knows no timeout, and stop waiting for it at the deadline."""
    answers: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(question())
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, deadline.left()))
    except queue.Empty as error:
        raise TimedOut("The name was not resolved in time.") from error
    if isinstance(answer, OSError):
        raise NameUnresolved("The name has no address.") from answer
    return answer


def _checked_headers(
    target: Target, headers: Mapping[str, str], body: bytes
) -> list[tuple[str, str]]:
    sent = [
        ("Host", target.host_header),
        ("User-Agent", "authsite"),
        ("Accept-Encoding", "identity"),  # what is compressed could be small on the wire only
        ("Connection", "close"),
    ]
    if body:
        sent.append(("Content-Length", str(len(body))))
    for name, value in headers.items():
        if name.lower() not in REQUEST_HEADERS:
            raise UrlRefused("The header is not one that this site sends.")
        if not (value.isascii() and value.isprintable()):
            raise UrlRefused("The header's value has characters that no header has.")
        sent.append((name, value))
    return sent


def _kept_headers(received: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    named = ((name.decode("ascii").lower(), value.decode("latin-1")) for name, value in received)
    return {name: value for name, value in named if name in RESPONSE_HEADERS}


def _bounded_body(answer: httpcore.Response, max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in answer.iter_stream():
        body += chunk
        if len(body) > max_bytes:
            raise ResponseTooLarge("The answer is too large.", status=answer.status)
    return bytes(body)


@contextmanager
def _typed_errors() -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise TimedOut("The answer took too long.") from error
    except httpcore.NetworkError as error:
        raise ConnectionFailed("The connection failed.") from error
    except (httpcore.ProtocolError, httpcore.ConnectionNotAvailable) as error:
        raise BadResponse("The answer is not HTTP.") from error
