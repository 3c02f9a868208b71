"""The token endpoint: a code for an assertion (OpenID Connect Core 1.0 section 3.1.3), a refresh
token for its successor (section 12)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from sso.endpoints.answers import no_store, token_errors
from sso.endpoints.forms import authenticated_form
from sso.errors import InvalidRequest, UnsupportedGrantType
from sso.services.token_answer import answer_code, answer_refresh_token


@csrf_exempt  # no cookie counts here: the wiki authenticates itself
@require_POST
@token_errors
def token(request: HttpRequest) -> HttpResponse:
    """Redeems a code for the wiki that it was given to, or swaps a refresh token."""
    wiki, form = authenticated_form(request)
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise InvalidRequest("grant_type is missing")
    if grant_type == "authorization_code":
        told = answer_code(wiki, form)
    elif grant_type == "refresh_token":
        told = answer_refresh_token(wiki, form)
    else:
        raise UnsupportedGrantType("authorization_code and refresh_token are offered")
    return no_store(JsonResponse(told))
