"""The sign-up page: a new account, and at once signed in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import (
    AccountError,
    EmailInvalid,
    FlowUnusable,
    PasswordUnacceptable,
    ProofGone,
    SignUpClosed,
    UsernameInvalid,
)
from accounts.flow.seal import Flow
from accounts.forms import SignUpForm
from accounts.services.email_addresses import parse_address
from accounts.services.registration import register
from accounts.services.throttling import charge
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import finish_flow, flow_page, interrupted, open_flow, unusable
from accounts.views.guards import origin_of
from accounts.views.login import own_flow

_TEMPLATE = "accounts/sign_up.html"


def present(request: HttpRequest, flow: Flow, notice: str = "") -> HttpResponse:
    """The empty sign-up page for a flow."""
    return _page(request, flow, SignUpForm(initial={"username": flow.username}), notice)


def _page(request: HttpRequest, flow: Flow, form: SignUpForm, notice: str = "") -> HttpResponse:
    return flow_page(request, flow, _TEMPLATE, {"form": form, "notice": notice})


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    """GET begins a flow to the account page; POST creates the account within a flow."""
    if request.method != "POST":
        return present(request, own_flow(request, "sign_up"))
    try:
        flow = open_flow(request)
    except FlowUnusable as error:
        return unusable(request, error, present)
    if "username" not in request.POST:
        # Somebody came over from the sign-in page.
        return present(request, flow)
    form = SignUpForm(request.POST)
    if not form.is_valid():
        return _page(request, flow, form)
    # Only what could create an account is charged: mistyping is free.
    charge(request, "sign-up", settings.RATE_SIGN_UP, vault_budget=False)
    return _sign_up(request, flow, form)


def _sign_up(request: HttpRequest, flow: Flow, form: SignUpForm) -> HttpResponse:
    given = form.cleaned_data
    try:
        address = parse_address(given["email"]) if given["email"] else None
        attempt = register(given["username"], given["password"], address, origin=origin_of(request))
    except SignUpClosed as error:
        return interrupted(request, flow, error)
    except (UsernameInvalid, PasswordUnacceptable, EmailInvalid) as error:
        form.add_account_error(_field_of(error), error)
        return _page(request, flow, form)
    done = finish_flow(request, flow, attempt, kept=given["keep"])
    if isinstance(done, ProofGone):
        form.add_account_error(None, done)
        return _page(request, flow, form)
    return done


def _field_of(error: AccountError) -> str:
    if isinstance(error, UsernameInvalid):
        return "username"
    return "email" if isinstance(error, EmailInvalid) else "password"
