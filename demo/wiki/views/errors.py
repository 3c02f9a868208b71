"""Pages that say what went wrong and what one can do now."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from demo.wiki import settings


def notice(request: HttpRequest, *, kind: str, status: int, next_path: str = "/") -> HttpResponse:
    """A page of one of the kinds in `words.py` (`<kind>_title`, `<kind>_text`)."""
    return render(
        request,
        "wiki/notice.html",
        {
            "title_key": f"{kind}_title",
            "text_key": f"{kind}_text",
            "next_path": next_path,
            "offer_sign_in": kind in {"flow_unknown", "sign_in_failed", "sign_in_unverified"},
        },
        status=status,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """The browser sent something that makes no sense here."""
    return notice(request, kind="bad_request", status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """There is nothing at this address."""
    return notice(request, kind="not_found", status=404)


def server_error(_request: HttpRequest) -> HttpResponse:
    """Something broke here; so the page asks neither the database nor who is signed in."""
    page = render_to_string("wiki/server_error.html", {"lang": settings.WIKI_LANGUAGE})
    return HttpResponse(page, status=500)


def csrf_failure(request: HttpRequest, **_named: Any) -> HttpResponse:
    """A form from elsewhere, or cookies are gone: nothing is done, a typed text is shown to copy.

    Only to copy: a button here would let another site put its text under this person's hand.
    """
    return render(
        request, "wiki/form_lost.html", {"text": request.POST.get("text", "")}, status=403
    )
