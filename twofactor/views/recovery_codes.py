"""New recovery codes: shown once, stored when one of them was typed back.

A passkey that was made before there were any codes waits for that moment as well: nobody is left
with one alone.
"""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import ProofGone
from accounts.services.attempts import Attempt
from accounts.services.sessions import Session
from accounts.services.throttling import charge
from accounts.views.cookies import bind_browser, browser_of, remember_browser
from accounts.views.guards import (
    SeeOther,
    asking,
    proof_required,
    prove_again,
    session_required,
)
from twofactor.errors import NotOneOfThese, PasskeyTaken, TooManyPasskeys
from twofactor.flow.pending import open_pending, seal_pending
from twofactor.forms import KeptCodesForm
from twofactor.services import passkeys
from twofactor.services.overview import overview_of
from twofactor.services.recovery_codes import confirm_codes, new_codes
from twofactor.views.carried import (
    carried_pending,
    forget_carried,
    forget_what_is_too_little,
)
from twofactor.views.codes_file import codes_file

_PAGE = "recovery-codes"


def _new(passkey: passkeys.Made | None = None) -> dict[str, Any]:
    """New codes, and what waits for them."""
    return {"codes": list(new_codes()), "passkey": passkeys.plain(passkey) if passkey else None}


@require_http_methods(["GET", "HEAD", "POST"])
@session_required(_PAGE)
@proof_required(_PAGE)
def recovery_codes(request: HttpRequest, session: Session, proof: Attempt) -> HttpResponse:
    """GET shows ten new codes, which do not count yet; POST makes them count, by one of them."""
    if request.method != "POST":
        carried = carried_pending("new-codes", request, session)
        return _page(request, session, carried or _new(), KeptCodesForm())
    pending = _pending(request, session)
    if pending is None:
        notice = _("That page had been open for too long. These codes are new: keep these instead.")
        return _page(request, session, _new(), KeptCodesForm(), notice)
    charge(request, "two-factor", settings.RATE_PASSWORD)
    form = KeptCodesForm(request.POST)
    if not form.is_valid():
        return _page(request, session, pending, form)
    return _confirm(request, session, proof, pending, form)


def present_with(request: HttpRequest, session: Session, passkey: passkeys.Made) -> HttpResponse:
    """The page with new codes, for whom a passkey waits."""
    return _page(request, session, _new(passkey), KeptCodesForm())


def _confirm(
    request: HttpRequest,
    session: Session,
    proof: Attempt,
    pending: dict[str, Any],
    form: KeptCodesForm,
) -> HttpResponse:
    more = asking(request)
    try:
        confirm_codes(session, proof, tuple(pending["codes"]), form.cleaned_data["code"], **more)
        if pending["passkey"] is not None:
            with suppress(PasskeyTaken, TooManyPasskeys):  # sent twice, or full by another tab
                passkeys.add(session, proof, passkeys.from_plain(pending["passkey"]), **more)
    except NotOneOfThese as error:
        form.add_account_error("code", error)
        return _page(request, session, pending, form)
    except ProofGone:
        return prove_again(_PAGE, request)
    return _next(session, proof)


def _next(session: Session, proof: Attempt) -> HttpResponse:
    """Without app and passkey, the codes are the first half of setting up an app."""
    has = overview_of(session)
    page = "twofactor:overview" if has.is_on else "twofactor:new_app"
    response = SeeOther(reverse(page))
    if has.passkeys:
        forget_what_is_too_little(response, proof, "passkey")
    return response


@require_POST
@session_required(_PAGE)
def download_codes(request: HttpRequest, session: Session) -> HttpResponse:
    """The codes that a page shows, as a text file; nothing that the form did not hold."""
    pending = _pending(request, session)
    if pending is None:
        return SeeOther(reverse("twofactor:recovery_codes"))
    return codes_file(session.username, pending["codes"])


def _pending(request: HttpRequest, session: Session) -> dict[str, Any] | None:
    sealed = request.POST.get("pending", "")
    pending: dict[str, Any] | None = open_pending("new-codes", sealed, session, browser_of(request))
    return pending


def _page(
    request: HttpRequest,
    session: Session,
    pending: dict[str, Any],
    form: KeptCodesForm,
    notice: str = "",
) -> HttpResponse:
    has = overview_of(session)
    context = {
        "form": form,
        "notice": notice,
        "action": reverse("twofactor:recovery_codes"),
        "download": reverse("twofactor:download_codes"),
        "pending": seal_pending("new-codes", pending, session, bind_browser(request)),
        "codes": pending["codes"],
        "username": session.username,
        "replaces": has.codes_left,
        "is_on": has.is_on,
        "passkey_waits": pending["passkey"] is not None,
    }
    response = render(request, "twofactor/recovery_codes.html", context)
    remember_browser(request, response)
    forget_carried(request, response)
    return response
