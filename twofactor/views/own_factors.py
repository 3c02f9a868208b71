"""Renaming one of one's passkeys or apps, and removing one by fresh proof."""

from contextlib import suppress
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.errors import AccountError, ProofGone
from accounts.services.attempts import Attempt
from accounts.services.sessions import Session
from accounts.views.guards import (
    SeeOther,
    asking,
    proof_required,
    prove_again,
    session_required,
)
from twofactor.errors import LastPasskey, NoSuchFactor
from twofactor.forms import ChooseFactorForm, RenameFactorForm
from twofactor.services import passkeys, totp
from twofactor.services.overview import Overview, overview_of

_PAGE: Final = "two-factor-remove"
_APP: Final = "app_"  # before the id of an app; a passkey goes by its key alone


@require_http_methods(["GET", "HEAD", "POST"])
@session_required("two-factor")
def rename(request: HttpRequest, session: Session) -> HttpResponse:
    """GET asks which one and for its new name; POST gives it the name."""
    choices = _choices(overview_of(session))
    if request.method != "POST":
        chosen = request.GET.get("factor", "")
        initial = {"factor": chosen, "name": dict(choices).get(chosen, "")}
        return _rename_page(request, RenameFactorForm(choices, initial=initial), choices)
    form = RenameFactorForm(choices, request.POST)
    if not form.is_valid():
        return _rename_page(request, form, choices)
    factor, name = form.cleaned_data["factor"], form.cleaned_data["name"]
    with suppress(NoSuchFactor, ProofGone):  # gone meanwhile, as the overview shows
        if factor.startswith(_APP):
            totp.rename_app(session, UUID(factor.removeprefix(_APP)), name)
        else:
            passkeys.rename(session, factor, name)
    return SeeOther(reverse("twofactor:overview"))


@require_http_methods(["GET", "HEAD", "POST"])
@session_required(_PAGE)
@proof_required(_PAGE)
def remove(request: HttpRequest, session: Session, proof: Attempt) -> HttpResponse:
    """GET asks which one; POST takes it away."""
    has = overview_of(session)
    choices = _choices(has)
    if request.method != "POST":
        form = ChooseFactorForm(choices, initial={"factor": request.GET.get("factor", "")})
        return _remove_page(request, form, has)
    form = ChooseFactorForm(choices, request.POST)
    if not form.is_valid():
        return _remove_page(request, form, has)
    try:
        _remove(request, session, proof, form.cleaned_data["factor"])
    except NoSuchFactor:
        pass  # another tab was faster
    except LastPasskey as error:
        return _remove_page(request, form, has, error)
    except ProofGone:
        return prove_again(_PAGE, request)
    return SeeOther(reverse("twofactor:overview"))


def _remove(request: HttpRequest, session: Session, proof: Attempt, factor: str) -> None:
    more = asking(request)
    if factor.startswith(_APP):
        totp.remove_app(session, proof, UUID(factor.removeprefix(_APP)), **more)
    else:
        passkeys.remove(session, proof, factor, **more)


def _choices(has: Overview) -> list[tuple[str, str]]:
    """All that can be named or removed, by what the form calls it."""
    return [
        *((passkey.key, passkey.name) for passkey in has.passkeys),
        *((f"{_APP}{app.id}", app.name) for app in has.apps),
    ]


def _rename_page(
    request: HttpRequest, form: RenameFactorForm, choices: list[tuple[str, str]]
) -> HttpResponse:
    return render(request, "twofactor/rename_factor.html", {"form": form, "choices": choices})


def _remove_page(
    request: HttpRequest, form: ChooseFactorForm, has: Overview, problem: AccountError | None = None
) -> HttpResponse:
    context = {"form": form, "choices": _choices(has), "problem": problem, "has": has}
    return render(request, "twofactor/remove_factor.html", context)
