"""The pushed authorization request endpoint (RFC 9126)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from sso.endpoints.answers import no_store, token_errors
from sso.endpoints.forms import authenticated_form
from sso.services.pushed_requests import SECONDS, push


@csrf_exempt  # no cookie counts here: the wiki authenticates itself
@require_POST
@token_errors
def pushed_authorization_request(request: HttpRequest) -> HttpResponse:
    """Takes a whole authorization request, and gives the address that stands for it."""
    wiki, form = authenticated_form(request)
    pushed = {"request_uri": push(wiki, form), "expires_in": SECONDS}
    return no_store(JsonResponse(pushed, status=201))
