"""What a view asks before it does anything: who is signed in, and where the request came from."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypedDict, cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language

from accounts.flow.own_pages import chosen
from accounts.flow.proof import open_proof
from accounts.middleware import session_of
from accounts.services.agents import agent_label
from accounts.services.attempts import Attempt
from accounts.services.sessions import Origin, Session
from accounts.services.throttling import client_network
from accounts.views.cookies import (
    PROOF_COOKIE,
    browser_of,
    carry_pending,
    device_of,
    forget_proof,
)

P = ParamSpec("P")
_View = Callable[Concatenate[HttpRequest, P], HttpResponse]
_SessionView = Callable[Concatenate[HttpRequest, Session, P], HttpResponse]
_ProofView = Callable[Concatenate[HttpRequest, Session, Attempt, P], HttpResponse]


class SeeOther(HttpResponse):
    """303: go there with GET, whatever brought you here (RFC 9700 section 4.12).

    Not Django's own redirect: that one quotes anew, while a registered address is kept byte for
    byte, and gives up at 2,048 characters, while a wiki's ``state`` alone may have 2,000.
    """

    status_code = 303

    def __init__(self, url: str) -> None:
        super().__init__()
        self.headers["Location"] = url

    @property
    def url(self) -> str:
        """Where it leads."""
        return self.headers["Location"]


def origin_of(request: HttpRequest) -> Origin:
    """Where the request came from: its network, its browser in words, and as a known device."""
    return Origin(
        device=device_of(request),
        network=client_network(request),
        agent=agent_label(request.headers.get("User-Agent", "")[:500]),
        language=get_language() or settings.LANGUAGE_CODE,
    )


class Asking(TypedDict):
    """What every change of credentials tells the vault of its request."""

    language: str
    origin: Origin


def asking(request: HttpRequest) -> Asking:
    """In which language its letter is written, and where it came from."""
    return {"language": get_language() or settings.LANGUAGE_CODE, "origin": origin_of(request)}


def session_required(page: str) -> Callable[[_SessionView[P]], _View[P]]:
    """Lets only people with a live session in; others sign in first and come back to ``page``."""

    def decorate(view: _SessionView[P]) -> _View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            session = session_of(request)
            if session is None:
                return SeeOther(f"{reverse('accounts:login')}?{urlencode({'page': page})}")
            return view(request, session, *args, **kwargs)

        return cast("_View[P]", guarded)  # its name is the view's

    return decorate


def proof_required(page: str) -> Callable[[_ProofView[P]], _SessionView[P]]:
    """Below ``session_required``: lets only those in who have just proven themselves again.

    Others do so first, and come back to ``page``. The view gets the proof; where the vault finds it
    gone or too weak after all, it answers with ``prove_again``.
    """

    def decorate(view: _ProofView[P]) -> _SessionView[P]:
        @wraps(view)
        def guarded(
            request: HttpRequest, session: Session, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            sealed = request.COOKIES.get(PROOF_COOKIE, "")
            attempt = open_proof(sealed, session, browser_of(request))
            if attempt is None:
                return prove_again(page, request)
            return view(request, session, attempt, *args, **kwargs)

        return cast("_SessionView[P]", guarded)

    return decorate


def prove_again(page: str, request: HttpRequest) -> HttpResponse:
    """To the page where one proves oneself again, and from there to ``page``.

    What was chosen there, or waits there to be confirmed, is kept.
    """
    query = {"page": page, **chosen(request.GET), **chosen(request.POST)}
    response = SeeOther(f"{reverse('accounts:prove')}?{urlencode(query)}")
    forget_proof(response)
    carry_pending(response, request.POST.get("pending", ""))
    return response
