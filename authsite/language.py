"""The language of a reader: chosen by one POST into one cookie, or what the browser asks for."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from authsite import policies

_COOKIE_AGE: Final = 365 * 86400


class LanguageMiddleware:
    """Speaks the reader's language; programs are answered in the site's own.

    Stands for Django's LocaleMiddleware, which also looks for a language in every path, before the
    view and after it: no path here has one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request in the language; `request.LANGUAGE_CODE` names it."""
        for_a_program = policies.is_api(request.path_info)
        language = (
            settings.LANGUAGE_CODE
            if for_a_program
            else translation.get_language_from_request(request)
        )
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        if not for_a_program:
            patch_vary_headers(response, ("Accept-Language",))
            # A view may have chosen another meanwhile (ui_locales).
            response.headers.setdefault("Content-Language", translation.get_language() or language)
        return response


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
