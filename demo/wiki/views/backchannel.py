"""The back-channel logout endpoint (OpenID Connect Back-Channel Logout 1.0, section 2)."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from demo.wiki import sessions
from demo.wiki.logout_tokens import InvalidLogoutToken, verify_logout_token
from demo.wiki.provider import ProviderUnavailable, provider

_log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def backchannel(request: HttpRequest) -> HttpResponse:
    """Ends the sessions that a logout token names.

    400 means that the token will never do, 503 that the auth site should send it again.
    """
    tokens = request.POST.getlist("logout_token")
    if len(tokens) != 1:
        return _refuse("logout_token must be there once")
    try:
        claims = verify_logout_token(tokens[0], provider=provider())
        ended = sessions.end_by_logout_token(claims)
    except InvalidLogoutToken as error:
        return _refuse(str(error))
    except sessions.TokenReplayed:
        return _refuse("this logout token was obeyed before")
    except ProviderUnavailable as error:
        _log.warning("logout token not verified yet: %s", error)
        return JsonResponse({"error": "temporarily_unavailable"}, status=503)
    _log.info("back-channel logout ended %d sessions", ended)
    return HttpResponse(status=200)


def _refuse(reason: str) -> JsonResponse:
    _log.warning("logout token refused: %s", reason)
    return JsonResponse({"error": "invalid_request", "error_description": reason}, status=400)
