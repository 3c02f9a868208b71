"""Getting back in by letter, the last page: a new password, by what was proven until then."""

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import FlowUnusable, PasswordUnacceptable, ProofGone
from accounts.flow.next_step import Step, next_recovery
from accounts.flow.seal import Flow
from accounts.forms import NewPasswordForm
from accounts.services.attempts import Attempt, from_plain
from accounts.services.recovery import reset_password
from accounts.views import login
from accounts.views.beginnings import begin_again
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import charge_flow, flow_page, open_flow, unusable
from accounts.views.guards import SeeOther, asking
from accounts.views.steps import advance


def present(request: HttpRequest, flow: Flow, attempt: Attempt) -> HttpResponse:
    """The empty page."""
    form = NewPasswordForm(initial={"username": attempt.username})
    return _page(request, flow, attempt, form)


def _page(
    request: HttpRequest, flow: Flow, attempt: Attempt, form: NewPasswordForm
) -> HttpResponse:
    context = {
        "form": form,
        "username": attempt.username,
        # A passkey mends more, and asks for more than the letter.
        "may_make_passkey": set(attempt.proofs) != {"letter"},
    }
    return flow_page(request, flow, "accounts/new_password.html", context)


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest) -> HttpResponse:
    """POST sets the password, and ends all that the account had open; GET begins anew."""
    if request.method != "POST":
        return SeeOther(reverse("accounts:reset"))
    try:
        flow = open_flow(request)
        attempt = from_plain(flow.attempt) if flow.attempt is not None else None
    except FlowUnusable as error:
        return unusable(request, error, begin_again)
    if attempt is None or attempt.purpose != "recover":
        return begin_again(request, flow)
    if next_recovery(attempt.proofs, attempt.factors) is not Step.MEND:
        return _ask_for_what_is_missing(request, flow, attempt)
    form = NewPasswordForm(request.POST)
    if not form.is_valid():
        return _page(request, flow, attempt, form)
    return _reset(request, flow, attempt, form)


def _ask_for_what_is_missing(request: HttpRequest, flow: Flow, attempt: Attempt) -> HttpResponse:
    done = advance(request, flow, attempt)
    return begin_again(request, flow, str(done.message)) if isinstance(done, ProofGone) else done


def _reset(
    request: HttpRequest, flow: Flow, attempt: Attempt, form: NewPasswordForm
) -> HttpResponse:
    charge_flow(request, flow, "password", settings.RATE_PASSWORD)
    try:
        reset_password(attempt, form.cleaned_data["new_password"], **asking(request))
    except PasswordUnacceptable as error:
        form.add_account_error("new_password", error)
        return _page(request, flow, attempt, form)
    except ProofGone as error:  # the second factor too: the vault asks for it again
        return begin_again(request, flow, str(error.message))
    return login.present(
        request,
        replace(flow.anew(), page="sign_in", username=attempt.username),
        _("Your new password is set, and you were signed out everywhere. Sign in with it now."),
    )
