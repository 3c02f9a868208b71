"""Somebody at a wiki that this suite runs: one browser, and what of it is at the wiki."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.conformance.browser import HEADERS, Answer, Browser
from tests.conformance.site import Site


class Person:
    """Somebody with a browser that is empty at first."""

    def __init__(self, site: Site, wiki: str) -> None:
        self.at_site = Browser(site)
        self._origin = wiki
        self._wiki = site.http()
        self._wiki.headers.update({**HEADERS, "Sec-Fetch-Site": "cross-site"})

    def close(self) -> None:
        """Closes the connections."""
        self._wiki.close()
        self.at_site.close()

    def wiki(self, path: str) -> str:
        """The whole address of a page of the wiki's."""
        return f"{self._origin}{path}"

    def open(self, address: str, **headers: str) -> httpx.Response:
        """Opens an address of the wiki's, whole or its path, and follows nothing."""
        whole = address if address.startswith("https:") else self.wiki(address)
        return self._wiki.get(whole, headers=headers)

    def sign_in(self, path: str) -> str:
        """Opens what leads to the site, goes through its pages; gives where the wiki leads then."""
        answer = self.at_site.go_through(led(self.open(path)))
        assert isinstance(answer, Answer), f"no answer but a page: {answer.title}"
        return led(self.open(answer.location))

    def sign_out_at_site(self, end_session_endpoint: str) -> None:
        """Signs out at the site itself, which asks first."""
        asked = self.at_site.open(end_session_endpoint)
        assert not isinstance(asked, Answer)
        (form,) = [one for one in asked.page.all("form") if "logout" in one.get("action")]
        self.at_site.submit(asked, form)


@contextmanager
def somebody(site: Site, wiki: str) -> Iterator[Person]:
    """A person for one test."""
    person = Person(site, wiki)
    try:
        yield person
    finally:
        person.close()


def led(answer: httpx.Response) -> str:
    """Where the wiki sends the browser."""
    assert answer.status_code == 302, f"{answer.status_code}: {answer.text}"
    return str(answer.headers["Location"])
