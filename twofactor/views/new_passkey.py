"""Adding a passkey: one press of a button, and whatever the device asks for."""

import base64
import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.errors import AccountError, ProofGone
from accounts.services.attempts import Attempt
from accounts.services.sessions import Session, decoded, encoded
from accounts.services.throttling import charge
from accounts.views.cookies import bind_browser, browser_of, remember_browser
from accounts.views.guards import (
    SeeOther,
    asking,
    proof_required,
    prove_again,
    session_required,
)
from twofactor.errors import CeremonyRefused, PasskeyTaken, TooManyPasskeys
from twofactor.flow.pending import open_pending, seal_pending
from twofactor.services import passkeys
from twofactor.services.ceremonies import new_challenge
from twofactor.services.overview import overview_of
from twofactor.views import recovery_codes
from twofactor.views.carried import forget_what_is_too_little

_PAGE = "two-factor-passkey"


@require_http_methods(["GET", "HEAD", "POST"])
@session_required(_PAGE)
@proof_required(_PAGE)
def new_passkey(request: HttpRequest, session: Session, proof: Attempt) -> HttpResponse:
    """GET has the button; POST is what the browser has made.

    Whoever has no recovery codes keeps some first: the passkey counts once they are kept.
    """
    if request.method != "POST":
        return _page(request, session)
    charge(request, "two-factor", settings.RATE_PASSWORD)
    pending = open_pending(
        "new-passkey", request.POST.get("pending", ""), session, browser_of(request)
    )
    if pending is None:
        return _page(request, session)
    try:
        new = passkeys.made(
            request.POST.get("credential", ""),
            decoded(pending["challenge"]),
            base64.b64decode(pending["user_handle"]),
            session,
        )
        if overview_of(session).codes_left == 0:
            return recovery_codes.present_with(request, session, new)
        return _store(request, session, proof, new)
    except (CeremonyRefused, PasskeyTaken, TooManyPasskeys) as error:
        return _page(request, session, error)


def _store(
    request: HttpRequest, session: Session, proof: Attempt, new: passkeys.Made
) -> HttpResponse:
    """Adds what was made, and shows what one holds now. Raises as ``passkeys.add``."""
    try:
        passkeys.add(session, proof, new, **asking(request))
    except ProofGone:
        return prove_again(_PAGE, request)
    response = SeeOther(reverse("twofactor:overview"))
    forget_what_is_too_little(response, proof, "passkey")
    return response


def _page(
    request: HttpRequest, session: Session, problem: AccountError | None = None
) -> HttpResponse:
    challenge, user_handle = new_challenge(), passkeys.user_handle_for(session)
    options = passkeys.options_to_make(challenge, user_handle, session.username, session)
    pending = {
        "challenge": encoded(challenge),
        "user_handle": base64.b64encode(user_handle).decode(),
    }
    context = {
        "problem": problem,
        "passkey_options": json.dumps(options),
        "pending": seal_pending("new-passkey", pending, session, bind_browser(request)),
    }
    response = render(request, "twofactor/new_passkey.html", context)
    remember_browser(request, response)
    return response
