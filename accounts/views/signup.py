"""The sign-up page: a new account, and at once signed in."""

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import (
    EmailInvalid,
    FlowUnusable,
    PasswordUnacceptable,
    ProofGone,
    SignUpClosed,
    UsernameInvalid,
)
from accounts.flow.seal import Flow
from accounts.forms import SignUpForm
from accounts.services.email_addresses import EmailAddress, parse_address
from accounts.services.password_rules import check_new_password
from accounts.services.registration import register
from accounts.services.usernames import creatable_username
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import (
    charge_flow,
    flow_page,
    interrupted,
    open_flow,
    unusable,
)
from accounts.views.guards import origin_of
from accounts.views.login import own_flow
from accounts.views.steps import advance

_TEMPLATE = "accounts/sign_up.html"


def present(request: HttpRequest, flow: Flow, notice: str = "") -> HttpResponse:
    """The empty sign-up page for a flow."""
    return page(request, flow, SignUpForm(initial={"username": flow.username}), notice)


def page(request: HttpRequest, flow: Flow, form: SignUpForm, notice: str = "") -> HttpResponse:
    """The sign-up page with a form, filled in or not."""
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
    address = _check(form) if form.is_valid() else None
    if form.errors:
        return page(request, flow, form)
    # Only what could create an account is charged: mistyping is free.
    charge_flow(request, flow, "sign-up", settings.RATE_SIGN_UP, vault_budget=False)
    return _sign_up(request, flow, form, address)


def _check(form: SignUpForm) -> EmailAddress | None:
    """Finds all that is wrong at once, so that nobody mends a form three times; the address."""
    given = dict(form.cleaned_data)
    address = None
    try:
        creatable_username(given["username"])
    except UsernameInvalid as error:
        form.add_account_error("username", error)
    try:
        check_new_password(
            given["password"],
            username=given["username"],
            email=given["email"],
            has_second_factor=False,
        )
    except PasswordUnacceptable as error:
        form.add_account_error("password", error)
    try:
        address = parse_address(given["email"]) if given["email"] else None
    except EmailInvalid as error:
        form.add_account_error("email", error)
    return address


def _sign_up(
    request: HttpRequest, flow: Flow, form: SignUpForm, address: EmailAddress | None
) -> HttpResponse:
    given = form.cleaned_data
    try:
        attempt = register(given["username"], given["password"], address, origin=origin_of(request))
    except SignUpClosed as error:
        return interrupted(request, flow, error)
    except UsernameInvalid as error:  # taken, or too much like another
        form.add_account_error("username", error)
        return page(request, flow, form)
    done = advance(request, replace(flow, kept=given["keep"]), attempt)
    if isinstance(done, ProofGone):
        form.add_account_error(None, done)
        return page(request, flow, form)
    return done
