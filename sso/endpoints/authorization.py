"""The authorization endpoint (RFC 6749 section 3.1, OpenID Connect Core 1.0 section 3.1.2)."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.flow.destinations import FormPost, Stop
from accounts.flow.seal import Flow
from accounts.middleware import session_of
from accounts.services.sessions import Session
from accounts.views import login, signup
from accounts.views.flow_pages import form_post, leave, stopped
from accounts.views.guards import SeeOther
from accounts.views.languages import speak
from sso.errors import AuthorizationRefused, RequestUnanswerable
from sso.flow import wiki_destination
from sso.services.authorization_request import (
    AuthorizationRequest,
    ReturnAddress,
    read_request,
)
from sso.services.clients import Wiki, shown_name
from sso.services.codes import (
    SessionGone,
    SessionTooWeak,
    answer_parameters,
    with_query,
    with_state,
)
from sso.services.consents import ConsentNeeded
from sso.services.parameters import MAX_QUERY
from sso.services.pushed_requests import read_sent
from sso.services.requested_assurance import factors_held
from sso.services.session_decision import Decision, decide


@csrf_exempt  # a wiki's page may post here; nothing is done for the request alone
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Answers a wiki's request at once, by a page to sign in or up, or by an error."""
    sent = request.POST if request.method == "POST" else request.GET
    try:
        address, values, repeated = read_sent(sent.lists())
    except RequestUnanswerable as error:
        return stopped(request, wiki_destination.stop(error))
    onward = urlencode(address.onward(values)) if request.method == "POST" else ""
    if len(onward) > MAX_QUERY:
        return stopped(
            request,
            Stop("invalid_request", "too long", shown_name(address.wiki), address.wiki.home_uri),
        )
    try:
        asked = read_request(address, values, repeated)
    except AuthorizationRefused as error:
        return _refused(request, address, error)
    if request.method == "POST":
        # A cross-site POST comes without the session's Lax cookie; the GET after it has it.
        return SeeOther(f"{request.path}?{onward}")
    return _answer(request, address, asked)


def _answer(
    request: HttpRequest, address: ReturnAddress, asked: AuthorizationRequest
) -> HttpResponse:
    session = session_of(request)
    decision = _decide(asked, address.wiki, session)
    if decision is Decision.ANSWER and session is not None:
        try:
            parameters = answer_parameters(session, address.wiki, asked)
        except SessionGone:
            session = None
            decision = _decide(asked, address.wiki, None)
        except SessionTooWeak:
            decision = _decide(asked, address.wiki, None)
        except RequestUnanswerable as error:
            return _out_of_date(request, error)
        except AuthorizationRefused as error:
            return _refused(request, address, error)
        except ConsentNeeded as error:
            speak(request, asked.ui_locales)
            return leave(request, wiki_destination.ask_consent(session, address.wiki, asked, error))
        else:
            return leave(request, wiki_destination.answer(address.wiki, asked, parameters))
    if decision is Decision.LOGIN_REQUIRED:
        return _refused(
            request, address, AuthorizationRefused("login_required", "nobody is signed in")
        )
    return _page(request, asked, decision, session)


def _out_of_date(request: HttpRequest, error: RequestUnanswerable) -> HttpResponse:
    """Answers by what is registered now: what this process remembered of the wiki is so no more.

    A wiki that was just suspended and asks silently hears of it there, so that people read on.
    """
    try:
        address, values, repeated = read_sent(request.GET.lists())
        read_request(address, values, repeated)
    except RequestUnanswerable as now:
        return stopped(request, wiki_destination.stop(now))
    except AuthorizationRefused as refused:
        return _refused(request, address, refused)
    return stopped(request, wiki_destination.stop(error))


def _decide(asked: AuthorizationRequest, wiki: Wiki, session: Session | None) -> Decision:
    """The decision; the vault is asked what the account holds only where that decides."""
    demand = asked.assurance.demand(wiki.least_acr)
    decision = decide(asked, session, demand)
    if decision is Decision.DEPENDS and session is not None:
        decision = decide(asked, session, demand, factors_held(session))
    return decision


def _page(
    request: HttpRequest,
    asked: AuthorizationRequest,
    decision: Decision,
    session: Session | None,
) -> HttpResponse:
    """The page itself is the answer to the request: nothing is stored for who walks away."""
    speak(request, asked.ui_locales)
    sign_up = decision is Decision.SIGN_UP
    flow = Flow(
        destination=wiki_destination.NAME,
        request=asked.to_flow(),
        page="sign_up" if sign_up else "sign_in",
        reauthenticate=session is not None and not sign_up,
        # What is longer than any name (255 bytes) would only travel twice.
        username=asked.login_hint[:255] or (session.username if session and not sign_up else ""),
    )
    present = signup.present if sign_up else login.present
    return present(request, flow)


def _refused(
    request: HttpRequest, address: ReturnAddress, error: AuthorizationRefused
) -> HttpResponse:
    """Tells the wiki, at its registered address and in the mode that it asked for."""
    parameters = with_state(
        {"error": error.error, "error_description": error.description}, address.state
    )
    if address.response_mode == "form_post":
        name = shown_name(address.wiki, address.redirect_uri)
        return form_post(request, FormPost(address.redirect_uri, parameters, name))
    return SeeOther(with_query(address.redirect_uri, parameters))
