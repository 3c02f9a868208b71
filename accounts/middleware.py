"""Who is signed in: asked of the vault at most once a request, and only if somebody wants it."""

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.services.sessions import Session, resume_session
from accounts.views.cookies import SESSION_COOKIE, forget_session

# No header can set it: those begin with HTTP_.
_SESSION = "authsite.session"


def session_of(request: HttpRequest) -> Session | None:
    """The live session of the request's cookie, or None. Raises ``VaultUnavailable``."""
    if _SESSION not in request.META:
        cookie = request.COOKIES.get(SESSION_COOKIE)
        set_session(request, resume_session(cookie) if cookie else None)
    session: Session | None = request.META[_SESSION]
    return session


def set_session(request: HttpRequest, session: Session | None) -> None:
    """What ``session_of`` says from now on: a view has opened, renewed or ended it."""
    request.META[_SESSION] = session


class SessionMiddleware:
    """Gives ``request.find_session`` for pages, and takes a dead session's cookie away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        request.find_session = partial(session_of, request)  # type: ignore[attr-defined]
        response = self.get_response(request)
        looked_up = _SESSION in request.META
        is_dead = SESSION_COOKIE in request.COOKIES and looked_up and session_of(request) is None
        if is_dead and SESSION_COOKIE not in response.cookies:
            forget_session(response)
        return response
