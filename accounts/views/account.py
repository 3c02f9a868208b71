"""The account page: how well protected one is, and where one is signed in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.services.email_addresses import masked, own_addresses
from accounts.services.sessions import Session, own_sessions
from accounts.views.guards import session_required


@require_safe
@session_required("account")
def account(request: HttpRequest, session: Session) -> HttpResponse:
    """One's own account."""
    addresses = own_addresses(session)
    email = (
        {"masked": masked(addresses[0].address), "confirmed": addresses[0].is_confirmed}
        if addresses
        else None
    )
    return render(
        request,
        "accounts/account.html",
        {
            "account": {"username": session.username, "id": session.account_id},
            "email": email,
            "sessions": own_sessions(session),
        },
    )
