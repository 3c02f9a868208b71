"""Who is signed in, asked of the vault at most once a request, and only if somebody wants to know."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from accounts.services.sessions import Session, resume_session
from accounts.views.cookies import SESSION_COOKIE, forget_session

_UNSET = object()


def session_of(request: HttpRequest) -> Session | None:
    """The live session of the request's cookie, or None. Raises ``VaultUnavailable``."""
    session = getattr(request, "_auth_session", _UNSET)
    if session is _UNSET:
        cookie = request.COOKIES.get(SESSION_COOKIE)
        session = resume_session(cookie) if cookie else None
        request._auth_session = session  # type: ignore[attr-defined]  # noqa: SLF001
    return session  # type: ignore[return-value]


class SessionMiddleware:
    """Gives ``request.auth_session``, lazily, and takes a dead session's cookie away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        request.auth_session = SimpleLazyObject(lambda: session_of(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        is_dead = SESSION_COOKIE in request.COOKIES and (
            getattr(request, "_auth_session", _UNSET) is None
        )
        if is_dead and SESSION_COOKIE not in response.cookies:
            forget_session(response)
        return response
