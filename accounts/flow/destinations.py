"""Where flows may end. Each room registers its own at start-up, so that this one knows none.

A destination is given the session and the request it kept, and answers with data: views make the
HTTP of it.
"""

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from accounts.flow.seal import Flow
from accounts.services.assurance import Demand
from accounts.services.sessions import Origin, Session


@dataclass(frozen=True)
class Label:
    """What the pages of a flow say about where it leads.

    ``name``: "to continue to ..."; ``origin``: what their form may lead to besides this site;
    ``restart_url``: where to begin again; ``languages``: in which to speak, the best first.
    """

    name: str | None
    origin: str | None
    restart_url: str
    languages: tuple[str, ...] = ()


def origin_of_uri(uri: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Redirect:
    """Leave by 303 to this address."""

    url: str


@dataclass(frozen=True)
class FormPost:
    """Leave by a form that posts itself (OAuth 2.0 Form Post Response Mode)."""

    action: str
    fields: dict[str, str]
    name: str


@dataclass(frozen=True)
class Stop:
    """There is no way on: the page that says what is wrong with the wiki's request, or the wiki."""

    code: str
    explanation: str
    wiki_name: str | None
    home_uri: str
    is_suspended: bool = False


@dataclass(frozen=True)
class Page:
    """Not there yet: a page of the destination's own, with the flow that its form carries on."""

    template: str
    flow: Flow
    context: dict[str, Any]


Exit = Redirect | FormPost | Stop | Page


class Destination(Protocol):
    """One kind of place where flows may end."""

    def label(self, request: dict[str, Any]) -> Label:
        """What to say about it while the flow is on its way."""

    def demand(self, request: dict[str, Any]) -> Demand:
        """How sure the sign-in has to be."""

    def refuse(self, request: dict[str, Any]) -> Exit:
        """Where the browser goes when the account cannot reach that."""

    def complete(self, session: Session, request: dict[str, Any], origin: Origin) -> Exit:
        """Called once, with the session that the flow has opened."""


_destinations: dict[str, Destination] = {}


def register(name: str, destination: Destination) -> None:
    """Adds a destination; its name is sealed into flows, so keep it."""
    _destinations[name] = destination


def destination_of(name: str) -> Destination:
    """The destination of that name; ``KeyError`` when nobody registered it."""
    return _destinations[name]
