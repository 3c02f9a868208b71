"""Signing in by the auth site, coming back from it, and signing out (OpenID Connect Core 1.0)."""

import logging
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import (
    DjangoOAuth2App,
)
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from authsite_client import SessionEnded, SignIn, TokenRefused
from demo.wiki import cookies, flows, pages, sessions, settings
from demo.wiki.flows import Flow
from demo.wiki.provider import ALIVE_SECONDS, ProviderUnavailable, app

from .edit import session_over, typed_text
from .errors import notice

_log = logging.getLogger(__name__)
# What `prompt=none` may answer for a reader who would have to be asked something.
_NOT_SILENTLY = {
    "login_required",
    "interaction_required",
    "consent_required",
    "account_selection_required",
}


class UnverifiedAnswer(Exception):
    """What came back is not the auth site's answer to this sign-in."""


@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Goes to sign in; by POST it takes along the text that was typed when a session had ended."""
    if request.method == "POST":
        return _login_with_text(request)
    return _leave(request, prompt=None)


@require_safe
def create(request: HttpRequest) -> HttpResponse:
    """Goes to sign up (Initiating User Registration via OpenID Connect 1.0)."""
    return _leave(request, prompt="create")


@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Comes back from the auth site, with a code or an error."""
    state = request.GET.get("state", "")
    flow = flows.find(request, state=state)
    if flow is None:
        if sessions.current(request) is not None:
            # The Back button, mostly: whoever pressed it is signed in already.
            return flows.see_other(reverse("front"))
        return notice(request, kind="flow_unknown", status=400)
    try:
        response = _finish(request, flow)
    except ProviderUnavailable:
        response = notice(request, kind="unreachable", status=503, next_path=flow.next_path)
    except UnverifiedAnswer as error:
        _log.warning("sign-in refused: %s", error)
        response = notice(request, kind="sign_in_unverified", status=400, next_path=flow.next_path)
    cookies.drop(response, name=flows.cookie_name(flow.state))
    return response


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Ends the session here at once, then at the auth site (RP-Initiated Logout 1.0, section 2)."""
    session = sessions.end(request)
    if session is None:
        return redirect("logged-out")
    try:
        target = app(max_age=ALIVE_SECONDS).create_logout_url(
            post_logout_redirect_uri=f"{settings.WIKI_ORIGIN}{reverse('logged-out')}",
            id_token_hint=session.id_token,
            client_id=settings.OIDC_CLIENT_ID,
            ui_locales=settings.WIKI_LANGUAGE,
        )["url"]
        response: HttpResponse = flows.see_other(target)
    except (ProviderUnavailable, RuntimeError) as error:
        # RuntimeError is Authlib's word for a provider without an end_session_endpoint.
        _log.warning("signed out here only: %s", error)
        response = flows.see_other(f"{reverse('logged-out')}?only=here")
    cookies.drop(response, name=cookies.SESSION)
    cookies.put(response, name=cookies.ASKED, value="1")
    return response


@require_safe
def logged_out(request: HttpRequest) -> HttpResponse:
    """Where the auth site sends the browser after signing out; tells only what is so."""
    return render(request, "wiki/logged_out.html", {"only_here": request.GET.get("only") == "here"})


def _leave(request: HttpRequest, *, prompt: str | None) -> HttpResponse:
    next_path = flows.safe_path(request.GET.get("next"))
    try:
        leaving = app(max_age=ALIVE_SECONDS)
    except ProviderUnavailable as error:
        _log.warning("no sign-in: %s", error)
        return notice(request, kind="unreachable", status=503, next_path=next_path)
    return flows.begin(request, app=leaving, next_path=next_path, prompt=prompt)


def _login_with_text(request: HttpRequest) -> HttpResponse:
    typed = typed_text(request)
    try:
        title = pages.clean_title(request.POST.get("title", ""))
    except pages.InvalidTitle:
        return notice(request, kind="bad_request", status=400)
    try:
        leaving = app(max_age=ALIVE_SECONDS)
    except ProviderUnavailable as error:
        _log.warning("no sign-in: %s", error)
        return session_over(request, title=title, typed=typed, unreachable=True)
    path = reverse("edit", args=[title.replace(" ", "_")])
    response = flows.begin(request, app=leaving, next_path=path)
    secret = pages.keep_draft(title=title, typed=typed)
    cookies.put(response, name=cookies.DRAFT, value=secret)
    return response


def _finish(request: HttpRequest, flow: Flow) -> HttpResponse:
    arriving = app()
    _verify_response(request, arriving)
    error = request.GET.get("error")
    if error is not None:
        if flow.silent and error in _NOT_SILENTLY:
            return flows.see_other(flow.next_path)
        _log.warning("sign-in ended with error %.60r", error)
        if flow.silent:
            return flows.see_other(flow.next_path)
        return notice(request, kind="sign_in_failed", status=400, next_path=flow.next_path)
    try:
        sign_in, name = _redeem(request, app=arriving, flow=flow)
    except (requests.ConnectionError, requests.Timeout) as unreachable:
        raise ProviderUnavailable(str(unreachable)) from unreachable
    except (OAuthError, TokenRefused, requests.RequestException, ValueError) as unfit:
        raise UnverifiedAnswer(f"{type(unfit).__name__}: {unfit}") from unfit
    try:
        secret = sessions.open_session(
            sign_in, name=name, replaces=request.COOKIES.get(cookies.SESSION)
        )
    except SessionEnded as ended:
        raise UnverifiedAnswer(f"signed out meanwhile: {ended}") from ended
    response = flows.see_other(flow.next_path)
    cookies.put(response, name=cookies.SESSION, value=secret)
    cookies.put(response, name=cookies.ASKED, value="1")
    return response


def _verify_response(request: HttpRequest, app: DjangoOAuth2App) -> None:
    """The answer must name the right issuer (RFC 9207, section 2.4), and each thing once."""
    for name in ("state", "code", "iss", "error"):
        if len(request.GET.getlist(name)) > 1:
            raise UnverifiedAnswer(f"{name} is there twice")
    iss = request.GET.get("iss")
    demanded = app.server_metadata.get("authorization_response_iss_parameter_supported")
    if iss is None and demanded:
        raise UnverifiedAnswer("iss is missing from the answer")
    if iss is not None and iss != settings.OIDC_ISSUER:
        raise UnverifiedAnswer("the answer comes from another issuer")
    if ("code" in request.GET) == ("error" in request.GET):
        raise UnverifiedAnswer("the answer is neither a code nor an error")


def _redeem(request: HttpRequest, *, app: DjangoOAuth2App, flow: Flow) -> tuple[SignIn, str]:
    """Swaps the code for a verified identity and its name."""
    token = app.fetch_access_token(
        redirect_uri=flows.CALLBACK_URI,
        code=request.GET["code"],
        code_verifier=flow.code_verifier,
        grant_type="authorization_code",
    )
    sign_in = sessions.client().verify_sign_in(token, nonce=flow.nonce)
    name = sign_in.id_claims.preferred_username
    return sign_in, name or _name_from_userinfo(app=app, token=token, sub=sign_in.claims.sub)


def _name_from_userinfo(*, app: DjangoOAuth2App, token: Any, sub: str) -> str:
    """The name from the userinfo endpoint, whose `sub` must be the ID token's (Core, 5.3.2)."""
    if "userinfo_endpoint" not in app.server_metadata:
        raise UnverifiedAnswer("there is no name")
    info = app.userinfo(token=token)
    if info.get("sub") != sub:
        raise UnverifiedAnswer("userinfo speaks of somebody else")
    name = info.get("preferred_username")
    if not isinstance(name, str) or not 0 < len(name) <= 255:
        raise UnverifiedAnswer("there is no name")
    return name
