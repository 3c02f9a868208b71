"""The demo's mail reader: what the auth site would have sent, for whoever tries the demo.

Nothing of a letter is trusted: its text is escaped, its HTML is shown in a frame that can neither
run nor fetch anything, and can open links in tabs of their own alone.
"""

from math import ceil

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from demo.wiki import mailbox as letters
from demo.wiki import settings

# What our letters measure: a line, the space between paragraphs, all around; a phone's line.
_LINE, _GAP, _AROUND = 24, 16, 220
_PHONE = 38


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """All letters, newest first."""
    found = letters.letters(settings.WIKI_MAIL_DIR)
    return render(request, "wiki/mailbox.html", {"letters": found})


@require_safe
def letter(request: HttpRequest, key: str) -> HttpResponse:
    """One letter as a mail reader shows it: its HTML in a sandbox, or its text if it has none."""
    found = _find(key)
    shown = "html" if found.html else "text"
    values = {"letter": found, "shown": shown, "height": _height(found)}
    return render(request, "wiki/letter.html", values)


@require_safe
def letter_text(request: HttpRequest, key: str) -> HttpResponse:
    """The plain text of a letter, with links to follow."""
    return render(request, "wiki/letter.html", {"letter": _find(key), "shown": "text"})


@require_safe
def letter_html(_request: HttpRequest, key: str) -> HttpResponse:
    """The HTML of a letter, for the sandboxed frame: no script, nothing loaded from anywhere."""
    # Links open in a tab of their own: the frame itself may show nothing else. The first base wins.
    return HttpResponse(
        f'<!doctype html><base target="_blank">{_find(key).html}',
        headers={
            "Content-Security-Policy": (
                "sandbox allow-popups allow-popups-to-escape-sandbox; "
                "default-src 'none'; style-src 'unsafe-inline'; "
                "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
            )
        },
    )


def _height(found: letters.Letter) -> int:
    """A height in pixels at which a phone shows the whole letter, judged by its text."""
    lines = found.flowing_text.splitlines() or [""] * 20
    height = sum(_LINE * ceil(len(line) / _PHONE) if line else _GAP for line in lines)
    return min(_AROUND + height, 4000)


def _find(key: str) -> letters.Letter:
    found = letters.find(settings.WIKI_MAIL_DIR, key=key)
    if found is None:
        raise Http404(key)
    return found
