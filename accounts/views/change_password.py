"""Changing the password, by proof of the current one."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.utils.translation import get_language
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
from accounts.forms import ChangePasswordForm
from accounts.services.email_addresses import own_addresses
from accounts.services.passwords import change_password
from accounts.services.sessions import Session
from accounts.services.throttling import charge
from accounts.views.cookies import remember_device, remember_session
from accounts.views.guards import origin_of, session_required


@require_http_methods(["GET", "HEAD", "POST"])
@session_required("password")
def password(request: HttpRequest, session: Session) -> HttpResponse:
    """GET shows the form; POST changes the password and ends all other sessions."""
    if request.method != "POST":
        return _page(request, ChangePasswordForm(initial={"username": session.username}))
    form = ChangePasswordForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    charge(request, "password", settings.RATE_PASSWORD)
    try:
        renewed, others_ended = _change(request, session, form)
    except (WrongPassword, KnownDevicesOnly) as error:
        form.add_account_error("current_password", error)
    except PasswordUnacceptable as error:
        form.add_account_error("new_password", error)
    except ProofGone as error:
        form.add_account_error(None, error)
    except TooManyGuesses as error:
        raise TooManyRequests(error.retry_after) from error
    except AccountLocked:
        return render(request, "errors/locked.html", status=403)
    else:
        rotate_token(request)
        response = render(
            request, "accounts/password_changed.html", {"ended_sessions": others_ended}
        )
        remember_session(response, renewed)
        remember_device(request, response)
        return response
    return _page(request, form)


def _change(
    request: HttpRequest, session: Session, form: ChangePasswordForm
) -> tuple[Session, int]:
    addresses = own_addresses(session)
    return change_password(
        session,
        current=form.cleaned_data["current_password"],
        new=form.cleaned_data["new_password"],
        email=addresses[0].address if addresses else None,
        language=get_language() or settings.LANGUAGE_CODE,
        origin=origin_of(request),
    )


def _page(request: HttpRequest, form: ChangePasswordForm) -> HttpResponse:
    return render(request, "accounts/change_password.html", {"form": form})
