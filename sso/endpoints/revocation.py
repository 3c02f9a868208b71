"""The revocation endpoint: a wiki gives its tokens back (RFC 7009)."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from sso.endpoints.answers import no_store, token_errors
from sso.endpoints.forms import authenticated_form, token_of
from sso.services.refreshing import revoke


@csrf_exempt  # no cookie counts here: the wiki authenticates itself
@require_POST
@token_errors
def revocation(request: HttpRequest) -> HttpResponse:
    """Revokes one of the wiki's own tokens, with all that came from the same sign-in there."""
    wiki, form = authenticated_form(request)
    revoke(wiki, token_of(form))
    return no_store(HttpResponse(status=200))
