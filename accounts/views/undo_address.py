"""Undoing a change of addresses, by the letter that told the old one of it.

Nobody is signed in by it.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts.services.letters import restore_address
from accounts.views.guards import asking
from accounts.views.taking_away import take_away


@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest) -> HttpResponse:
    """GET says what it will do; POST does it."""
    return take_away(
        request,
        lambda code: restore_address(code, **asking(request)),
        asked="accounts/undo_address.html",
        done="accounts/address_restored.html",
    )
