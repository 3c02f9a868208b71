"""The second step of a sign-in, or of proving oneself again: a code from an app, or a recovery
code, and always another way."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import (
    FlowUnusable,
    KnownDevicesOnly,
    ProofGone,
    SecondFactorNeeded,
    TooManyGuesses,
)
from accounts.flow.seal import Flow
from accounts.forms import AccountForm
from accounts.services.attempts import Attempt, from_plain
from accounts.views import prove
from accounts.views.beginnings import begin_again
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import charge_flow, flow_page, interrupted, open_flow, unusable
from accounts.views.guards import SeeOther, origin_of
from accounts.views.steps import advance
from twofactor.errors import AttemptOver, NoSuchFactor, WrongCode, WrongRecoveryCode
from twofactor.forms import CodeForm, RecoveryCodeForm
from twofactor.services.challenge import Method, methods_of, verify_factor

_FORMS: Final[dict[Method, type[AccountForm]]] = {
    "totp": CodeForm,
    "recovery_code": RecoveryCodeForm,
}
_WAYS: Final[dict[Method, Promise]] = {
    "totp": _("Use a code from your authenticator app"),
    "recovery_code": _("Use a recovery code"),
}


def present(request: HttpRequest, flow: Flow, attempt: Attempt) -> HttpResponse:
    """The page that asks for the best factor that the account holds."""
    methods = methods_of(attempt)
    if not methods:
        # Nothing that this page can ask for.
        return begin_again(request, flow, str(SecondFactorNeeded.message))
    return _page(request, flow, attempt, methods[0], _FORMS[methods[0]]())


def _page(
    request: HttpRequest, flow: Flow, attempt: Attempt, method: Method, form: AccountForm
) -> HttpResponse:
    others = [{"method": m, "label": _WAYS[m]} for m in methods_of(attempt) if m != method]
    context = {
        "form": form,
        "method": method,
        "others": others,
        "username": attempt.username,
        "proving": flow.page == prove.PAGE,
    }
    return flow_page(request, flow, "twofactor/challenge.html", context)


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def challenge(request: HttpRequest) -> HttpResponse:
    """POST is one guess at a second factor within a flow, or a change of way; GET begins anew."""
    if request.method != "POST":
        return SeeOther(reverse("accounts:login"))
    try:
        return _answer(request, open_flow(request))
    except FlowUnusable as error:
        return unusable(request, error, begin_again)


def _answer(request: HttpRequest, flow: Flow) -> HttpResponse:
    attempt = from_plain(flow.attempt) if flow.attempt is not None else None
    if attempt is None:
        return begin_again(request, flow)
    method = _method(request, attempt)
    if method is None:
        return present(request, flow, attempt)
    if "code" not in request.POST:
        return _page(request, flow, attempt, method, _FORMS[method]())
    charge_flow(request, flow, "second-factor", settings.RATE_SIGN_IN)
    form = _FORMS[method](request.POST)
    if not form.is_valid():
        return _page(request, flow, attempt, method, form)
    return _prove(request, flow, attempt, method, form)


def _method(request: HttpRequest, attempt: Attempt) -> Method | None:
    """The way that was chosen, if the account has it."""
    wanted = request.POST.get("method")
    return next((method for method in methods_of(attempt) if method == wanted), None)


def _prove(
    request: HttpRequest, flow: Flow, attempt: Attempt, method: Method, form: AccountForm
) -> HttpResponse:
    try:
        proven = verify_factor(
            method, attempt, form.cleaned_data["code"], origin=origin_of(request)
        )
    except (WrongCode, WrongRecoveryCode, NoSuchFactor, KnownDevicesOnly) as error:
        form.add_account_error("code", error)
        return _page(request, flow, attempt, method, form)
    except TooManyGuesses as error:
        return interrupted(request, flow, error)
    except AttemptOver as error:
        return begin_again(request, flow, str(error.message))
    done = advance(request, flow, proven)
    if isinstance(done, ProofGone):
        return begin_again(request, flow, str(done.message))
    return done
