"""The page for an account that holds nothing by which a wiki's demand could be met.

It may be set up at once, or one goes back; nobody is let through with less.
"""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.errors import FlowUnusable, ProofGone
from accounts.flow import own_pages
from accounts.flow.destinations import destination_of
from accounts.flow.seal import Flow
from accounts.services.attempts import Attempt, from_plain, plain
from accounts.views.beginnings import begin_again
from accounts.views.flow_csrf import flow_protect
from accounts.views.flow_pages import flow_page, leave, open_flow, unusable
from accounts.views.guards import SeeOther
from accounts.views.steps import advance


def present(request: HttpRequest, flow: Flow, attempt: Attempt) -> HttpResponse:
    """Says what is asked for and missing, and offers both ways."""
    flow = replace(flow, attempt=plain(attempt))
    least = destination_of(flow.destination).demand(flow.request).least
    context = {"username": attempt.username, "least": least}
    return flow_page(request, flow, "flow/unreachable.html", context)


@csrf_exempt
@flow_protect
@require_http_methods(["GET", "HEAD", "POST"])
def unreachable(request: HttpRequest) -> HttpResponse:
    """POST signs in here, to set up what is missing, or goes back with the refusal."""
    if request.method != "POST":
        return SeeOther(reverse("accounts:login"))
    try:
        flow = open_flow(request)
    except FlowUnusable as error:
        return unusable(request, error, begin_again)
    if flow.attempt is None:
        return begin_again(request, flow)
    if request.POST.get("choice") != "set-up":
        return leave(request, destination_of(flow.destination).refuse(flow.request))
    own = replace(flow, destination=own_pages.NAME, request={"page": "two-factor"})
    done = advance(request, own, from_plain(flow.attempt))
    return begin_again(request, flow, str(done.message)) if isinstance(done, ProofGone) else done
