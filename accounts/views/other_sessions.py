"""Ending one's other sessions, as is offered after a change of what protects the account."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.errors import ProofGone
from accounts.services.sessions import Session, end_other_sessions
from accounts.views.guards import SeeOther, origin_of, session_required


@require_POST
@session_required("account")
def end_others(request: HttpRequest, session: Session) -> HttpResponse:
    """Ends them, tells their wikis, and shows what is left."""
    try:
        end_other_sessions(session, origin_of(request))
    except ProofGone:
        return SeeOther(reverse("accounts:login"))
    return SeeOther(reverse("accounts:account"))
