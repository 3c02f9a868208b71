"""Renaming an app, and removing one by fresh proof."""

from contextlib import suppress
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from accounts.errors import ProofGone
from accounts.services.attempts import Attempt
from accounts.services.sessions import Session
from accounts.views.guards import (
    SeeOther,
    origin_of,
    proof_required,
    prove_again,
    session_required,
)
from twofactor.errors import NoSuchFactor
from twofactor.forms import ChooseAppForm, RenameAppForm
from twofactor.services.overview import overview_of
from twofactor.services.totp import remove_app, rename_app

_PAGE = "two-factor-remove"


@require_http_methods(["GET", "HEAD", "POST"])
@session_required("two-factor")
def rename(request: HttpRequest, session: Session) -> HttpResponse:
    """GET asks which app and for its new name; POST gives it the name."""
    apps = _choices(session)
    if request.method != "POST":
        form = RenameAppForm(apps)
        return render(request, "twofactor/rename_app.html", {"form": form, "apps": apps})
    form = RenameAppForm(apps, request.POST)
    if form.is_valid():
        with suppress(NoSuchFactor, ProofGone):  # gone meanwhile, as the overview shows
            rename_app(session, UUID(form.cleaned_data["app"]), form.cleaned_data["name"])
        return SeeOther(reverse("twofactor:overview"))
    return render(request, "twofactor/rename_app.html", {"form": form, "apps": apps})


@require_http_methods(["GET", "HEAD", "POST"])
@session_required(_PAGE)
@proof_required(_PAGE)
def remove(request: HttpRequest, session: Session, proof: Attempt) -> HttpResponse:
    """GET asks which app; POST takes it away."""
    apps = _choices(session)
    if request.method != "POST":
        return _page(request, ChooseAppForm(apps), apps)
    form = ChooseAppForm(apps, request.POST)
    if not form.is_valid():
        return _page(request, form, apps)
    try:
        remove_app(
            session,
            proof,
            UUID(form.cleaned_data["app"]),
            language=get_language() or settings.LANGUAGE_CODE,
            origin=origin_of(request),
        )
    except NoSuchFactor:
        pass  # another tab was faster
    except ProofGone:
        return prove_again(_PAGE)
    return SeeOther(reverse("twofactor:overview"))


def _choices(session: Session) -> list[tuple[str, str]]:
    return [(str(app.id), app.name) for app in overview_of(session).apps]


def _page(request: HttpRequest, form: ChooseAppForm, apps: list[tuple[str, str]]) -> HttpResponse:
    return render(request, "twofactor/remove_app.html", {"form": form, "apps": apps})
