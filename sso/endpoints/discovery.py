"""Discovery and keys: the same for everybody, and kept for a while."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from sso.services.keys import published_jwks
from sso.services.metadata import provider_metadata

# A new key is published before it signs, so that an hour-old copy is good enough.
_CACHE = "public, max-age=300"


def _public(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = _CACHE
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """``/.well-known/openid-configuration``, and RFC 8414's address for the same."""
    del request
    return _public(JsonResponse(provider_metadata()))


@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    """The public keys, with ``kid`` (RFC 7517 section 5)."""
    del request
    return _public(JsonResponse(published_jwks()))
