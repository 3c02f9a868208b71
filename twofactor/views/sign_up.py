"""Signing up without a password: name, passkey, recovery codes typed back; then signed in.

Nothing is stored before the last step: what was made so far travels sealed in the flow.
"""

from dataclasses import replace
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import (
    AccountError,
    EmailInvalid,
    FlowUnusable,
    ProofGone,
    SignUpClosed,
    UsernameInvalid,
)
from accounts.flow.seal import Flow
from accounts.forms import SignUpForm
from accounts.services.email_addresses import parse_address
from accounts.views import signup
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import charge_flow, flow_page, interrupted, open_flow
from accounts.views.flow_pages import unusable as flow_unusable
from accounts.views.guards import SeeOther, origin_of
from accounts.views.steps import advance
from twofactor.errors import CeremonyRefused, NotOneOfThese, PasskeyTaken
from twofactor.forms import KeptCodesForm, PasskeySignUpForm
from twofactor.services import passkeys
from twofactor.services.ceremonies import new_user_handle
from twofactor.services.recovery_codes import check_kept, new_codes
from twofactor.services.sign_up import check_name, register_with_passkey
from twofactor.views.codes_file import codes_file
from twofactor.views.making import made_here, making_page, sealed_handle

_PAGE: Final = "sign_up"


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def passkey_sign_up(request: HttpRequest) -> HttpResponse:
    """POST is a name, a passkey that was made, or a code typed back; GET begins anew."""
    if request.method != "POST":
        return SeeOther(reverse("accounts:signup"))
    try:
        flow = open_flow(request)
    except FlowUnusable as error:
        return flow_unusable(request, error, signup.present)
    try:
        return _step(request, flow)
    except SignUpClosed as error:
        return interrupted(request, flow, error)
    except UsernameInvalid as error:  # taken meanwhile, or too much like another
        form = SignUpForm({"username": (flow.pending or {}).get("username", "")})
        form.errors.clear()
        form.add_account_error("username", error)
        return signup.page(request, replace(flow, pending=None), form)


def _step(request: HttpRequest, flow: Flow) -> HttpResponse:
    pending: dict[str, Any] = flow.pending or {}
    if "credential" in request.POST and "user_handle" in pending:
        return _made(request, flow, pending)
    if "codes" in pending and ("code" in request.POST or "download" in request.POST):
        return _kept(request, flow, pending)
    return _begin(request, flow)


def _begin(request: HttpRequest, flow: Flow) -> HttpResponse:
    form = PasskeySignUpForm(request.POST)
    if not form.is_valid():
        return _sign_up_page(request, flow, form)
    given = form.cleaned_data
    charge_flow(request, flow, "sign-up", settings.RATE_SIGN_UP, vault_budget=False)
    try:
        name = check_name(given["username"])
    except SignUpClosed:
        raise
    except UsernameInvalid as error:
        form.add_account_error("username", error)
    try:
        parse_address(given["email"]) if given["email"] else None
    except EmailInvalid as error:
        form.add_account_error("email", error)
    if form.errors:
        return _sign_up_page(request, flow, form)
    pending = {
        "username": name,
        "email": given["email"],
        **sealed_handle(new_user_handle()),
    }
    return _make_page(request, replace(flow, pending=pending, kept=given["keep"]), name)


def _sign_up_page(request: HttpRequest, flow: Flow, form: PasskeySignUpForm) -> HttpResponse:
    """The sign-up page again, with what was wrong for this way of signing up."""
    shown = SignUpForm(request.POST)
    shown.errors.clear()
    for field, errors in form.errors.as_data().items():
        for error in errors:
            shown.add_error(field, error)
    return signup.page(request, flow, shown)


def _make_page(
    request: HttpRequest, flow: Flow, username: str, problem: AccountError | None = None
) -> HttpResponse:
    return making_page(request, flow, "twofactor/sign_up.html", username, problem=problem)


def _made(request: HttpRequest, flow: Flow, pending: dict[str, Any]) -> HttpResponse:
    charge_flow(request, flow, "sign-up", settings.RATE_SIGN_UP, vault_budget=False)
    try:
        new = made_here(request, flow)
    except CeremonyRefused as error:
        return _make_page(request, flow, pending["username"], error)
    waiting = {**pending, "passkey": passkeys.plain(new), "codes": list(new_codes())}
    return _codes_page(request, replace(flow, pending=waiting, challenge=None), waiting)


def _kept(request: HttpRequest, flow: Flow, pending: dict[str, Any]) -> HttpResponse:
    if "download" in request.POST:
        return codes_file(pending["username"], pending["codes"])
    form = KeptCodesForm(request.POST)
    if not form.is_valid():
        return _codes_page(request, flow, pending, form)
    codes = tuple(pending["codes"])
    try:
        check_kept(codes, form.cleaned_data["code"])
    except NotOneOfThese as error:
        form.add_account_error("code", error)
        return _codes_page(request, flow, pending, form)
    try:
        attempt = register_with_passkey(
            pending["username"],
            passkeys.from_plain(pending["passkey"]),
            codes,
            parse_address(pending["email"]) if pending["email"] else None,
            origin=origin_of(request),
        )
    except PasskeyTaken as error:  # sent twice: it is theirs already
        form.add_account_error(None, error)
        return _codes_page(request, flow, pending, form)
    done = advance(request, replace(flow, pending=None), attempt)
    if isinstance(done, ProofGone):
        form.add_account_error(None, done)
        return _codes_page(request, flow, pending, form)
    return done


def _codes_page(
    request: HttpRequest, flow: Flow, pending: dict[str, Any], form: KeptCodesForm | None = None
) -> HttpResponse:
    context = {
        "form": form or KeptCodesForm(),
        "action": reverse("twofactor:passkey_sign_up"),
        "download": reverse("twofactor:passkey_sign_up"),
        "codes": pending["codes"],
        "username": pending["username"],
        "signing_up": True,
        "in_flow": True,
    }
    return flow_page(request, flow, "twofactor/recovery_codes.html", context)
