"""Getting back in by letter, the first page: for which account, and what everybody is told then."""

from dataclasses import replace
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import EmailInvalid, FlowUnusable
from accounts.flow.seal import Flow, seal
from accounts.forms import LetterCodeForm, ResetForm
from accounts.services.recovery import request_reset
from accounts.views.cookies import bind_browser, device_of, remember_device, remember_way
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import charge_flow, flow_page, open_flow, unusable
from accounts.views.guards import asking
from accounts.views.login import own_flow

PAGE: Final = "reset"
_LETTER_SECONDS: Final = 3600  # as the vault's policy has it


def present(request: HttpRequest, flow: Flow, notice: str = "") -> HttpResponse:
    """The empty page for a flow."""
    form = ResetForm(initial={"account": flow.username})
    return _page(request, replace(flow.anew(), page=PAGE), form, notice)


def _page(request: HttpRequest, flow: Flow, form: ResetForm, notice: str = "") -> HttpResponse:
    return flow_page(request, flow, "accounts/reset.html", {"form": form, "notice": notice})


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """GET begins; POST asks for a letter, and says the same whether or not there will be one."""
    if request.method != "POST":
        return present(request, own_flow(request, PAGE))
    try:
        flow = open_flow(request)
    except FlowUnusable as error:
        return unusable(request, error, present)
    if "account" not in request.POST:
        # Somebody came over from the sign-in page.
        return present(request, flow)
    flow = replace(flow.anew(), page=PAGE)
    form = ResetForm(request.POST)
    if not form.is_valid():
        return _page(request, flow, form)
    charge_flow(request, flow, "letters", settings.RATE_LETTERS, vault_budget=False)
    typed = form.cleaned_data["account"]
    try:
        request_reset(typed, browser=device_of(request), **asking(request))
    except EmailInvalid as error:
        form.add_account_error("account", error)
        return _page(request, flow, form)
    return _asked(request, flow, typed)


def _asked(request: HttpRequest, flow: Flow, typed: str) -> HttpResponse:
    context = {"form": LetterCodeForm(), "typed": typed}
    response = flow_page(request, flow, "accounts/reset_asked.html", context)
    # The letter is good without more in this browser, and leads where the person was going.
    remember_device(request, response)
    remember_way(response, seal(flow, bind_browser(request)), _LETTER_SECONDS)
    return response
