"""What every page of a flow shares: context, headers, and what is said when it is unusable."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.errors import (
    AccountLocked,
    FlowUnusable,
    ProofGone,
    SignInClosed,
    SignUpClosed,
    TooManyGuesses,
    TooManyRequests,
)
from accounts.flow.destinations import (
    Exit,
    FormPost,
    Label,
    Page,
    Stop,
    destination_of,
    origin_of_uri,
)
from accounts.flow.finish import finish, leave_to
from accounts.flow.next_step import Step, next_proof
from accounts.flow.proof import seal_proof, seconds_left
from accounts.flow.seal import Flow, FlowExpired, FlowOfAnotherBrowser, seal, unseal
from accounts.middleware import session_of, set_session
from accounts.services.attempts import Attempt, fresh_proof_of
from accounts.services.throttling import charge
from accounts.services.trusted_browsers import trust_browser
from accounts.views import offers
from accounts.views.cookies import (
    bind_browser,
    browser_of,
    remember_browser,
    remember_device,
    remember_proof,
    remember_session,
)
from accounts.views.guards import SeeOther, origin_of
from accounts.views.languages import speak
from accounts.views.lockouts import closed_page, locked_page

# No header can set it: those begin with HTTP_.
_FLOW = "authsite.flow"


def label_of(flow: Flow) -> Label:
    """What to say about where the flow leads."""
    return destination_of(flow.destination).label(flow.request)


def flow_page(
    request: HttpRequest,
    flow: Flow,
    template: str,
    context: dict[str, Any],
    *,
    sealed: str | None = None,
) -> HttpResponse:
    """Renders a page of a flow: sealed for this browser, its form allowed to lead to one wiki.

    ``sealed`` is the flow as it came, where the page is only shown once more: it lives no longer.
    """
    label = label_of(flow)
    response = render(
        request,
        template,
        {
            "flow": sealed or seal(flow, bind_browser(request)),
            "destination_name": label.name,
            "reauthenticate": flow.reauthenticate,
            **context,
        },
    )
    allow_form_to(response, label.origin)
    remember_browser(request, response)
    return response


def open_flow(request: HttpRequest) -> Flow:
    """The flow in the request's form, opened once. Raises ``FlowUnusable`` and its kinds."""
    if _FLOW not in request.META:
        try:
            opened = unseal(request.POST.get("flow", ""), browser_of(request))
        except (FlowExpired, FlowOfAnotherBrowser) as error:
            _follow(request, error.flow)
            raise
        _follow(request, opened)
        request.META[_FLOW] = opened
    flow: Flow = request.META[_FLOW]
    return flow


def kept_flow(request: HttpRequest, sealed: str) -> Flow:
    """A flow that this browser kept elsewhere than in a form, for as long as it kept it.

    Raises ``FlowUnusable``.
    """
    try:
        flow = unseal(sealed, browser_of(request))
    except FlowExpired as error:
        flow = error.flow
    _follow(request, flow)
    return flow


def restart_url(request: HttpRequest) -> str | None:
    """Where the flow in the request's form begins anew, expired or not; None if there is none."""
    try:
        flow = open_flow(request)
    except (FlowExpired, FlowOfAnotherBrowser) as error:
        flow = error.flow
    except FlowUnusable:
        return None
    return label_of(flow).restart_url


def _follow(request: HttpRequest, flow: Flow) -> None:
    """Speaks the flow's language. Refuses what an older release sealed for a destination that reads
    it no more."""
    try:
        label = label_of(flow)
    except (KeyError, TypeError):
        raise FlowUnusable from None
    speak(request, label.languages)


def unusable(
    request: HttpRequest,
    error: FlowUnusable,
    begin_again: Callable[[HttpRequest, Flow, str], HttpResponse],
) -> HttpResponse:
    """Answers a flow that cannot go on, keeping where the person was going as far as it is known.

    Expired in the same browser: the page begins again at once, and says so.
    """
    if isinstance(error, FlowExpired):
        return begin_again(
            request,
            error.flow,
            _("That page had been open for too long, so please do it once more."),
        )
    if isinstance(error, FlowOfAnotherBrowser):
        label = label_of(error.flow)
        return render(
            request,
            "flow/other_browser.html",
            {"destination_name": label.name, "restart_url": label.restart_url},
            status=400,
        )
    return render(request, "flow/expired.html", status=400)


def charge_flow(
    request: HttpRequest, flow: Flow, limit: str, rate: str, *, vault_budget: bool = True
) -> None:
    """Charges the network for a try. Raises ``TooManyRequests`` that knows where the flow led."""
    try:
        charge(request, limit, rate, vault_budget=vault_budget)
    except TooManyRequests as error:
        label = label_of(flow)
        raise TooManyRequests(
            error.retry_after, destination_name=label.name, restart_url=label.restart_url
        ) from error


def interrupted(request: HttpRequest, flow: Flow, error: Exception) -> HttpResponse:
    """The page of its own kind for what stops a flow: locked, throttled, closed."""
    label = label_of(flow)
    context: dict[str, Any] = {"destination_name": label.name, "restart_url": label.restart_url}
    if isinstance(error, TooManyGuesses):
        # The edge makes the page, with when to come back.
        raise TooManyRequests(error.retry_after, **context) from error
    if isinstance(error, AccountLocked):
        return locked_page(request, error)
    if isinstance(error, (SignInClosed, SignUpClosed)):
        return closed_page(request, error, context)
    raise error


def leave(request: HttpRequest, exit_: Exit) -> HttpResponse:
    """Takes the browser where the flow ends: by 303, or by a form that posts itself.

    Or to a page of the destination's own, where that has something to ask first.
    """
    if isinstance(exit_, Page):
        return flow_page(request, exit_.flow, exit_.template, exit_.context)
    if isinstance(exit_, FormPost):
        return form_post(request, exit_)
    if isinstance(exit_, Stop):
        return stopped(request, exit_)
    return SeeOther(exit_.url)


def form_post(request: HttpRequest, answer: FormPost) -> HttpResponse:
    """The page whose form posts itself to the wiki."""
    response = render(
        request,
        "sso/form_post.html",
        {
            "action": answer.action,
            "fields": answer.fields,
            "destination_name": answer.name,
            "language_next": "",
        },
    )
    allow_form_to(response, origin_of_uri(answer.action))
    return response


def allow_form_to(response: HttpResponse, origin: str | None) -> None:
    """Lets the page's form lead to one origin besides this site: browsers hold a form's redirects
    against its policy as well."""
    response.csp_form_action = origin  # type: ignore[attr-defined]


def stopped(request: HttpRequest, stop: Stop) -> HttpResponse:
    """The page for a wiki's request that cannot be answered at the wiki."""
    return render(
        request,
        "errors/suspended.html" if stop.is_suspended else "errors/wiki.html",
        {
            "code": stop.code,
            "explanation": stop.explanation,
            "wiki_name": stop.wiki_name,
            "home_uri": stop.home_uri,
            "language_next": "",
        },
        status=400,
    )


def finish_flow(
    request: HttpRequest, flow: Flow, attempt: Attempt, *, kept: bool
) -> HttpResponse | ProofGone:
    """Opens the session and leaves; the error itself when the proof is gone meanwhile."""
    origin = origin_of(request)
    proof = _proof_to_offer_with(flow, attempt)
    try:
        session = finish(
            flow, attempt, kept=kept, origin=origin, old=session_of(request), proof=proof
        )
    except ProofGone as error:
        return error
    except SignInClosed as error:
        return interrupted(request, flow, error)
    set_session(request, session)
    rotate_token(request)
    if flow.trust:
        trust_browser(session, origin)
    response = offers.present(request, flow, session, proof) if proof is not None else None
    if response is None:
        response = leave(request, leave_to(flow, session, origin))
    remember_session(response, session)
    remember_device(request, response)
    return response


def _proof_to_offer_with(flow: Flow, attempt: Attempt) -> Attempt | None:
    """A fresh proof of what was just shown, where the device could hold a passkey and none was."""
    by_password = "password" in attempt.proofs and {"hwk", "swk"}.isdisjoint(attempt.proofs)
    if not flow.platform or not by_password:
        return None
    proof = fresh_proof_of(attempt)
    return proof if next_proof(proof.proofs, proof.factors) is Step.FINISH else None


def finish_proof(request: HttpRequest, flow: Flow, attempt: Attempt) -> HttpResponse | ProofGone:
    """Keeps a fresh proof with the session it is for, and leaves; opens no session.

    An error when another session has taken its place, or it is not fresh any more.
    """
    session, browser = session_of(request), browser_of(request)
    if session is None or browser is None or flow.request.get("sid") != str(session.sid):
        return ProofGone()
    seconds = seconds_left(attempt)
    if seconds <= 0:
        return ProofGone()
    destination = destination_of(flow.destination)
    response = leave(request, destination.complete(session, flow.request, origin_of(request)))
    remember_proof(response, seal_proof(attempt, session, browser), seconds)
    return response
