"""The language that a wiki asks for on behalf of its readers (`ui_locales`).

It holds for every page of the flow, and for the letters that come of it. What somebody has chosen
here goes before it; what their browser asks for comes after it (authsite/language.py).
"""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import get_supported_language_variant


def speak(request: HttpRequest, wanted: Iterable[str]) -> None:
    """Answer in the first of these languages that this site has, if it has any."""
    if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) in dict(settings.LANGUAGES):
        return
    for tag in wanted:
        try:
            language = get_supported_language_variant(tag.lower())
        except (LookupError, ValueError):  # not ours, or too long for any language
            continue
        translation.activate(language)
        request.LANGUAGE_CODE = language
        return
