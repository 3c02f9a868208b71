"""Signing in, or proving oneself again, by a passkey alone."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import AccountLocked, FlowUnusable, ProofGone, SignInClosed
from accounts.flow.seal import Flow
from accounts.services.sessions import Session, decoded
from accounts.views import login, prove
from accounts.views.beginnings import begin_again
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import charge_flow, interrupted, open_flow, unusable
from accounts.views.guards import SeeOther, origin_of, session_required
from accounts.views.steps import advance
from twofactor.errors import CeremonyRefused
from twofactor.services.passkeys import show


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    """POST is a browser's answer to the sign-in page's challenge; GET begins anew."""
    if request.method != "POST":
        return SeeOther(reverse("accounts:login"))
    try:
        flow = open_flow(request)
    except FlowUnusable as error:
        return unusable(request, error, login.present)
    if flow.page == prove.PAGE:
        return begin_again(request, flow)
    charge_flow(request, flow, "sign-in", settings.RATE_SIGN_IN, vault_budget=False)
    try:
        attempt = show(
            request.POST.get("credential", ""),
            decoded(flow.challenge or ""),
            purpose="sign_in",
            origin=origin_of(request),
        )
    except CeremonyRefused as error:
        return login.present(request, flow, problem=error)
    except (AccountLocked, SignInClosed) as error:
        return interrupted(request, flow, error)
    done = login.go_on(request, flow, attempt, keep=request.POST.get("keep") == "on")
    return login.present(request, flow, problem=done) if isinstance(done, ProofGone) else done


@require_http_methods(["GET", "HEAD", "POST"])
@session_required("account")
def prove_passkey(request: HttpRequest, session: Session) -> HttpResponse:
    """POST is a browser's answer to the challenge of the page that asks for a fresh proof."""
    if request.method != "POST":
        return SeeOther(reverse("accounts:prove"))
    try:
        flow = open_flow(request)
    except FlowUnusable as error:
        return unusable(request, error, begin_again)
    if not prove.is_proof_of(flow, session):
        return begin_again(request, flow)
    charge_flow(request, flow, "password", settings.RATE_PASSWORD, vault_budget=False)
    return _prove(request, flow, session)


def _prove(request: HttpRequest, flow: Flow, session: Session) -> HttpResponse:
    try:
        attempt = show(
            request.POST.get("credential", ""),
            decoded(flow.challenge or ""),
            purpose="reauthenticate",
            origin=origin_of(request),
            session=session,
        )
    except CeremonyRefused as error:
        return prove.present(request, flow, problem=error)
    except (AccountLocked, SignInClosed) as error:
        return interrupted(request, flow, error)
    except ProofGone as error:
        return prove.present(request, flow, str(error.message))
    done = advance(request, flow, attempt)
    return prove.present(request, flow, str(done.message)) if isinstance(done, ProofGone) else done
