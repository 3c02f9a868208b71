"""A small site for tests of the edge: each view does one thing that the edge must cope with."""

from typing import Any

import psycopg
import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.errors import TooManyRequests
from accounts.services.throttling import CountersUnavailable, client_network
from authsite import health, language, metrics, wellknown

handler400 = "authsite.problems.bad_request"
handler403 = "authsite.problems.permission_denied"
handler404 = "authsite.problems.page_not_found"
handler500 = "authsite.problems.server_error"

RAISED: dict[str, Any] = {
    "throttled": TooManyRequests(90),
    "counters": CountersUnavailable(),
    "database": psycopg.OperationalError("connection to server lost"),
    "denied": PermissionDenied(),
    "missing": Http404("there is no such thing"),
    "suspicious": SuspiciousOperation("odd"),
}


def page(request: HttpRequest) -> HttpResponse:
    """Answer with what the request looks like from the inside."""
    seen = {"scheme": request.scheme, "network": client_network(request)}
    response = HttpResponse(f"{seen} {request.build_absolute_uri('/next')}")
    response.headers["Cache-Control"] = "public, max-age=60"  # a mistake that the edge corrects
    return response


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    """Answer with the form's values."""
    return HttpResponse(repr(sorted(request.POST.items())))


def names_a_wiki(_request: HttpRequest) -> HttpResponse:
    """Answer with a form that leads to a wiki."""
    response = HttpResponse("form")
    response.csp_form_action = "https://en.wiki.example"  # type: ignore[attr-defined]
    return response


def raises(_request: HttpRequest, what: str) -> HttpResponse:
    """Raise what is asked for."""
    raise RAISED[what]


def crashes(request: HttpRequest) -> HttpResponse:
    """Fail in a way nobody foresaw, with a secret in everything that a log could show."""
    local_secret = request.GET.get("token", "")  # a local variable of the frame
    structlog.get_logger("test").info("about_to_crash", url=request.get_full_path())
    raise RuntimeError(f"cannot use {local_secret} of {request.COOKIES} {request.POST}")


urlpatterns = [
    path("page", page),
    path("echo", echo),
    path("post-only", require_POST(page)),
    path("names-a-wiki", names_a_wiki),
    path("raises/<what>", raises),
    path("oauth/token/<what>", raises),
    path("crashes", csrf_exempt(crashes)),
    path("oauth/token", csrf_exempt(crashes)),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", metrics.metrics),
    path("language", language.set_language, name="set_language"),
    path("csp-report", wellknown.csp_report),
    path(".well-known/security.txt", wellknown.security_txt),
    path(".well-known/change-password", wellknown.change_password),
    path("robots.txt", wellknown.robots_txt),
    path("favicon.ico", wellknown.favicon),
]
