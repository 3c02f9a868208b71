"""The two sign-ins under measure, one call each, on connections of their own."""

from dataclasses import dataclass, field

from bench.http_client import Browser
from bench.wiki import Request, Wiki


@dataclass(slots=True)
class SilentSignIn:
    """A browser with a live session comes from a wiki: authorize, token, ID token verified."""

    browser: Browser
    wiki: Wiki

    def prepare(self, count: int) -> None:
        """Nothing needs preparing."""

    def __call__(self) -> None:
        """Sign in once."""
        request = Request.new()
        answer = self.browser.get(self.wiki.authorization_path(request))
        self.wiki.redeem(self.wiki.code_in(answer, request), request)


@dataclass(slots=True)
class PasswordSignIn:
    """A browser without a session sends the form and gets a code; the page is not counted."""

    browser: Browser
    wiki: Wiki
    username: str
    password: str = field(repr=False)
    _pages: list[tuple[Request, dict[str, str], dict[str, str]]] = field(default_factory=list)

    def prepare(self, count: int) -> None:
        """Fetch `count` sign-in pages, each as a browser of its own."""
        self._pages.clear()
        for _ in range(count):
            self.browser.cookies = {}
            request = Request.new()
            page = self.browser.get(self.wiki.authorization_path(request)).expect(200)
            self._pages.append((request, self.browser.cookies, page.hidden_fields()))

    def __call__(self) -> None:
        """Send one prepared form."""
        request, self.browser.cookies, hidden = self._pages.pop()
        given = {"username": self.username, "password": self.password}
        answer = self.browser.post("/login", {**hidden, **given})
        self.wiki.code_in(answer, request)
