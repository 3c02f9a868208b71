"""What every answer carries: a strict content security policy, and no dead session's cookie."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from . import cookies, sessions, settings

_Handler = Callable[[HttpRequest], HttpResponse]

# The auth site is named in form-action because Chromium checks a form's redirects too: signing in
# from the edit form and signing out both end there.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    f"form-action 'self' {settings.OIDC_ISSUER}; base-uri 'none'; frame-ancestors 'none'"
)


class SecurityHeaders:
    """Adds the headers that keep pages out of caches, frames and other sites' reach."""

    def __init__(self, get_response: _Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers the request, with the headers on top."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response


class ForgetDeadSession:
    """Takes the session cookie away once its session has ended, whoever ended it."""

    def __init__(self, get_response: _Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers the request; a cookie that the answer sets itself is left alone."""
        response = self.get_response(request)
        if (
            # Where nobody looked at the session, as for the style sheet, nobody is asked about it.
            sessions.is_over(request) and cookies.SESSION not in response.cookies
        ):
            cookies.drop(response, name=cookies.SESSION)
        return response
