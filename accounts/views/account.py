"""The account page: how well protected one is, and where one is signed in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.services.email_addresses import masked, own_addresses
from accounts.services.own_account import own_account
from accounts.services.second_factors import holdings_of
from accounts.services.sessions import Session, own_sessions
from accounts.views.guards import session_required


@require_safe
@session_required("account")
def account(request: HttpRequest, session: Session) -> HttpResponse:
    """One's own account."""
    about = own_account(session)
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
            "password_changed_at": about.password_changed_at if about is not None else None,
            "holds": holdings_of(session),
            "sessions": own_sessions(session),
        },
    )
