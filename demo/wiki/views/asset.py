"""The style sheet, and a word of life for whoever started this process."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

_STYLE = (Path(__file__).parent.parent / "style.css").read_bytes()


@require_safe
def style(_request: HttpRequest) -> HttpResponse:
    """The one style sheet."""
    return HttpResponse(
        _STYLE,
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": "public, max-age=60"},
    )


@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """Says that the wiki answers; it does so without the auth site, too."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
