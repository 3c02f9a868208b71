"""The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0)."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.middleware import session_of
from accounts.services.sessions import Session
from accounts.services.sessions import end_session as end
from accounts.views.cookies import forget_session
from accounts.views.flow_pages import stopped
from accounts.views.guards import SeeOther, origin_of
from accounts.views.languages import speak
from accounts.views.logout import signed_out
from sso.errors import RequestUnanswerable
from sso.flow.wiki_destination import stop
from sso.services.clients import shown_name
from sso.services.logout import LogoutRequest, read_logout_request
from sso.services.parameters import MAX_QUERY


@csrf_exempt  # a wiki's page may post here; without its proof nothing happens but a question
@require_http_methods(["GET", "HEAD", "POST"])
def end_session(request: HttpRequest) -> HttpResponse:
    """Ends the session that the wiki's hint proves it means; asks the person otherwise."""
    sent = request.POST if request.method == "POST" else request.GET
    _speak(request, sent)
    try:
        asked = read_logout_request(sent.lists())
    except RequestUnanswerable as error:
        return _stopped(request, error)
    if request.method == "POST":
        # A cross-site POST comes without the session's Lax cookie; the GET after it has it.
        query = urlencode(asked.fields)
        if len(query) > MAX_QUERY:
            return _stopped(request, RequestUnanswerable("invalid_request", "too long"))
        return SeeOther(f"{request.path}?{query}")
    session = session_of(request)
    if session is not None and not asked.is_about(session):
        return _ask(request, asked)
    return _done(request, asked, session)


@require_POST
def confirm_end_session(request: HttpRequest) -> HttpResponse:
    """The person's own answer to the question, protected against cross-site posts."""
    _speak(request, request.POST)
    try:
        sent = [(k, v) for k, v in request.POST.lists() if k != "csrfmiddlewaretoken"]
        asked = read_logout_request(sent)
    except RequestUnanswerable as error:
        return _stopped(request, error)
    return _done(request, asked, session_of(request))


def _speak(request: HttpRequest, sent: QueryDict) -> None:
    """The pages speak the language that the wiki asks for, those that refuse among them."""
    speak(request, sent.get("ui_locales", "").split()[:20])


def _stopped(request: HttpRequest, error: RequestUnanswerable) -> HttpResponse:
    return stopped(request, stop(error))


def _ask(request: HttpRequest, asked: LogoutRequest) -> HttpResponse:
    return render(
        request,
        "sso/sign_out.html",
        {
            "wiki_name": shown_name(asked.wiki) if asked.wiki else None,
            "fields": asked.fields,
            "stay_url": asked.wiki.home_uri if asked.wiki else "",
        },
    )


def _done(request: HttpRequest, asked: LogoutRequest, session: Session | None) -> HttpResponse:
    ended = []
    if session is not None:
        end(session, origin_of(request))
        ended.append(session.sid)
    if asked.return_uri is None:
        return signed_out(
            request,
            ended,
            return_url=asked.wiki.home_uri if asked.wiki else "",
            return_name=shown_name(asked.wiki) if asked.wiki else "",
        )
    response = SeeOther(asked.return_uri)
    forget_session(response)
    return response
