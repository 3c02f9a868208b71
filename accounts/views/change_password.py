"""Changing the password, by proof of the current one and of a second factor where one is held."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.errors import (
    AccountLocked,
    KnownDevicesOnly,
    PasswordUnacceptable,
    ProofGone,
    TooManyGuesses,
    TooManyRequests,
    WrongPassword,
)
from accounts.forms import ChangePasswordForm, NewPasswordForm
from accounts.middleware import session_of
from accounts.services.attempts import Attempt
from accounts.services.email_addresses import own_addresses
from accounts.services.passwords import change_password
from accounts.services.second_factors import holdings_of
from accounts.services.sessions import Session
from accounts.services.throttling import charge
from accounts.views.cookies import forget_proof, remember_device, remember_session
from accounts.views.guards import asking, proof_required, prove_again, session_required
from accounts.views.lockouts import locked_page


@require_http_methods(["GET", "HEAD", "POST"])
@session_required("password")
def password(request: HttpRequest, session: Session) -> HttpResponse:
    """GET shows the form; POST changes the password and ends all other sessions.

    Who has no second factor types the current password into the same form; others prove what they
    hold on the pages for that. Who has no password sets a first one.
    """
    if holdings_of(session).has_second_factor:
        return _by_fresh_proof(request, session)
    return _by_current_password(request, session)


def _by_current_password(request: HttpRequest, session: Session) -> HttpResponse:
    if request.method != "POST":
        return _page(request, ChangePasswordForm(initial={"username": session.username}))
    form = ChangePasswordForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    charge(request, "password", settings.RATE_PASSWORD)
    try:
        return _change(request, session, form.cleaned_data["current_password"], form)
    except (WrongPassword, KnownDevicesOnly) as error:
        form.add_account_error("current_password", error)
    except PasswordUnacceptable as error:
        form.add_account_error("new_password", error)
    except ProofGone as error:
        form.add_account_error(None, error)
    except TooManyGuesses as error:
        raise TooManyRequests(error.retry_after) from error
    except AccountLocked as error:
        return locked_page(request, error)
    return _page(request, form)


@proof_required("password")
def _by_fresh_proof(request: HttpRequest, session: Session, proof: Attempt) -> HttpResponse:
    if request.method != "POST":
        return _page(request, NewPasswordForm(initial={"username": session.username}))
    form = NewPasswordForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    charge(request, "password", settings.RATE_PASSWORD)
    try:
        return _change(request, session, proof, form)
    except PasswordUnacceptable as error:
        form.add_account_error("new_password", error)
        return _page(request, form)
    except ProofGone:
        return prove_again("password", request)


def _change(
    request: HttpRequest, session: Session, proof: Attempt | str, form: NewPasswordForm
) -> HttpResponse:
    addresses = own_addresses(session)
    renewed, others_ended = change_password(
        session,
        proof,
        new=form.cleaned_data["new_password"],
        email=addresses[0].address if addresses else None,
        **asking(request),
    )
    rotate_token(request)
    response = render(request, "accounts/password_changed.html", {"ended_sessions": others_ended})
    remember_session(response, renewed)
    remember_device(request, response)
    forget_proof(response)
    return response


def _page(request: HttpRequest, form: NewPasswordForm) -> HttpResponse:
    session = session_of(request)
    holds = holdings_of(session) if session is not None else None
    return render(request, "accounts/change_password.html", {"form": form, "holds": holds})
