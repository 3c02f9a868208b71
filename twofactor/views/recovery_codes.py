"""New recovery codes: shown once, stored when one of them was typed back."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import ProofGone
from accounts.services.attempts import Attempt
from accounts.services.sessions import Session
from accounts.services.throttling import charge
from accounts.views.cookies import bind_browser, browser_of, remember_browser
from accounts.views.guards import (
    SeeOther,
    origin_of,
    proof_required,
    prove_again,
    session_required,
)
from twofactor.errors import NotOneOfThese
from twofactor.flow.pending import open_pending, seal_pending
from twofactor.forms import KeptCodesForm
from twofactor.services.overview import overview_of
from twofactor.services.recovery_codes import confirm_codes, new_codes

_PAGE = "recovery-codes"


@require_http_methods(["GET", "HEAD", "POST"])
@session_required(_PAGE)
@proof_required(_PAGE)
def recovery_codes(request: HttpRequest, session: Session, proof: Attempt) -> HttpResponse:
    """GET shows ten new codes, which do not count yet; POST makes them count, by one of them."""
    if request.method != "POST":
        return _page(request, session, new_codes(), KeptCodesForm())
    codes = _pending(request, session)
    if codes is None:
        notice = _("That page had been open for too long. These codes are new: keep these instead.")
        return _page(request, session, new_codes(), KeptCodesForm(), notice)
    charge(request, "two-factor", settings.RATE_PASSWORD)
    form = KeptCodesForm(request.POST)
    if not form.is_valid():
        return _page(request, session, codes, form)
    try:
        confirm_codes(
            session,
            proof,
            codes,
            form.cleaned_data["code"],
            language=get_language() or settings.LANGUAGE_CODE,
            origin=origin_of(request),
        )
    except NotOneOfThese as error:
        form.add_account_error("code", error)
        return _page(request, session, codes, form)
    except ProofGone:
        return prove_again(_PAGE)
    # Without an app, the codes are the first half of setting up.
    has_app = bool(overview_of(session).apps)
    return SeeOther(reverse("twofactor:overview" if has_app else "twofactor:new_app"))


@require_POST
@session_required(_PAGE)
def download_codes(request: HttpRequest, session: Session) -> HttpResponse:
    """The codes that a page shows, as a text file; nothing that the form did not hold."""
    codes = _pending(request, session)
    if codes is None:
        return SeeOther(reverse("twofactor:recovery_codes"))
    title = _("Recovery codes of %(name)s at %(site)s") % {
        "name": session.username,
        "site": settings.SITE_NAME,
    }
    response = HttpResponse(
        "\n".join([title, "", *codes, ""]), content_type="text/plain; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    return response


def _pending(request: HttpRequest, session: Session) -> tuple[str, ...] | None:
    sealed = request.POST.get("pending", "")
    codes = open_pending("new-codes", sealed, session, browser_of(request))
    return tuple(codes) if codes is not None else None


def _page(
    request: HttpRequest,
    session: Session,
    codes: tuple[str, ...],
    form: KeptCodesForm,
    notice: str = "",
) -> HttpResponse:
    has = overview_of(session)
    context = {
        "form": form,
        "notice": notice,
        "pending": seal_pending("new-codes", list(codes), session, bind_browser(request)),
        "codes": codes,
        "username": session.username,
        "replaces": has.codes_left,
        "has_app": bool(has.apps),
    }
    response = render(request, "twofactor/recovery_codes.html", context)
    remember_browser(request, response)
    return response
