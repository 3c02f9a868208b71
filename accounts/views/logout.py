"""Signing out here: this browser's session ends, its wikis are told, and one sees who was."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.errors import FlowUnusable
from accounts.flow.sealing import decrypt, encrypt, is_of_browser, is_over
from accounts.middleware import session_of, set_session
from accounts.services.sessions import end_session, progress
from accounts.views.cookies import bind_browser, browser_of, forget_session, remember_browser
from accounts.views.guards import SeeOther, origin_of

_USE = "logout"
_PROGRESS_SECONDS = 3600


@require_http_methods(["GET", "HEAD", "POST"])
def logout(request: HttpRequest) -> HttpResponse:
    """GET asks; POST ends this browser's session."""
    session = session_of(request)
    if request.method != "POST" and session is not None:
        return render(request, "accounts/sign_out.html")
    ended = []
    if session is not None:
        end_session(session, origin_of(request))
        ended.append(session.sid)
    return signed_out(request, ended)


def signed_out(
    request: HttpRequest,
    ended: Sequence[UUID],
    *,
    return_url: str = "",
    return_name: str = "",
    everywhere: bool = False,
) -> HttpResponse:
    """What happened, and the way back. Takes this site's data out of the browser.

    ``ended`` are the public ids of the sessions that did.
    """
    set_session(request, None)
    claims = {
        "sids": [str(sid) for sid in ended],
        "return_url": return_url,
        "return_name": return_name,
        "everywhere": everywhere,
    }
    response = _page(request, claims)
    forget_session(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def logout_progress(request: HttpRequest) -> HttpResponse:
    """POST shows the same page again, with what became of telling the wikis meanwhile."""
    if request.method != "POST":
        return SeeOther(reverse("accounts:home"))
    try:
        claims = decrypt(_USE, request.POST.get("ended", ""))
    except FlowUnusable:
        return SeeOther(reverse("accounts:home"))
    if not is_of_browser(claims, browser_of(request)) or is_over(claims):
        return SeeOther(reverse("accounts:home"))
    return _page(request, claims)


def _page(request: HttpRequest, claims: dict[str, Any]) -> HttpResponse:
    """The page; what it has to know when it is asked for again travels sealed."""
    sids = [UUID(sid) for sid in claims["sids"]]
    wikis = progress(sids) if sids else []
    known = {name: claims[name] for name in ("sids", "return_url", "return_name", "everywhere")}
    context = {
        **known,
        "wikis": wikis,
        "are_waiting": any(wiki.state == "waiting" for wiki in wikis),
        "ended": encrypt(_USE, bind_browser(request), _PROGRESS_SECONDS, known),
    }
    response = render(request, "accounts/signed_out.html", context)
    remember_browser(request, response)
    return response
