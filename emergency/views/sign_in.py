"""An operator's own way in and out; a session of the public site means nothing here."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import (
    AccountLocked,
    KnownDevicesOnly,
    PasswordTooLong,
    ProofGone,
    SignInClosed,
    TooManyGuesses,
    TooManyRequests,
    WrongNameOrPassword,
)
from accounts.services.throttling import charge
from accounts.views.cookies import remember_device
from accounts.views.guards import SeeOther, origin_of
from emergency.actions.operators import Session, sign_in, sign_out
from emergency.cookies import forget_operator, remember_operator
from emergency.forms import OperatorSignInForm
from emergency.middleware import operator_of


@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """GET shows the form; POST is one guess, charged to network and account."""
    if request.method != "POST":
        if operator_of(request) is not None:
            return SeeOther(_next(request))
        return _page(request, OperatorSignInForm())
    charge(request, "operator", settings.RATE_OPERATOR)
    form = OperatorSignInForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    given = form.cleaned_data
    origin = origin_of(request)
    try:
        session = sign_in(
            given["username"], given["password"], agent_label=origin.agent, origin=origin
        )
    except TooManyGuesses as error:
        # The edge makes the page, with when to come back.
        raise TooManyRequests(error.retry_after) from error
    except (WrongNameOrPassword, KnownDevicesOnly, PasswordTooLong) as error:
        form.add_account_error("password", error)
        return _page(request, form)
    except (AccountLocked, SignInClosed, ProofGone) as error:
        form.add_account_error(None, error)
        return _page(request, form)
    return _welcome(request, session)


def _welcome(request: HttpRequest, session: Session) -> HttpResponse:
    before = operator_of(request)
    if before is not None:
        # Whoever signs in on top of a live session leaves no second one behind.
        sign_out(before, origin_of(request))
    rotate_token(request)
    response = SeeOther(_next(request))
    remember_operator(response, session)
    remember_device(request, response)
    return response


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Ends the operator's session, if there is one."""
    operator = operator_of(request)
    if operator is not None:
        sign_out(operator, origin_of(request))
        messages.success(request, _("You are signed out."))
    response = SeeOther(reverse("admin:login"))
    forget_operator(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _next(request: HttpRequest) -> str:
    """Where the operator was going, as far as it is a page of the admin; else its first page."""
    start = reverse("admin:index")
    wanted = request.POST.get("next") or request.GET.get("next") or start
    is_ours = wanted.startswith(start) and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None
    )
    # What is not printable ASCII no page of ours leads to, and no header can carry.
    return wanted if is_ours and wanted.isascii() and wanted.isprintable() else start


def _page(request: HttpRequest, form: OperatorSignInForm) -> HttpResponse:
    return render(request, "emergency/sign_in.html", {"form": form, "next": _next(request)})
