"""A small HTTP client on one persistent connection to loopback, with cookies where it is a browser.

Cheap enough that it leaves the machine to the server under measure.
"""

import http.client
import re
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_TIMEOUT = 60.0
# Servers close a connection that says nothing for half a minute, while others have their round.
_LONGEST_SILENCE = 15.0


class UnexpectedAnswer(Exception):
    """The server answered something that no sign-in answers; the message begins its body."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, its body as it was sent."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def expect(self, status: int) -> "Answer":
        """Give the answer itself. Raises UnexpectedAnswer when the status is another."""
        if self.status != status:
            raise UnexpectedAnswer(f"{self.status} instead of {status}: {self.body[:500]!r}")
        return self

    def hidden_fields(self) -> dict[str, str]:
        """Give the hidden fields of the page's forms; they are the same in each."""
        return dict(_HIDDEN.findall(self.body.decode()))


class Connection:
    """One kept-alive connection to the server on `port` that is called `host`."""

    def __init__(self, host: str, port: int) -> None:
        self._host = f"{host}:{port}"
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
        self._last_used = time.monotonic()

    def send(self, method: str, path: str, *, headers: dict[str, str], body: str = "") -> Answer:
        """Send one request and read the whole answer; a connection that was closed is reopened."""
        # http.client sets TCP_NODELAY itself and reopens what the server has closed.
        sent = {"Host": self._host, **headers}
        if time.monotonic() - self._last_used > _LONGEST_SILENCE:
            self._http.close()
        self._http.request(method, path, body=body or None, headers=sent)
        response = self._http.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        self._last_used = time.monotonic()
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


@dataclass(slots=True)
class Browser:
    """A browser: one connection and the cookies that it was given."""

    connection: Connection
    origin: str
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        """Follow a link or a redirect to `path`."""
        return self._send("GET", path, headers)

    def post(self, path: str, form: dict[str, str]) -> Answer:
        """Send a form of the site's own page."""
        headers = {"Content-Type": FORM, "Origin": self.origin}
        return self._send("POST", path, headers, urlencode(form))

    def _send(self, method: str, path: str, headers: dict[str, str], body: str = "") -> Answer:
        kept = {"User-Agent": "bench", "Accept": "text/html", "Accept-Language": "en", **headers}
        if self.cookies:
            kept["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.connection.send(method, path, headers=kept, body=body)
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer
