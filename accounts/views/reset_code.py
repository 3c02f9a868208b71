"""Getting back in by letter, the second page: the letter's code, which opens an attempt to recover.

No session comes of it: it leads to the second factor where one is held, and to a new password.
"""

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import FlowUnusable, LetterUnusable, ProofGone
from accounts.flow.seal import Flow
from accounts.forms import NamedLetterCodeForm
from accounts.services.letters import redeem_reset
from accounts.views import reset
from accounts.views.cookies import WAY_COOKIE, device_of, forget_way
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import (
    charge_flow,
    flow_page,
    kept_flow,
    open_flow,
    unusable,
)
from accounts.views.guards import origin_of
from accounts.views.letter_forms import add_refusal, empty_form, fitting
from accounts.views.login import own_flow
from accounts.views.steps import advance


def present(request: HttpRequest, flow: Flow, notice: str = "") -> HttpResponse:
    """The page for a flow, its code to be typed or put in by the letter's link."""
    form = empty_form(request)
    form.initial["code"] = request.POST.get("code", "")  # that page had been open for too long
    return _page(request, replace(flow.anew(), page=reset.PAGE), form, notice)


def _page(
    request: HttpRequest, flow: Flow, form: NamedLetterCodeForm, notice: str = ""
) -> HttpResponse:
    context = {"form": fitting(request, form) if form.is_bound else form, "notice": notice}
    return flow_page(request, flow, "accounts/reset_code.html", context)


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def reset_code(request: HttpRequest) -> HttpResponse:
    """GET changes nothing; POST spends the letter."""
    if request.method != "POST":
        return present(request, _way(request))
    try:
        flow = open_flow(request)
    except FlowUnusable as error:
        return unusable(request, error, present)
    flow = replace(flow.anew(), page=reset.PAGE)
    if "code" not in request.POST:
        return present(request, flow)
    form = NamedLetterCodeForm(request.POST)
    if not form.is_valid():
        return _page(request, flow, form)
    charge_flow(request, flow, "letter-code", settings.RATE_PASSWORD)
    return _redeem(request, flow, form)


def _way(request: HttpRequest) -> Flow:
    """Where this browser was going when it asked for the letter, as far as that is still known.

    A letter is good for longer than a page.
    """
    try:
        return kept_flow(request, request.COOKIES.get(WAY_COOKIE, ""))
    except FlowUnusable:
        return own_flow(request, reset.PAGE)


def _redeem(request: HttpRequest, flow: Flow, form: NamedLetterCodeForm) -> HttpResponse:
    given = form.cleaned_data
    try:
        attempt = redeem_reset(
            given["code"],
            given["username"],
            browser=device_of(request),
            origin=origin_of(request),
        )
    except LetterUnusable as error:
        add_refusal(form, error)
        return _page(request, flow, form)
    done = advance(request, replace(flow, username=attempt.username), attempt)
    if isinstance(done, ProofGone):
        return present(request, flow, str(done.message))
    forget_way(done)
    return done
