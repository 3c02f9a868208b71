"""What every page of a flow shares: its context, its headers, and what is said when it is unusable."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
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
from accounts.flow.destinations import Exit, FormPost, Label, Stop, destination_of
from accounts.flow.finish import finish
from accounts.flow.seal import Flow, FlowExpired, FlowOfAnotherBrowser, seal, unseal
from accounts.middleware import session_of
from accounts.services.passwords import Attempt
from accounts.views.cookies import (
    bind_browser,
    browser_of,
    remember_browser,
    remember_session,
)
from accounts.views.guards import SeeOther, origin_of


def label_of(flow: Flow) -> Label:
    """What to say about where the flow leads."""
    return destination_of(flow.destination).label(flow.request)


def flow_page(
    request: HttpRequest, flow: Flow, template: str, context: dict[str, Any]
) -> HttpResponse:
    """Renders a page of a flow: sealed for this browser, its form allowed to lead to one wiki."""
    label = label_of(flow)
    response = render(
        request,
        template,
        {
            "flow": seal(flow, bind_browser(request)),
            "destination_name": label.name,
            # A page that answered a POST cannot be asked for again: begin anew instead.
            "language_next": label.restart_url,
            "reauthenticate": flow.reauthenticate,
            **context,
        },
    )
    response.csp_form_action = label.origin  # type: ignore[attr-defined]
    remember_browser(request, response)
    return response


def open_flow(request: HttpRequest) -> Flow:
    """The flow in the request's form. Raises ``FlowUnusable`` and its kinds."""
    return unseal(request.POST.get("flow", ""), browser_of(request))


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


def interrupted(request: HttpRequest, flow: Flow, error: Exception) -> HttpResponse:
    """The page of its own kind for what stops a flow: locked, throttled, closed."""
    label = label_of(flow)
    context: dict[str, Any] = {"destination_name": label.name, "restart_url": label.restart_url}
    if isinstance(error, TooManyGuesses):
        # The edge makes the page, with when to come back.
        raise TooManyRequests(error.retry_after) from error
    if isinstance(error, AccountLocked):
        return render(request, "errors/locked.html", context, status=403)
    if isinstance(error, (SignInClosed, SignUpClosed)):
        return render(request, "errors/closed.html", context, status=503)
    raise error


def leave(request: HttpRequest, flow: Flow, exit_: Exit) -> HttpResponse:
    """Takes the browser where the flow ends: by 303, or by a form that posts itself."""
    if isinstance(exit_, FormPost):
        response = render(
            request,
            "sso/form_post.html",
            {
                "action": exit_.action,
                "fields": exit_.fields,
                "destination_name": exit_.name,
                "language_next": "",
            },
        )
        response.csp_form_action = label_of(flow).origin  # type: ignore[attr-defined]
        return response
    if isinstance(exit_, Stop):
        return stopped(request, exit_)
    return SeeOther(exit_.url)


def stopped(request: HttpRequest, stop: Stop) -> HttpResponse:
    """The page for a wiki's request that cannot be answered at the wiki."""
    return render(
        request,
        "errors/wiki.html",
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
    try:
        session, exit_ = finish(
            flow, attempt, kept=kept, origin=origin_of(request), old=session_of(request)
        )
    except ProofGone as error:
        return error
    request._auth_session = session  # type: ignore[attr-defined]  # noqa: SLF001
    response = leave(request, flow, exit_)
    remember_session(response, session)
    return response
