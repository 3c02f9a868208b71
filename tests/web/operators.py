"""A browser at the operator's site, which runs in a process of its own (tests/served.py).

Its authenticator makes real passkeys; the options of a ceremony are read off the page.
"""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import Morsel, SimpleCookie
from typing import Any
from urllib.parse import urlencode

from tests.authenticator import Authenticator

HOST = "operator.example.org"
NETWORK = "198.51.100.7"


@dataclass
class Answer:
    """What came back: cookies with their attributes, as sent."""

    status: int
    headers: Mapping[str, str]
    text: str
    cookies: dict[str, "Morsel[str]"]

    @property
    def location(self) -> str:
        """Where it leads."""
        return self.headers.get("Location", "")

    @property
    def words(self) -> str:
        """The page as one reads it."""
        main = self.text.partition("<main>")[2].partition("</main>")[0]
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())

    @property
    def options(self) -> dict[str, Any]:
        """What the page's button asks a browser for."""
        found = re.search(r'data-options="([^"]*)"', self.text)
        assert found, "no passkey is asked for"
        options: dict[str, Any] = json.loads(html.unescape(found[1]))
        return options

    @property
    def asks_for_a_passkey(self) -> bool:
        """Whether the page has such a button."""
        return "data-options=" in self.text

    def value(self, name: str) -> str:
        """The value of a hidden field."""
        found = re.search(rf'name="{name}"[^>]*? value="([^"]*)"', self.text)
        assert found, f"no field {name}"
        return html.unescape(found[1])


@dataclass
class Browser:
    """Keeps cookies, speaks to one port, says that it came by https through the proxy."""

    port: int
    network: str = NETWORK
    host: str = HOST
    cookies: dict[str, str] = field(default_factory=dict)
    authenticator: Authenticator = field(
        default_factory=lambda: Authenticator(origin=f"https://{HOST}")
    )

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        headers = {
            "Host": self.host,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": self.network,
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if body is not None:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"https://{self.host}",
            }
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            answer = Answer(response.status, dict(response.getheaders()), text, {})
            for line in response.headers.get_all("Set-Cookie") or []:
                answer.cookies |= SimpleCookie(line)
        finally:
            connection.close()
        for name, morsel in answer.cookies.items():
            self.cookies.pop(name, None)
            if morsel["max-age"] not in (0, "0"):
                self.cookies[name] = morsel.value
        return answer

    def get(self, path: str) -> Answer:
        """Looks at a page."""
        return self._ask("GET", path)

    def post(self, path: str, **fields: str) -> Answer:
        """Sends a form without having looked at its page, but for the token against forgery."""
        if "__Host-csrf" not in self.cookies:
            self.get("/admin/login/")
        token = self.cookies.get("__Host-csrf", "")
        return self._ask("POST", path, urlencode({"csrfmiddlewaretoken": token, **fields}))

    def submit(self, path: str, **fields: str) -> Answer:
        """Looks at a measure's page and sends its form, with a passkey where it asks for one."""
        page = self.get(path)
        if page.asks_for_a_passkey:
            fields = {"credential": self.authenticator.get(page.options), **fields}
        return self.post(path, agreed=page.value("agreed"), **fields)

    def open_link(self, link: str) -> Answer:
        """Follows a link from the console, as the page's script does."""
        self.get("/admin/enrol/")
        return self.post("/admin/enrol/", token=link.partition("#")[2])

    def enrol(self, link: str, **changes: Any) -> Answer:
        """Follows a link and makes a passkey; ``changes`` are of ``Authenticator.create``."""
        page = self.open_link(link)
        credential = self.authenticator.create(page.options, **changes)
        return self.post("/admin/enrol/", pending=page.value("pending"), credential=credential)

    def sign_in(self, path: str = "/admin/login/", **changes: Any) -> Answer:
        """Shows the passkey at the sign-in page; ``changes`` are of ``Authenticator.get``."""
        page = self.get(path)
        credential = self.authenticator.get(page.options, **changes)
        return self.post(path, flow=page.value("flow"), credential=credential)
