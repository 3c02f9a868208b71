"""The token endpoint: a code for an assertion (OpenID Connect Core 1.0 section 3.1.3)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from sso.endpoints.answers import no_store, token_errors
from sso.errors import InvalidRequest, UnsupportedGrantType
from sso.services.access_tokens import sign_access_token
from sso.services.clients import authenticate_wiki
from sso.services.codes import redeem_code
from sso.services.id_tokens import sign_id_token
from sso.services.parameters import single_values

_FORM = "application/x-www-form-urlencoded"


@csrf_exempt  # no cookie counts here: the wiki authenticates itself
@require_POST
@token_errors
def token(request: HttpRequest) -> HttpResponse:
    """Redeems a code for the wiki that it was given to."""
    if request.content_type != _FORM:
        raise InvalidRequest(f"send a form ({_FORM})")
    form, repeated = single_values(request.POST.lists())
    if repeated:
        raise InvalidRequest("a parameter is repeated")
    wiki = authenticate_wiki(request.META.get("HTTP_AUTHORIZATION"), form)
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise InvalidRequest("grant_type is missing")
    if grant_type != "authorization_code":
        raise UnsupportedGrantType("only authorization_code is offered")
    redeemed = redeem_code(wiki, form)
    access_token, expires_in = sign_access_token(wiki, redeemed)
    id_token = sign_id_token(
        wiki,
        sub=redeemed.claims.account_id,
        username=redeemed.claims.username,
        sid=redeemed.sid,
        nonce=redeemed.nonce,
        amr=redeemed.amr,
        auth_time=redeemed.auth_time,
        acr_values=redeemed.acr_values,
    )
    return no_store(
        JsonResponse(
            {
                "access_token": access_token,
                "token_type": "Bearer",
                "expires_in": expires_in,
                "id_token": id_token,
                "scope": " ".join(redeemed.claims.scopes),
            }
        )
    )
