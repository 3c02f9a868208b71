"""An operator's own way in and out; a session of the public site means nothing here."""

import json
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import AccountError
from accounts.services.sessions import new_secret
from accounts.services.throttling import charge
from accounts.views.cookies import bind_browser, browser_of, remember_browser
from accounts.views.guards import SeeOther, origin_of
from emergency.actions.operators import Session, options_to_sign_in, sign_in, sign_out
from emergency.confirmation import open_ceremony, seal_ceremony
from emergency.cookies import forget_operator, remember_operator
from emergency.errors import NotLetIn
from emergency.middleware import is_let_in, operator_of
from twofactor.errors import CeremonyRefused

_USE = "sign_in"


@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """GET shows the button; POST is a browser's answer to the page's challenge."""
    if request.method != "POST":
        return SeeOther(_next(request)) if is_let_in(request) else _page(request)
    # Goes on while the counters are away: nobody guesses a signature.
    charge(request, "operator", settings.RATE_OPERATOR)
    page = open_ceremony(request.POST.get("flow", ""), _USE, browser_of(request))
    origin = origin_of(request)
    try:
        session = sign_in(
            request.POST.get("credential", ""),
            page[0] if page is not None else None,
            agent_label=origin.agent,
            origin=origin,
        )
    except (CeremonyRefused, NotLetIn) as error:
        return _page(request, error)
    return _welcome(request, session)


def _welcome(request: HttpRequest, session: Session) -> HttpResponse:
    before = operator_of(request)
    if before is not None:
        # Whoever signs in on top of a live session leaves no second one behind.
        sign_out(before, origin_of(request))
    rotate_token(request)
    response = SeeOther(_next(request))
    remember_operator(response, session)
    return response


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Ends the operator's session, if there is one."""
    operator = operator_of(request)
    if operator is not None:
        sign_out(operator, origin_of(request))
        messages.success(request, _("You are signed out."))
    response = SeeOther(reverse("admin:login"))
    forget_operator(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _next(request: HttpRequest) -> str:
    """Where the operator was going, as far as it is a page of the admin; else its first page."""
    start = reverse("admin:index")
    wanted = request.GET.get("next") or start
    is_ours = wanted.startswith(start) and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None
    )
    # What is not printable ASCII no page of ours leads to, and no header can carry.
    return wanted if is_ours and wanted.isascii() and wanted.isprintable() else start


def _page(request: HttpRequest, problem: AccountError | None = None) -> HttpResponse:
    challenge = new_secret()
    going_to = _next(request)
    query = f"?{urlencode({'next': going_to})}" if going_to != reverse("admin:index") else ""
    context = {
        "action": reverse("admin:login") + query,
        "flow": seal_ceremony(_USE, bind_browser(request), challenge),
        "passkey_options": json.dumps(options_to_sign_in(challenge)),
        "problem": problem,
    }
    response = render(request, "emergency/sign_in.html", context)
    remember_browser(request, response)
    return response
