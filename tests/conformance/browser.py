"""A person's browser: keeps cookies, goes where the site sends it, fills in the site's forms.

It stops where the site sends it away: what would have reached the client is the answer.
"""

from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx

from tests.conformance.site import USERNAME, Site
from tests.web.markup import Element, Page

_FORM: Final = "application/x-www-form-urlencoded"
HEADERS: Final = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-GB,en;q=0.5",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
}


@dataclass(frozen=True)
class Answer:
    """What the browser brings to the client: where, how, and each parameter once."""

    method: Literal["GET", "POST"]
    uri: str
    parameters: dict[str, str]

    @property
    def location(self) -> str:
        """The whole address, where they came in its query."""
        assert self.method == "GET"
        return f"{self.uri}?{urlencode(self.parameters)}"

    @classmethod
    def by_redirect(cls, location: str) -> "Answer":
        """That of a redirect: the parameters are in the query, and nowhere else."""
        parts = urlsplit(location)
        assert not parts.fragment, "the answer has a fragment"
        return cls("GET", location.partition("?")[0], _single(parse_qsl(parts.query)))

    @classmethod
    def by_form(cls, form: Element) -> "Answer":
        """That of a form which posts itself (OAuth 2.0 Form Post Response Mode)."""
        assert form.get("method").lower() == "post"
        assert form.get("enctype") in ("", _FORM)
        fields = [(one.get("name"), one.get("value")) for one in form.inputs]
        return cls("POST", form.get("action"), _single(fields))


@dataclass(frozen=True)
class Shown:
    """A page of the site that waits for the person."""

    status: int
    url: str
    html: str
    page: Page

    @property
    def title(self) -> str:
        """Its heading."""
        return " ".join(self.page.all("h1")[0].text.split())

    @property
    def asks_to_sign_in(self) -> bool:
        """Whether it is the page that asks for name and password."""
        return self.form_with("password") is not None

    def form_with(self, field: str) -> Element | None:
        """The form that has a field of that name."""
        for form in self.page.all("form"):
            if any(one.get("name") == field for one in form.inputs):
                return form
        return None

    def form_to(self, path: str) -> Element:
        """The one form that leads to that path."""
        (form,) = [form for form in self.page.all("form") if form.get("action") == path]
        return form


class Browser:
    """One browser; it is empty at first."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._http = site.http()

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def open(self, url: str, form: dict[str, str] | None = None) -> Answer | Shown:
        """Goes to an address from a page of the client, by a link or by posting a form."""
        headers = {"Sec-Fetch-Site": "cross-site"}
        if form is None:
            return self._arrive(self._http.get(url, headers={**HEADERS, **headers}))
        content = urlencode(form)
        headers |= {"Content-Type": _FORM, "Origin": self._site.receiver.origin}
        # A cross-site POST comes without cookies that are SameSite=Lax.
        posted = httpx.Request("POST", url, headers={**HEADERS, **headers}, content=content)
        return self._arrive(self._http.send(posted))

    def submit(self, shown: Shown, form: Element, **typed: str) -> Answer | Shown:
        """Sends a form of the site's with what the person typed."""
        fields = {one.get("name"): one.get("value") for one in form.inputs if one.get("name")}
        headers = {
            "Content-Type": _FORM,
            "Origin": self._site.issuer,
            "Sec-Fetch-Site": "same-origin",
        }
        return self._arrive(
            self._http.post(
                urljoin(shown.url, form.get("action")),
                headers={**HEADERS, **headers},
                content=urlencode({**fields, **typed}),
            )
        )

    def sign_in(self, shown: Shown) -> Answer | Shown:
        """Types name and password."""
        form = shown.form_with("password")
        assert form is not None, f"no sign-in page but: {shown.title}"
        return self.submit(shown, form, username=USERNAME, password=self._site.password)

    def go_through(self, url: str, form: dict[str, str] | None = None) -> Answer | Shown:
        """Goes there and signs in where that is asked for."""
        arrived = self.open(url, form)
        if isinstance(arrived, Shown) and arrived.asks_to_sign_in:
            arrived = self.sign_in(arrived)
        return arrived

    def _arrive(self, response: httpx.Response) -> Answer | Shown:
        """Follows what leads to the site itself; stops at a page, and where it leads away."""
        for _ in range(5):
            if not response.is_redirect:
                return self._look_at(response)
            target = urljoin(str(response.url), response.headers["Location"])
            if not target.startswith(f"{self._site.issuer}/"):
                return Answer.by_redirect(target)
            headers = {**HEADERS, "Sec-Fetch-Site": "same-origin"}
            response = self._http.get(target, headers=headers)
        raise AssertionError(f"redirected in a circle: {response.url}")

    def _look_at(self, response: httpx.Response) -> Answer | Shown:
        page = Page(response.text)
        for form in page.all("form"):
            action = urljoin(str(response.url), form.get("action"))
            if not action.startswith(f"{self._site.issuer}/"):
                # The page's policy must let its form go there, or it would stay for ever.
                parts = urlsplit(action)
                policy = response.headers["Content-Security-Policy"]
                assert f"{parts.scheme}://{parts.netloc}" in _directive(policy, "form-action")
                return Answer.by_form(form)
        return Shown(response.status_code, str(response.url), response.text, page)


def _directive(policy: str, name: str) -> list[str]:
    found = [part.split() for part in policy.split(";")]
    return next(words[1:] for words in found if words and words[0] == name)


def _single(pairs: list[tuple[str, str]]) -> dict[str, str]:
    parameters = dict(pairs)
    assert len(parameters) == len(pairs), "a parameter is repeated"
    return parameters
