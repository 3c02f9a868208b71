"""JSON answers of the endpoints that programs call, and how their errors look."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.services.throttling import charge
from sso.errors import BearerRefused, GrantEnded, TokenRefused

_View = Callable[[HttpRequest], HttpResponse]


def token_errors(view: _View) -> _View:
    """Answers ``TokenRefused`` as RFC 6749 section 5.2 says, wherever a wiki's server calls.

    Only what is refused, for now or for good, counts against the network: secrets and codes are
    random, so that a right one is never a guess. Nor is a refresh token whose session has ended:
    after all were, a wiki has to hear that of each of its own.
    """

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except TokenRefused as error:
            if not isinstance(error, GrantEnded):
                charge(request, "token", settings.RATE_TOKEN)
            response = JsonResponse(
                {"error": error.error, "error_description": error.description},
                status=error.status,
            )
            if error.status == 401:
                response.headers["WWW-Authenticate"] = f'Basic realm="{settings.ISSUER}"'
            return no_store(response)

    return guarded


def bearer_errors(view: _View) -> _View:
    """Answers ``BearerRefused`` as RFC 6750 section 3 says."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except BearerRefused as error:
            challenge = f'Bearer realm="{settings.ISSUER}"'
            body = {}
            if error.error is not None:
                charge(request, "token", settings.RATE_TOKEN)
                challenge += f', error="{error.error}", error_description="{error.description}"'
                body = {"error": error.error, "error_description": error.description}
            response = JsonResponse(body, status=error.status)
            response.headers["WWW-Authenticate"] = challenge
            return no_store(response)

    return guarded


def no_store(response: HttpResponse) -> HttpResponse:
    """Keeps tokens and claims out of every cache (RFC 6749 section 5.1)."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
