"""Proving oneself again within a session, before changing what protects the account."""

from dataclasses import replace
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from accounts.errors import (
    AccountError,
    AccountLocked,
    FlowUnusable,
    KnownDevicesOnly,
    ProofGone,
    TooManyGuesses,
    WrongPassword,
)
from accounts.flow import own_pages
from accounts.flow.seal import Flow
from accounts.forms import ProveForm
from accounts.middleware import session_of
from accounts.services.passwords import prove_own_password
from accounts.services.second_factors import holdings_of
from accounts.services.sessions import Session
from accounts.views import passkeys
from accounts.views.flow_pages import charge_flow, flow_page, interrupted, open_flow, unusable
from accounts.views.guards import SeeOther, origin_of
from accounts.views.steps import advance

PAGE: Final = "prove"


def _flow(session: Session, request: HttpRequest, page: str) -> Flow:
    """A flow to one of this site's own pages, for this session alone."""
    return Flow(
        destination=own_pages.NAME,
        request={"page": page, "sid": str(session.sid), **own_pages.chosen(request.GET)},
        page=PAGE,
        reauthenticate=True,
        username=session.username,
    )


def present(
    request: HttpRequest, flow: Flow, notice: str = "", problem: AccountError | None = None
) -> HttpResponse:
    """The page anew, for whoever is signed in now, leading where the flow led."""
    session = session_of(request)
    if session is None:
        return SeeOther(f"{reverse('accounts:login')}?{urlencode({'page': flow.request['page']})}")
    wanted = {**flow.request, "sid": str(session.sid)}
    fresh = replace(flow.anew(), request=wanted, username=session.username)
    form = ProveForm(initial={"username": session.username})
    return _page(request, session, fresh, form, notice=notice, problem=problem)


def _present(request: HttpRequest, page: str, notice: str = "") -> HttpResponse:
    session = session_of(request)
    if session is None:
        return SeeOther(f"{reverse('accounts:login')}?{urlencode({'page': page})}")
    form = ProveForm(initial={"username": session.username})
    return _page(request, session, _flow(session, request, page), form, notice=notice)


def _page(
    request: HttpRequest,
    session: Session,
    flow: Flow,
    form: ProveForm,
    *,
    notice: str = "",
    problem: AccountError | None = None,
) -> HttpResponse:
    holds = holdings_of(session)
    offered: dict[str, Any] = {}
    if holds.has_passkey:
        flow, offered = passkeys.offer(flow, session)
    if holds.has_passkey or not holds.has_password:
        form.fields["password"].widget.attrs.pop("autofocus", None)
    context = {"form": form, "notice": notice, "problem": problem, "holds": holds, **offered}
    return flow_page(request, flow, "accounts/prove.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest) -> HttpResponse:
    """GET asks for the password once more; POST is one guess at it within a flow."""
    session = session_of(request)
    if request.method != "POST" or session is None:
        wanted = request.GET.get("page", "account")
        return _present(request, wanted if wanted in own_pages.PAGES else "account")
    try:
        flow = open_flow(request)
    except FlowUnusable as error:
        return unusable(request, error, _begin_again)
    if not is_proof_of(flow, session):
        return _begin_again(request, flow)
    charge_flow(request, flow, "password", settings.RATE_PASSWORD)
    form = ProveForm(request.POST)
    if not form.is_valid():
        return _page(request, session, flow, form)
    return _prove(request, session, flow, form)


def is_proof_of(flow: Flow, session: Session) -> bool:
    """Whether a flow is to prove oneself again within this very session."""
    return flow.page == PAGE and flow.request["sid"] == str(session.sid)


def _begin_again(request: HttpRequest, flow: Flow, notice: str = "") -> HttpResponse:
    """A flow that is not for this page leads on to the account."""
    return _present(request, flow.request["page"] if flow.page == PAGE else "account", notice)


def _prove(request: HttpRequest, session: Session, flow: Flow, form: ProveForm) -> HttpResponse:
    try:
        attempt = prove_own_password(
            session, form.cleaned_data["password"], origin=origin_of(request)
        )
    except (WrongPassword, KnownDevicesOnly) as error:
        form.add_account_error("password", error)
        return _page(request, session, flow, form)
    except (TooManyGuesses, AccountLocked) as error:
        return interrupted(request, flow, error)
    except ProofGone as error:
        return present(request, flow, str(error.message))
    done = advance(request, flow, attempt)
    if isinstance(done, ProofGone):
        return present(request, flow, str(done.message))
    return done
