"""The second step of a sign-in: a passkey, a code from an app, or a recovery code instead."""

import json
from dataclasses import replace
from typing import Any, Final, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import (
    AccountError,
    AccountLocked,
    FlowUnusable,
    KnownDevicesOnly,
    ProofGone,
    SecondFactorNeeded,
    SignInClosed,
    TooManyGuesses,
)
from accounts.flow.seal import Flow
from accounts.forms import AccountForm
from accounts.middleware import session_of
from accounts.services.attempts import Attempt, from_plain
from accounts.services.sessions import decoded, encoded
from accounts.services.trusted_browsers import may_trust
from accounts.views import prove
from accounts.views.beginnings import begin_again
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import charge_flow, flow_page, interrupted, open_flow, unusable
from accounts.views.guards import SeeOther, origin_of
from accounts.views.steps import advance
from twofactor.errors import (
    AttemptOver,
    CeremonyRefused,
    NoSuchFactor,
    WrongCode,
    WrongRecoveryCode,
)
from twofactor.flow.methods import Method, methods_of
from twofactor.forms import CodeForm, RecoveryCodeForm, TrustingCodeForm
from twofactor.services.ceremonies import new_challenge
from twofactor.services.challenge import CodeMethod, verify_code
from twofactor.services.passkeys import options_after_first_proof, show_as_second

_WAYS: Final[dict[Method, Promise]] = {
    "passkey": _("Use a passkey"),
    "totp": _("Use a code from your authenticator app"),
    "recovery_code": _("Use a recovery code"),
}


def _form_of(method: Method, attempt: Attempt, data: Any = None) -> AccountForm:
    """The form of a way; that of a passkey has no field."""
    if method == "totp":
        return TrustingCodeForm(data) if may_trust(attempt) else CodeForm(data)
    return RecoveryCodeForm(data) if method == "recovery_code" else AccountForm(data)


def present(request: HttpRequest, flow: Flow, attempt: Attempt) -> HttpResponse:
    """The page that asks for the best factor that the account holds."""
    methods = methods_of(flow, attempt)
    if not methods:
        # Nothing that this page can ask for.
        return begin_again(request, flow, str(SecondFactorNeeded.message))
    return _page(request, flow, attempt, methods[0])


def _page(
    request: HttpRequest,
    flow: Flow,
    attempt: Attempt,
    method: Method,
    *,
    form: AccountForm | None = None,
    problem: AccountError | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {}
    if method == "passkey":
        challenge = new_challenge()
        flow = replace(flow, challenge=encoded(challenge))
        context["passkey_options"] = json.dumps(options_after_first_proof(challenge, attempt))
    others = [{"method": m, "label": _WAYS[m]} for m in methods_of(flow, attempt) if m != method]
    context |= {
        "form": form or _form_of(method, attempt),
        "problem": problem,
        "method": method,
        "others": others,
        "username": attempt.username,
        "proving": flow.page == prove.PAGE,
        # Why a code of the app is not among the ways although there is one.
        "app_is_not_enough": "totp" in attempt.factors and "totp" not in methods_of(flow, attempt),
    }
    return flow_page(request, flow, "twofactor/challenge.html", context)


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def challenge(request: HttpRequest) -> HttpResponse:
    """POST is one try at a second factor within a flow, or a change of way; GET begins anew."""
    if request.method != "POST":
        return SeeOther(reverse("accounts:login"))
    try:
        flow = open_flow(request)
        attempt = from_plain(flow.attempt) if flow.attempt is not None else None
    except FlowUnusable as error:
        return unusable(request, error, begin_again)
    if attempt is None:
        return begin_again(request, flow)
    try:
        return _answer(request, flow, attempt)
    except (TooManyGuesses, AccountLocked, SignInClosed) as error:
        return interrupted(request, flow, error)
    except AttemptOver as error:
        return begin_again(request, flow, str(error.message))


def _answer(request: HttpRequest, flow: Flow, attempt: Attempt) -> HttpResponse:
    method = _method(request, flow, attempt)
    if method is None:
        return present(request, flow, attempt)
    if ("credential" if method == "passkey" else "code") not in request.POST:
        return _page(request, flow, attempt, method)
    charge_flow(request, flow, "second-factor", settings.RATE_SIGN_IN)
    if method == "passkey":
        return _by_passkey(request, flow, attempt)
    return _by_code(request, flow, attempt, method)


def _method(request: HttpRequest, flow: Flow, attempt: Attempt) -> Method | None:
    """The way that was chosen, if the account has it and it leads on."""
    wanted = request.POST.get("method")
    return next((method for method in methods_of(flow, attempt) if method == wanted), None)


def _by_passkey(request: HttpRequest, flow: Flow, attempt: Attempt) -> HttpResponse:
    again = attempt.purpose == "reauthenticate"
    try:
        proven = show_as_second(
            request.POST.get("credential", ""),
            decoded(flow.challenge or ""),
            attempt,
            origin=origin_of(request),
            session=session_of(request) if again else None,
        )
    except CeremonyRefused as error:
        return _page(request, flow, attempt, "passkey", problem=error)
    return _go_on(request, flow, proven)


def _by_code(request: HttpRequest, flow: Flow, attempt: Attempt, method: Method) -> HttpResponse:
    form = _form_of(method, attempt, request.POST)
    if not form.is_valid():
        return _page(request, flow, attempt, method, form=form)
    given = form.cleaned_data
    try:
        proven = verify_code(
            cast("CodeMethod", method), attempt, given["code"], origin=origin_of(request)
        )
    except (WrongCode, WrongRecoveryCode, NoSuchFactor, KnownDevicesOnly) as error:
        form.add_account_error("code", error)
        return _page(request, flow, attempt, method, form=form)
    return _go_on(request, replace(flow, trust=bool(given.get("trust"))), proven)


def _go_on(request: HttpRequest, flow: Flow, proven: Attempt) -> HttpResponse:
    done = advance(request, flow, proven)
    return begin_again(request, flow, str(done.message)) if isinstance(done, ProofGone) else done
