"""One HTTP request to the provider, by the standard library; a wiki may hand in another callable.

No redirect is followed and no proxy of the environment is used: both would hand the wiki's secret
to somebody else. Answers are short, or they are none.
"""

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from .errors import ProviderUnavailable

MAX_ANSWER: Final = 64 * 1024


@dataclass(frozen=True)
class HttpAnswer:
    """A status and a body of 64 KiB at most; an error status is an answer too."""

    status: int
    body: bytes = field(repr=False)


class Transport(Protocol):
    """Sends one request and gives its answer. Raises ``ProviderUnavailable``."""

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> HttpAnswer:
        """Follows no redirect; the whole takes seconds at most."""
        ...


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        """A redirect is an answer like any other, and none that this provider gives."""


class StandardTransport:
    """``urllib`` with TLS verified; ``ca_file`` adds an authority of one's own."""

    def __init__(self, *, timeout: float = 5.0, ca_file: str | None = None) -> None:
        """Takes the seconds that one request may take, and a PEM file of authorities, if any."""
        self._timeout = timeout
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(ca_file)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=context),
            _NoRedirects(),
        )

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> HttpAnswer:
        """Sends one request, by https (http to loopback). Raises ``ProviderUnavailable``."""
        _check_url(url)
        request = urllib.request.Request(url, data=body, headers=dict(headers), method=method)  # noqa: S310
        deadline = time.monotonic() + self._timeout
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return HttpAnswer(response.status, _read(response, deadline))
        except urllib.error.HTTPError as error:
            with error:
                return HttpAnswer(error.code, _read(error, deadline))
        except (OSError, http.client.HTTPException) as error:
            raise ProviderUnavailable(type(error).__name__) from error


def _read(response: Any, deadline: float) -> bytes:
    """The whole body, unless it is too long or comes too slowly."""
    body = b""
    try:
        while chunk := response.read1(MAX_ANSWER):
            body += chunk
            if len(body) > MAX_ANSWER or time.monotonic() > deadline:
                raise ProviderUnavailable("the answer is too long, or too slow")
    except (OSError, http.client.HTTPException) as error:
        raise ProviderUnavailable(type(error).__name__) from error
    if response.length:  # what was promised and did not come
        raise ProviderUnavailable("the answer was cut off")
    return body


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_loopback = host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback):
        raise ProviderUnavailable("the provider's addresses must be https")
