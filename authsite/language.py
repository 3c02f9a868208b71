"""The language of a reader: chosen by one POST into one cookie, or what the browser asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.views.flow_pages import restart_url
from accounts.views.languages import chosen, remember_choice
from authsite import policies

_MAX_KEPT: Final = 100
_MAX_ACCEPTED: Final = 500


class LanguageMiddleware:
    """Speaks the reader's language; programs are answered in the site's own.

    Stands for Django's LocaleMiddleware, which also looks for a language in every path, before the
    view and after it: no path here has one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request in the language; `request.LANGUAGE_CODE` names it."""
        request.LANGUAGE_CODE = language_of(request)
        translation.activate(request.LANGUAGE_CODE)
        response = self.get_response(request)
        if not _is_for_a_program(request):
            # A view may have chosen another meanwhile (ui_locales).
            name_language(response, request.LANGUAGE_CODE)
        return response


def language_of(request: HttpRequest) -> str:
    """Give the language in which a request is answered, as far as is known by now."""
    known = getattr(request, "LANGUAGE_CODE", None)
    if known is not None:
        return str(known)
    if _is_for_a_program(request):
        return settings.LANGUAGE_CODE
    kept = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if len(kept) > _MAX_KEPT:  # no language is called so
        kept = ""
    accepted = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    # A header that is cut anywhere means something else: the whole of it, or not from memory.
    ask = _remembered if len(accepted) <= _MAX_ACCEPTED else _language_for
    return ask(kept, accepted)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What Django asks a request for when it looks for a language."""

    COOKIES: dict[str, str]
    META: dict[str, str]


def _language_for(kept: str, accepted: str) -> str:
    wishes = _Wishes({settings.LANGUAGE_COOKIE_NAME: kept}, {"HTTP_ACCEPT_LANGUAGE": accepted})
    return translation.get_language_from_request(cast("HttpRequest", wishes))


_remembered = lru_cache(maxsize=512)(_language_for)  # browsers ask in a few dozen ways


def name_language(response: HttpResponseBase, language: str) -> None:
    """Say in which language a page is, and what that was chosen by."""
    patch_vary_headers(response, ("Accept-Language", "Cookie"))
    response.headers.setdefault("Content-Language", language)


def _is_for_a_program(request: HttpRequest) -> bool:
    """Tell whether what is asked for has no words, or the same ones for everybody."""
    path = request.path_info
    return policies.is_api(path) or policies.is_public(path, static_url=settings.STATIC_URL)


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language asked for, if we speak it, and lead back to `next` on this site.

    A page of a flow may have answered a POST, which cannot be asked for again: its flow begins
    anew. The way back travels sealed in it, as what protects a flow stands in no page. The page
    that asks for consent is not led back to: it takes the choice itself.
    """
    response = HttpResponse(status=303)
    back = restart_url(request) or _local_path(request.POST.get("next", ""))
    response.headers["Location"] = back
    language = chosen(request)
    if language is not None:
        remember_choice(response, language)
    return response


def _local_path(path: str) -> str:
    """Give `path` if it is one of this site, else the start page: no way out leads through here."""
    local = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if local and path.isascii() and path.isprintable() else "/"
