"""A browser that walks through the pages, and can be put back to any place that it was at.

The site keeps nothing of a flow: its cookies and the page it looks at are all that a browser has.
"""

import html
import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from tests.environment import ISSUER
from tests.web.people import Browser, hidden_fields


@dataclass(frozen=True)
class Place:
    """Where a browser has come to: its cookies, the hidden fields of its page, and which page."""

    cookies: dict[str, str] = field(default_factory=dict)
    page: dict[str, str] = field(default_factory=dict)
    heading: str = ""
    options: str = ""

    def kind(self) -> tuple[str, ...]:
        """What it has in common with others."""
        return (self.heading, *sorted(self.cookies))


class Walker:
    """A browser that can be put back to any place it was at."""

    def __init__(self) -> None:
        self.browser = Browser()
        self.page: dict[str, str] = {}
        self.heading = ""
        self.options = ""  # of a passkey's ceremony, where the page has one

    def go_to(self, place: Place) -> None:
        """Puts the browser there."""
        self.browser.cookies = SimpleCookie(place.cookies)
        self.page, self.heading, self.options = place.page, place.heading, place.options

    def place(self) -> Place:
        """Where it is now."""
        kept = {name: morsel.value for name, morsel in self.browser.cookies.items() if morsel.value}
        return Place(kept, self.page, self.heading, self.options)

    def get(self, path: str, **query: str) -> Any:
        """Asks for a page."""
        return self._look(self.browser.get(path, query))

    def send(self, path: str, **fields: str) -> Any:
        """Posts what the last page's form would, and more."""
        return self._post(path, {**self.page, **fields})

    def send_without_flow(self, path: str, **fields: str) -> Any:
        """The same with the flow left out."""
        token = {name: value for name, value in self.page.items() if name != "flow"}
        return self._post(path, {**token, **fields})

    def _post(self, path: str, form: dict[str, str]) -> Any:
        return self._look(self.browser.post(path, form, headers={"origin": ISSUER}))

    def _look(self, answer: Any) -> Any:
        assert answer.status_code != 500
        found = hidden_fields(answer)
        if "flow" in found:
            self.page = {name: found[name] for name in ("flow", "csrfmiddlewaretoken")}
            self.heading = answer.content.decode().partition("<h1>")[2].partition("</h1>")[0]
            asked = re.search(r'data-options="([^"]+)"', answer.content.decode())
            self.options = html.unescape(asked[1]) if asked else ""
        return answer
