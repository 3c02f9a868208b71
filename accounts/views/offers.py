"""What a page offers between a sign-in and its destination; a room above registers what it has."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.flow.seal import Flow
from accounts.services.attempts import Attempt
from accounts.services.sessions import Session

# Gives the page, or None where nothing is to be offered (any more).
Offer = Callable[[HttpRequest, Flow, Session, Attempt], HttpResponse | None]
_offers: list[Offer] = []


def register(offer: Offer) -> None:
    """Names what is offered."""
    _offers[:] = [offer]


def present(
    request: HttpRequest, flow: Flow, session: Session, proof: Attempt
) -> HttpResponse | None:
    """The page that offers something to whoever has just signed in, if there is anything."""
    for offer in _offers:
        return offer(request, flow, session, proof)
    return None
