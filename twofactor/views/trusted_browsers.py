"""Trusting a browser no more."""

from contextlib import suppress
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.services.sessions import Session
from accounts.services.trusted_browsers import distrust_browser
from accounts.views.guards import SeeOther, origin_of, session_required


@require_POST
@session_required("two-factor")
def distrust(request: HttpRequest, session: Session) -> HttpResponse:
    """Ends the trust in one of one's own browsers; that it has ended already is fine."""
    with suppress(ValueError):  # no id: nothing of ours
        distrust_browser(session, UUID(request.POST.get("browser", "")), origin_of(request))
    return SeeOther(reverse("twofactor:overview"))
