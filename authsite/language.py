"""Choosing the language: one POST, one cookie, back to where one was."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

_COOKIE_AGE: Final = 365 * 86400


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language asked for, if we speak it, and lead back to `next` on this site."""
    response = HttpResponse(status=303)
    response.headers["Location"] = _local_path(request.POST.get("next", ""))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES) and check_for_language(language):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=_COOKIE_AGE,
            path="/",
            secure=True,
            httponly=True,
            samesite="Lax",
        )
    return response


def _local_path(path: str) -> str:
    """Give `path` if it is one of this site, else the start page: no way out leads through here."""
    local = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if local and path.isascii() and path.isprintable() else "/"
