"""The introspection endpoint: is this token of mine still good (RFC 7662)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from sso.endpoints.answers import no_store, token_errors
from sso.endpoints.forms import authenticated_form, token_of
from sso.services.refreshing import introspect


@csrf_exempt  # no cookie counts here: the wiki authenticates itself
@require_POST
@token_errors
def introspection(request: HttpRequest) -> HttpResponse:
    """Says of one of the wiki's own tokens what it stands for, of all others that they do not."""
    wiki, form = authenticated_form(request)
    return no_store(JsonResponse(introspect(wiki, token_of(form))))
