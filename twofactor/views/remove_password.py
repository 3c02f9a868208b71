"""Doing without a password, for whoever has two passkeys and recovery codes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.errors import AccountError, ProofGone
from accounts.services.attempts import Attempt
from accounts.services.passwords import remove_own_password
from accounts.services.sessions import Session
from accounts.views.guards import (
    SeeOther,
    asking,
    proof_required,
    prove_again,
    session_required,
)
from twofactor.errors import TooFewPasskeys
from twofactor.services.overview import overview_of

_PAGE = "password-remove"


@require_http_methods(["GET", "HEAD", "POST"])
@session_required(_PAGE)
@proof_required(_PAGE)
def remove_password(request: HttpRequest, session: Session, proof: Attempt) -> HttpResponse:
    """GET says what it means; POST takes the password away."""
    if request.method != "POST":
        return _page(request, session)
    try:
        status = remove_own_password(session, proof, **asking(request))
    except ProofGone:
        return prove_again(_PAGE, request)
    if status == "few":
        return _page(request, session, TooFewPasskeys())
    return SeeOther(reverse("twofactor:overview"))


def _page(
    request: HttpRequest, session: Session, problem: AccountError | None = None
) -> HttpResponse:
    context = {"overview": overview_of(session), "problem": problem}
    return render(request, "twofactor/remove_password.html", context)
