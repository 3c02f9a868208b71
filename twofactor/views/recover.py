"""Getting back in without a password: name and recovery code, then a new passkey.

Or by letter and a second factor, where accounts' page for a new password leads here. It opens no
session: whoever has made the passkey signs in with it.
"""

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import (
    AccountError,
    AccountLocked,
    FlowUnusable,
    KnownDevicesOnly,
    ProofGone,
    SignInClosed,
    TooManyGuesses,
)
from accounts.flow.next_step import Step, next_recovery
from accounts.flow.seal import Flow
from accounts.services.attempts import Attempt, from_plain, plain
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import charge_flow, flow_page, interrupted, open_flow, unusable
from accounts.views.guards import asking, origin_of
from accounts.views.login import own_flow
from twofactor.errors import (
    CeremonyRefused,
    PasskeyTaken,
    TooManyPasskeys,
    WrongNameOrRecoveryCode,
)
from twofactor.forms import RecoverForm
from twofactor.services.ceremonies import new_user_handle
from twofactor.services.recovery import mend, verify_recovery_code
from twofactor.views.making import made_here, making_page, sealed_handle


def present(request: HttpRequest, flow: Flow, notice: str = "") -> HttpResponse:
    """The empty page for a flow."""
    form = RecoverForm(initial={"username": flow.username})
    return _page(request, flow.anew(), form, notice)


def _page(request: HttpRequest, flow: Flow, form: RecoverForm, notice: str = "") -> HttpResponse:
    return flow_page(request, flow, "twofactor/recover.html", {"form": form, "notice": notice})


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def recover(request: HttpRequest) -> HttpResponse:
    """GET begins; POST is one guess at a recovery code, or the passkey that was made after it."""
    if request.method != "POST":
        return present(request, own_flow(request, "sign_in"))
    try:
        flow = open_flow(request)
        attempt = from_plain(flow.attempt) if flow.attempt is not None else None
    except FlowUnusable as error:
        return unusable(request, error, present)
    if attempt is not None and "credential" in request.POST:
        return _mend(request, flow, attempt)
    if attempt is not None and request.POST.get("make") == "passkey":
        return _begin_making(request, flow, attempt)
    if "code" not in request.POST:
        # Somebody came over from the sign-in page.
        return present(request, flow)
    return _guess(request, flow)


def _guess(request: HttpRequest, flow: Flow) -> HttpResponse:
    charge_flow(request, flow, "second-factor", settings.RATE_SIGN_IN)
    form = RecoverForm(request.POST)
    if not form.is_valid():
        return _page(request, flow.anew(), form)
    given = form.cleaned_data
    try:
        attempt = verify_recovery_code(given["username"], given["code"], origin=origin_of(request))
    except (WrongNameOrRecoveryCode, KnownDevicesOnly) as error:
        form.add_account_error("code", error)
        return _page(request, flow.anew(), form)
    except (TooManyGuesses, AccountLocked, SignInClosed) as error:
        return interrupted(request, flow, error)
    return _make_anew(request, flow, attempt)


def _begin_making(request: HttpRequest, flow: Flow, attempt: Attempt) -> HttpResponse:
    # A passkey asks for more than the letter, also where no factor is held.
    is_letter_alone = attempt.purpose != "recover" or {*attempt.proofs} == {"letter"}
    if is_letter_alone or next_recovery(attempt.proofs, attempt.factors) is not Step.MEND:
        return present(request, flow)
    return _make_anew(request, flow, attempt)


def _make_anew(request: HttpRequest, flow: Flow, attempt: Attempt) -> HttpResponse:
    pending = sealed_handle(new_user_handle())
    return _make_page(request, replace(flow, attempt=plain(attempt), pending=pending), attempt)


def _make_page(
    request: HttpRequest, flow: Flow, attempt: Attempt, problem: AccountError | None = None
) -> HttpResponse:
    by_letter = "letter" in attempt.proofs
    template = f"twofactor/{'recover_by_letter' if by_letter else 'recover_passkey'}.html"
    return making_page(request, flow, template, attempt.username, problem=problem)


def _mend(request: HttpRequest, flow: Flow, attempt: Attempt) -> HttpResponse:
    if attempt.purpose != "recover" or "user_handle" not in (flow.pending or {}):
        return present(request, flow)
    charge_flow(request, flow, "two-factor", settings.RATE_PASSWORD)
    try:
        mend(attempt, made_here(request, flow), **asking(request))
    except (CeremonyRefused, PasskeyTaken, TooManyPasskeys) as error:
        return _make_page(request, flow, attempt, error)
    except ProofGone as error:
        return present(request, flow, str(error.message))
    return flow_page(request, flow.anew(), "twofactor/recovered.html", {})
