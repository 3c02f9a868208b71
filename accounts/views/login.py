"""The sign-in page: a user name and a password, wherever the flow leads."""

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import (
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
from accounts.flow.seal import Flow
from accounts.forms import SignInForm
from accounts.middleware import session_of
from accounts.services.passwords import verify_password
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


def present(request: HttpRequest, flow: Flow, notice: str = "") -> HttpResponse:
    """The empty sign-in page for a flow."""
    form = SignInForm(initial={"username": flow.username})
    return _page(request, flow.anew(), form, notice)


def _page(request: HttpRequest, flow: Flow, form: SignInForm, notice: str = "") -> HttpResponse:
    if flow.reauthenticate:
        # How long to stay signed in was said before.
        form.fields.pop("keep", None)
    return flow_page(request, flow, _TEMPLATE, {"form": form, "notice": notice})


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
        # Somebody came over from the sign-up page.
        return present(request, flow)
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
    old = session_of(request)
    kept = given["keep"]
    if flow.reauthenticate:
        # Not asked again: this browser's session goes on as it was, if it is the same person's.
        kept = old is not None and old.kept and old.account_id == attempt.account_id
    done = advance(request, replace(flow, kept=kept), attempt)
    if isinstance(done, ProofGone):
        form.add_account_error(None, done)
        return _page(request, flow, form)
    return done


def _own_page(flow: Flow) -> str:
    return reverse(own_pages.PAGES[flow.request["page"]])
