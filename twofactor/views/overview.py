"""One's second step at a glance: apps, recovery codes, and what to do next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.services.sessions import Session
from accounts.views.guards import session_required
from twofactor.services.overview import overview_of


@require_safe
@session_required("two-factor")
def overview(request: HttpRequest, session: Session) -> HttpResponse:
    """What one has, with a way to add, rename, replace and remove."""
    return render(request, "twofactor/overview.html", {"overview": overview_of(session)})
