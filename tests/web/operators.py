"""A browser at the operator's site, which runs in a process of its own (tests/served.py)."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import Morsel, SimpleCookie
from urllib.parse import urlencode

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
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
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
        """Looks at a measure's page and sends its form."""
        return self.post(path, agreed=self.get(path).value("agreed"), **fields)

    def sign_in(self, username: str, password: str, **fields: str) -> Answer:
        """Sends the sign-in form."""
        return self.post("/admin/login/", username=username, password=password, **fields)
