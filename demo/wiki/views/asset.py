"""The style sheet, the icon, and a word of life for whoever started this process."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from demo.wiki import settings

_STYLE = (Path(__file__).parent.parent / "style.css").read_bytes()
_SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" {}</svg>'
_ICONS = {
    "en": _SVG.format('stroke="#1f8aa3" stroke-width="4"><circle cx="8" cy="8" r="5"/>'),
    "fr": _SVG.format('stroke="#b0467f" stroke-width="3"><path d="M8 2 14 8 8 14 2 8z"/>'),
}


@require_safe
def style(_request: HttpRequest) -> HttpResponse:
    """The one style sheet."""
    return HttpResponse(
        _STYLE,
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": "public, max-age=60"},
    )


@require_safe
def icon(_request: HttpRequest) -> HttpResponse:
    """The mark of the header, for the browser's tab."""
    return HttpResponse(
        _ICONS[settings.WIKI_LANGUAGE],
        content_type="image/svg+xml",
        headers={"Cache-Control": "public, max-age=3600"},
    )


@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """Says that the wiki answers; it does so without the auth site, too."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
