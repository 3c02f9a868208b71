"""The language that somebody chooses at the foot of a page, and the one that a wiki asks for on
behalf of its readers (`ui_locales`).

A wiki's holds for every page of the flow, and for the letters that come of it. What somebody has
chosen goes before it; what their browser asks for comes after it (authsite/language.py).
"""

from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import check_for_language, get_supported_language_variant

_COOKIE_AGE: Final = 365 * 86400


def speak(request: HttpRequest, wanted: Iterable[str]) -> None:
    """Answer in the first of these languages that this site has, if it has any."""
    if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) in dict(settings.LANGUAGES):
        return
    for tag in wanted:
        try:
            language = get_supported_language_variant(tag.lower())
        except (LookupError, ValueError):  # not ours, or too long for any language
            continue
        answer_in(request, language)
        return


def answer_in(request: HttpRequest, language: str) -> None:
    """Answer this request in one of our languages."""
    translation.activate(language)
    request.LANGUAGE_CODE = language


def chosen(request: HttpRequest) -> str | None:
    """The language that the form at the foot of a page asks for; None if it is none of ours."""
    language = request.POST.get("language", "")
    is_ours = language in dict(settings.LANGUAGES) and check_for_language(language)
    return language if is_ours else None


def remember_choice(response: HttpResponse, language: str) -> None:
    """Have this browser answered in the language from now on, for a year."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=_COOKIE_AGE,
        path="/",
        secure=True,
        httponly=True,
        samesite="Lax",
    )
