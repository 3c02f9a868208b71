"""The sign-in page: a user name and a password, or a passkey, wherever the flow leads."""

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import (
    AccountError,
    AccountLocked,
    FlowUnusable,
    KnownDevicesOnly,
    PasswordTooLong,
    ProofGone,
    SignInClosed,
    TooManyGuesses,
    WrongNameOrPassword,
)
from accounts.flow import own_pages
from accounts.flow.destinations import destination_of
from accounts.flow.seal import Flow
from accounts.forms import SignInForm
from accounts.middleware import session_of
from accounts.services.attempts import Attempt
from accounts.services.passwords import verify_password
from accounts.views import passkeys
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import (
    charge_flow,
    flow_page,
    interrupted,
    open_flow,
    unusable,
)
from accounts.views.guards import SeeOther, origin_of
from accounts.views.steps import advance

_TEMPLATE = "accounts/sign_in.html"


def own_flow(request: HttpRequest, page: str) -> Flow:
    """A flow to one of this site's own pages, as far as the query names one that exists."""
    wanted = request.GET.get("page", "account")
    target = wanted if wanted in own_pages.PAGES else "account"
    return Flow(destination=own_pages.NAME, request={"page": target}, page=page)


def present(
    request: HttpRequest, flow: Flow, notice: str = "", problem: AccountError | None = None
) -> HttpResponse:
    """The empty sign-in page for a flow; ``problem`` is what went wrong with a passkey."""
    form = SignInForm(initial={"username": flow.username})
    return _page(request, flow.anew(), form, notice, problem)


def _page(
    request: HttpRequest,
    flow: Flow,
    form: SignInForm,
    notice: str = "",
    problem: AccountError | None = None,
) -> HttpResponse:
    if flow.reauthenticate:
        # How long to stay signed in was said before.
        form.fields.pop("keep", None)
    flow, offered = passkeys.offer(flow)
    level = destination_of(flow.destination).demand(flow.request).wanted
    context = {
        "form": form,
        "notice": notice,
        "problem": problem,
        "level": level,
        "keep_from": form["keep"].id_for_label if "keep" in form.fields else "",
        **offered,
    }
    return flow_page(request, flow, _TEMPLATE, context)


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """GET begins a flow to the account page; POST is one guess within a flow."""
    if request.method != "POST":
        flow = own_flow(request, "sign_in")
        if session_of(request) is not None:
            return SeeOther(_own_page(flow))
        return present(request, flow)
    try:
        flow = open_flow(request)
    except FlowUnusable as error:
        return unusable(request, error, present)
    if "username" not in request.POST:
        # Somebody came over from the sign-up page, or that for a new password.
        return present(request, replace(flow, page="sign_in"))
    charge_flow(request, flow, "sign-in", settings.RATE_SIGN_IN)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _page(request, flow, form)
    return _sign_in(request, flow, form)


def _sign_in(request: HttpRequest, flow: Flow, form: SignInForm) -> HttpResponse:
    given = form.cleaned_data
    try:
        attempt = verify_password(given["username"], given["password"], origin=origin_of(request))
    except (WrongNameOrPassword, KnownDevicesOnly, PasswordTooLong) as error:
        form.add_account_error("password", error)
        return _page(request, flow, form)
    except (TooManyGuesses, AccountLocked, SignInClosed) as error:
        return interrupted(request, flow, error)
    done = go_on(request, flow, attempt, keep=given["keep"])
    if isinstance(done, ProofGone):
        form.add_account_error(None, done)
        return _page(request, flow, form)
    return done


def go_on(
    request: HttpRequest, flow: Flow, attempt: Attempt, *, keep: bool
) -> HttpResponse | ProofGone:
    """Goes on after a first proof, with what the person said beside it."""
    if flow.reauthenticate:
        # Not asked again: this browser's session goes on as it was, if it is the same person's.
        old = session_of(request)
        keep = old is not None and old.kept and old.account_id == attempt.account_id
    platform = request.POST.get("platform") == "yes"
    return advance(request, replace(flow, kept=keep, platform=platform), attempt)


def _own_page(flow: Flow) -> str:
    return reverse(own_pages.PAGES[flow.request["page"]])
