"""After a sign-in by password, on a device that could hold a passkey: one is offered, once.

Taking it ends no session elsewhere, as a change on one's own page does: whoever signs in on a new
phone must not be signed out at their desk for it.

The session is open by then; the flow goes on to its destination whatever is chosen here.
"""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import AccountError, FlowUnusable, ProofGone
from accounts.flow.finish import leave_to
from accounts.flow.seal import Flow
from accounts.middleware import session_of
from accounts.services.attempts import Attempt, from_plain, plain
from accounts.services.sessions import Session
from accounts.services.throttling import charge
from accounts.services.trusted_browsers import is_passkey_to_be_offered
from accounts.views.beginnings import begin_again
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import flow_page, leave, open_flow, unusable
from accounts.views.guards import SeeOther, asking, origin_of
from twofactor.errors import CeremonyRefused, NotOneOfThese, PasskeyTaken, TooManyPasskeys
from twofactor.forms import KeptCodesForm
from twofactor.services import passkeys
from twofactor.services.overview import overview_of
from twofactor.services.recovery_codes import confirm_codes, new_codes
from twofactor.views.codes_file import codes_file
from twofactor.views.making import made_here, making_page, sealed_handle


def present(
    request: HttpRequest, flow: Flow, session: Session, proof: Attempt
) -> HttpResponse | None:
    """The page that offers a passkey, to whoever has not been asked in this browser."""
    if not is_passkey_to_be_offered(session, origin_of(request)):
        return None
    pending = {
        "sid": str(session.sid),
        **sealed_handle(passkeys.user_handle_for(session)),
    }
    return _offer(request, replace(flow, attempt=plain(proof), pending=pending), session)


def _offer(
    request: HttpRequest, flow: Flow, session: Session, problem: AccountError | None = None
) -> HttpResponse:
    username, template = session.username, "twofactor/offer.html"
    return making_page(request, flow, template, username, session=session, problem=problem)


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest) -> HttpResponse:
    """POST is a passkey that was made, a code typed back, or "not now": then on to where one was
    going."""
    if request.method != "POST":
        return SeeOther(reverse("accounts:login"))
    try:
        flow = open_flow(request)
    except FlowUnusable as error:
        return unusable(request, error, begin_again)
    session = session_of(request)
    proof = from_plain(flow.attempt) if flow.attempt is not None else None
    is_ours = session is not None and (flow.pending or {}).get("sid") == str(session.sid)
    if session is None or proof is None or not is_ours or proof.purpose != "reauthenticate":
        return begin_again(request, flow)
    if "credential" in request.POST:
        return _made(request, flow, session, proof)
    if "code" in request.POST or "download" in request.POST:
        return _kept(request, flow, session, proof)
    return _leave(request, flow, session)


def _leave(request: HttpRequest, flow: Flow, session: Session) -> HttpResponse:
    return leave(request, leave_to(flow, session, origin_of(request)))


def _made(request: HttpRequest, flow: Flow, session: Session, proof: Attempt) -> HttpResponse:
    charge(request, "two-factor", settings.RATE_PASSWORD)
    pending: dict[str, Any] = flow.pending or {}
    try:
        new = made_here(request, flow, session)
        if overview_of(session).codes_left == 0:
            waiting = {**pending, "passkey": passkeys.plain(new), "codes": list(new_codes())}
            return _codes_page(request, replace(flow, pending=waiting, challenge=None), session)
        passkeys.add(session, proof, new, **asking(request), ends_others=False)
    except (CeremonyRefused, PasskeyTaken, TooManyPasskeys) as error:
        return _offer(request, flow, session, error)
    except ProofGone:
        pass  # it took too long: they are signed in, and may add one on their account page
    return _leave(request, flow, session)


def _kept(request: HttpRequest, flow: Flow, session: Session, proof: Attempt) -> HttpResponse:
    pending: dict[str, Any] = flow.pending or {}
    if "codes" not in pending:
        return _offer(request, flow, session)
    if "download" in request.POST:
        return codes_file(session.username, pending["codes"])
    form = KeptCodesForm(request.POST)
    if not form.is_valid():
        return _codes_page(request, flow, session, form)
    try:
        given: dict[str, Any] = {**asking(request), "ends_others": False}
        confirm_codes(session, proof, tuple(pending["codes"]), form.cleaned_data["code"], **given)
        passkeys.add(session, proof, passkeys.from_plain(pending["passkey"]), **given)
    except NotOneOfThese as error:
        form.add_account_error("code", error)
        return _codes_page(request, flow, session, form)
    except (ProofGone, PasskeyTaken, TooManyPasskeys):
        pass  # as above
    return _leave(request, flow, session)


def _codes_page(
    request: HttpRequest, flow: Flow, session: Session, form: KeptCodesForm | None = None
) -> HttpResponse:
    pending: dict[str, Any] = flow.pending or {}
    context = {
        "form": form or KeptCodesForm(),
        "action": reverse("twofactor:offer"),
        "download": reverse("twofactor:offer"),
        "codes": pending["codes"],
        "username": session.username,
        "passkey_waits": True,
        "in_flow": True,
    }
    return flow_page(request, flow, "twofactor/recovery_codes.html", context)
