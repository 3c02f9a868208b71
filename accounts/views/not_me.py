""" "That was not me": ending a sign-in by the letter that told of it. Nobody is signed in by it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts.services.letters import disown_session
from accounts.views.guards import origin_of
from accounts.views.taking_away import take_away


@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: HttpRequest) -> HttpResponse:
    """GET says what it will do; POST does it."""
    return take_away(
        request,
        lambda code: disown_session(code, origin=origin_of(request)),
        asked="accounts/not_me.html",
        done="accounts/session_disowned.html",
    )
