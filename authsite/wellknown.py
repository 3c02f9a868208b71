"""Small addresses that programs look for on any site, and the browsers' reports of broken rules."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts.services import throttling

log = structlog.get_logger(__name__)

_TEXT: Final = "text/plain; charset=utf-8"
_A_DAY: Final = "public, max-age=86400"
_PROMISED_DAYS: Final = 180  # RFC 9116 section 2.5.5 advises less than a year
_REPORTS: Final = "30/m"
_FAVICON: Final = (Path(__file__).resolve().parent / "assets" / "favicon.ico").read_bytes()


@require_safe
def security_txt(_request: HttpRequest) -> HttpResponse:
    """Say whom to tell about a hole (RFC 9116); its expiry moves with the day."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    expires = (today + timedelta(days=_PROMISED_DAYS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = [
        f"Contact: {_contact()}",
        f"Expires: {expires}",
        # That of those who run the site: its own site for them has no other.
        f"Preferred-Languages: {settings.LANGUAGE_CODE}",
        f"Canonical: {settings.OWN_ORIGIN}/.well-known/security.txt",
    ]
    response = HttpResponse("\n".join(lines) + "\n", content_type=_TEXT)
    response.headers["Cache-Control"] = _A_DAY
    return response


@require_safe
def change_password(_request: HttpRequest) -> HttpResponse:
    """Lead a password manager to the page where the password is changed."""
    response = HttpResponse(status=303)
    response.headers["Location"] = "/account/password"
    return response


@require_safe
def passkey_endpoints(_request: HttpRequest) -> HttpResponse:
    """Tell a passkey's keeper where one is added and where they are looked after.

    W3C: A Well-Known URL for Relying Party Passkey Endpoints.
    """
    pages = {"enroll": "twofactor:new_passkey", "manage": "twofactor:overview"}
    response = JsonResponse({use: settings.OWN_ORIGIN + reverse(to) for use, to in pages.items()})
    response.headers["Cache-Control"] = _A_DAY
    return response


@require_safe
def robots_txt(_request: HttpRequest) -> HttpResponse:
    """Ask search engines to stay away: there is nothing to find here."""
    response = HttpResponse("User-agent: *\nDisallow: /\n", content_type=_TEXT)
    response.headers["Cache-Control"] = _A_DAY
    return response


@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """Give the icon to browsers that ask before reading the page's own link."""
    response = HttpResponse(_FAVICON, content_type="image/vnd.microsoft.icon")
    response.headers["Cache-Control"] = _A_DAY
    return response


@csrf_exempt  # a browser sends it by itself, without cookies of ours to prove anything
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log what a page of ours tried against its policy: the rule and what was blocked, no more.

    Takes both the older `application/csp-report` and the Reporting API's list.
    """
    throttling.charge(request, "csp_report", _REPORTS)
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    for report in sent[:5] if isinstance(sent, list) else [sent]:
        _log_report(report)
    return HttpResponse(status=204)


def _log_report(report: Any) -> None:
    body = report.get("csp-report", report.get("body")) if isinstance(report, dict) else None
    if not isinstance(body, dict):
        return
    log.warning(
        "csp_violation",
        directive=_short(body.get("effectiveDirective", body.get("effective-directive"))),
        blocked=_where(body.get("blockedURL", body.get("blocked-uri"))),
        source=_where(body.get("sourceFile", body.get("source-file"))),
    )


def _where(address: Any) -> str:
    """Give the origin of an address, or the keyword that browsers put in its place."""
    try:
        parts = urlsplit(_short(address))
    except ValueError:
        return "unreadable"
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else parts.path[:40]


def _short(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""


def _contact() -> str:
    support = str(settings.SUPPORT)
    if support.startswith(("https://", "http://", "mailto:")):
        return support
    return f"mailto:{support}" if "@" in support else f"{settings.OWN_ORIGIN}/"
