"""Wikis that one lets know who one is, and taking that back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.services.sessions import Session
from accounts.views.guards import SeeOther, origin_of, session_required
from sso.services.consents import knowing_wikis, withdraw_consent


@require_safe
@session_required("wikis")
def own_wikis(request: HttpRequest, session: Session) -> HttpResponse:
    """Those that are none of the family's own, and what each knows."""
    return render(request, "sso/own_wikis.html", {"wikis": knowing_wikis(session)})


@require_http_methods(["GET", "HEAD", "POST"])
@session_required("wikis")
def withdraw(request: HttpRequest, session: Session) -> HttpResponse:
    """GET says what taking it back does; POST does it.

    It only takes away, so the session is enough. One that is taken back already is fine.
    """
    if request.method != "POST":
        chosen = request.GET.get("wiki", "")
        wiki = next((one for one in knowing_wikis(session) if one.client_id == chosen), None)
        return render(request, "sso/withdraw_consent.html", {"wiki": wiki})
    if not withdraw_consent(session, request.POST.get("wiki", ""), origin_of(request)):
        return SeeOther(reverse("accounts:login"))
    return SeeOther(reverse("sso:own_wikis"))
