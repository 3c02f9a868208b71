"""The userinfo endpoint (OpenID Connect Core 1.0 section 5.3, RFC 6750)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sso.endpoints.answers import bearer_errors, no_store
from sso.errors import BearerRefused
from sso.services.access_tokens import verify_access_token
from sso.services.told_claims import userinfo_claims


def _token_of(request: HttpRequest) -> str:
    """The access token, from the header or the form; in an address it is not accepted."""
    header = request.headers.get("Authorization")
    sent = request.POST.getlist("access_token")
    if header is not None and sent:
        raise BearerRefused(400, "invalid_request", "send the access token in one way")
    if sent:
        if len(sent) > 1:
            raise BearerRefused(400, "invalid_request", "access_token is repeated")
        return sent[0]
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise BearerRefused(401, None)
    return token.strip()


@csrf_exempt  # no cookie counts here: the access token does
@require_http_methods(["GET", "POST"])
@bearer_errors
def userinfo(request: HttpRequest) -> HttpResponse:
    """What the wiki may know, by the scopes it was granted and the claims it asked for."""
    claims = verify_access_token(_token_of(request))
    return no_store(JsonResponse(userinfo_claims(claims)))
