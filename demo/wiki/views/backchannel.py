"""The back-channel logout endpoint (OpenID Connect Back-Channel Logout 1.0, section 2)."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from authsite_client import ProviderUnavailable, TokenRefused
from demo.wiki import sessions

_log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def backchannel(request: HttpRequest) -> HttpResponse:
    """Ends the sessions that a logout token names; sent again, it is a success and does nothing.

    400 means that the token will never do, 503 that the auth site should send it again.
    """
    tokens = request.POST.getlist("logout_token")
    if len(tokens) != 1:
        return _refuse("logout_token must be there once")
    try:
        obeyed = sessions.client().obey_logout(tokens[0])
    except TokenRefused as error:
        return _refuse(f"{error.code}: {error}")
    except ProviderUnavailable as error:
        _log.warning("logout token not verified yet: %s", error)
        return JsonResponse({"error": "temporarily_unavailable"}, status=503)
    _log.info("back-channel logout ended %d sessions", obeyed.ended)
    return HttpResponse(status=200)


def _refuse(reason: str) -> JsonResponse:
    _log.warning("logout token refused: %s", reason)
    return JsonResponse({"error": "invalid_request", "error_description": reason}, status=400)
