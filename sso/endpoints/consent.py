"""The answer to whether a wiki may know who one is (OpenID Connect Core 1.0 section 3.1.2.4)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import FlowUnusable
from accounts.flow.seal import Flow
from accounts.middleware import session_of
from accounts.views import login
from accounts.views.beginnings import begin_again
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import flow_page, label_of, leave, open_flow, unusable
from accounts.views.guards import SeeOther, origin_of
from accounts.views.languages import answer_in, chosen, remember_choice
from sso.flow import consent as asking
from sso.flow import wiki_destination


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest) -> HttpResponse:
    """POST is the answer, within the flow that asked; on its own the page is nothing.

    Where somebody else is signed in by now, or nobody, the wiki's request begins again: what is
    asked of them is then asked of them.
    """
    if request.method != "POST":
        return SeeOther(reverse("accounts:login"))
    response = _posted(request)
    if (language := chosen(request)) is not None:
        remember_choice(response, language)
    return response


def _posted(request: HttpRequest) -> HttpResponse:
    try:
        flow = open_flow(request)
    except FlowUnusable as error:
        return unusable(request, error, _begin_the_request_again)
    if (flow.page, flow.destination) != (asking.PAGE, wiki_destination.NAME):
        return begin_again(request, flow)
    if "language" in request.POST:
        return _in_another_language(request, flow)
    if request.POST.get("decision") == "other":
        return login.present(request, Flow(flow.destination, flow.request))
    return _answered(request, flow)


def _answered(request: HttpRequest, flow: Flow) -> HttpResponse:
    session, decision = session_of(request), request.POST.get("decision")
    if session is not None and asking.is_asked(flow, session):
        if decision == "allow":
            return leave(request, wiki_destination.allowed(session, flow, origin_of(request)))
        if decision == "deny":
            return leave(request, wiki_destination.denied(flow.request))
    return _begin_the_request_again(request, flow)


def _in_another_language(request: HttpRequest, flow: Flow) -> HttpResponse:
    """The same page, and never an answer: its flow goes out as it came in.

    What was proven for the request (``prompt=login``, ``max_age``) is not asked for again, and is
    good for no longer and for no other session than it was.
    """
    session = session_of(request)
    if session is not None and asking.is_asked(flow, session):
        page = wiki_destination.page_once_more(session, flow)
        if page is not None:
            if (language := chosen(request)) is not None:
                answer_in(request, language)
            sealed = request.POST["flow"]
            return flow_page(request, page.flow, page.template, page.context, sealed=sealed)
    return _begin_the_request_again(request, flow)


def _begin_the_request_again(request: HttpRequest, flow: Flow, notice: str = "") -> HttpResponse:
    """With the wiki's own request, whoever is signed in by then: it says itself what is asked."""
    del request, notice
    return SeeOther(label_of(flow).restart_url)
