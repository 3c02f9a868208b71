"""The demo's mail reader: what the auth site would have sent, for whoever tries the demo."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from demo.wiki import mailbox as letters
from demo.wiki import settings


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """All letters, newest first."""
    found = letters.letters(settings.WIKI_MAIL_DIR)
    return render(request, "wiki/mailbox.html", {"letters": found})


@require_safe
def letter(request: HttpRequest, key: str) -> HttpResponse:
    """One letter: its text with links to follow, its HTML in a sandbox."""
    return render(request, "wiki/letter.html", {"letter": _find(key)})


@require_safe
def letter_html(_request: HttpRequest, key: str) -> HttpResponse:
    """The HTML of a letter, for the sandboxed frame: no script, nothing loaded from anywhere."""
    # Links open in a tab of their own: the frame itself may show nothing else.
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


def _find(key: str) -> letters.Letter:
    found = letters.find(settings.WIKI_MAIL_DIR, key=key)
    if found is None:
        raise Http404(key)
    return found
