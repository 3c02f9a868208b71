"""Signing out here: this browser's session ends, and its wikis are told."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.middleware import session_of, set_session
from accounts.services.sessions import end_session
from accounts.views.cookies import forget_session
from accounts.views.guards import origin_of


@require_http_methods(["GET", "HEAD", "POST"])
def logout(request: HttpRequest) -> HttpResponse:
    """GET asks; POST ends this browser's session."""
    session = session_of(request)
    if request.method != "POST" and session is not None:
        return render(request, "accounts/sign_out.html")
    wikis = end_session(session, origin_of(request)) if session is not None else []
    return signed_out(request, wikis)


def signed_out(
    request: HttpRequest, wikis: list[str], return_url: str = "", return_name: str = ""
) -> HttpResponse:
    """What happened, and the way back. Takes this site's data out of the browser."""
    set_session(request, None)
    response = render(
        request,
        "accounts/signed_out.html",
        {"wikis": wikis, "return_url": return_url, "return_name": return_name},
    )
    forget_session(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
