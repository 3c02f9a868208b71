"""Adding an authenticator app: scan, type its code. Recovery codes come first."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

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
from twofactor.errors import TooManyApps, WrongCode
from twofactor.flow.pending import open_pending, seal_pending
from twofactor.forms import NewAppForm
from twofactor.services import totp
from twofactor.services.overview import overview_of
from twofactor.views.carried import (
    carried_pending,
    forget_carried,
    forget_what_is_too_little,
)

_PAGE = "two-factor-app"


@require_http_methods(["GET", "HEAD", "POST"])
@session_required(_PAGE)
@proof_required(_PAGE)
def new_app(request: HttpRequest, session: Session, proof: Attempt) -> HttpResponse:
    """GET shows a new secret, which is stored nowhere; POST adds it, by a code of its.

    Whoever has no recovery codes keeps some first: nobody is left with an app alone.
    """
    if overview_of(session).codes_left == 0:
        return SeeOther(reverse("twofactor:recovery_codes"))
    if request.method != "POST":
        carried = carried_pending("new-app", request, session)
        secret = bytes.fromhex(carried) if carried is not None else totp.new_secret()
        return _page(request, session, secret, NewAppForm(initial=_initial()))
    pending = open_pending("new-app", request.POST.get("pending", ""), session, browser_of(request))
    if pending is None:
        notice = _("That page had been open for too long. Please scan this new picture instead.")
        return _page(request, session, totp.new_secret(), NewAppForm(initial=_initial()), notice)
    secret = bytes.fromhex(pending)
    charge(request, "two-factor", settings.RATE_PASSWORD)
    form = NewAppForm(request.POST)
    if not form.is_valid():
        return _page(request, session, secret, form)
    return _add(request, session, proof, secret, form)


def _initial() -> dict[str, str]:
    return {"name": _("Authenticator app")}


def _add(
    request: HttpRequest, session: Session, proof: Attempt, secret: bytes, form: NewAppForm
) -> HttpResponse:
    try:
        totp.add_app(
            session,
            proof,
            name=form.cleaned_data["name"],
            secret=secret,
            code=form.cleaned_data["code"],
            **asking(request),
        )
    except WrongCode as error:
        form.add_account_error("code", error)
        return _page(request, session, secret, form)
    except TooManyApps as error:
        form.add_account_error(None, error)
        return _page(request, session, secret, form)
    except ProofGone:
        return prove_again(_PAGE, request)
    response = SeeOther(reverse("twofactor:overview"))
    forget_what_is_too_little(response, proof, "totp")
    return response


def _page(
    request: HttpRequest, session: Session, secret: bytes, form: NewAppForm, notice: str = ""
) -> HttpResponse:
    sealed = seal_pending("new-app", secret.hex(), session, bind_browser(request))
    context = {
        "form": form,
        "notice": notice,
        "pending": sealed,
        "secret": totp.in_groups(secret),
        "qr_code": totp.qr_code(secret, session.username),
    }
    response = render(request, "twofactor/new_app.html", context)
    remember_browser(request, response)
    forget_carried(request, response)
    return response
