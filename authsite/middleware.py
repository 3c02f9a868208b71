"""What every request passes first and every response passes last.

Owns the reference and the log line of a request, the client's address and scheme (nobody behind
this reads a forwarding header), the response headers, and the way of errors to their page
(authsite/problems.py). Leaves what is refused to authsite/limits.py. `RequestContext` and
`ResponseHeaders` stand first in MIDDLEWARE, so that refusals, static files and crashes pass too.
"""

import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from csp.constants import HEADER as POLICY_HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.http.response import ResponseHeaders as HeaderMapping
from django.middleware.security import SecurityMiddleware

from authsite import metrics, policies, problems
from authsite.client import settle_client
from authsite.logs import current_reference
from authsite.references import reference_of
from authsite.request_lines import write_request_line

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_ORIGIN: Final = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?")


def _stored(headers: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Headers as Django keeps them: by their names in small letters."""
    return {name.lower(): (name, value) for name, value in HeaderMapping(headers).items()}


_FORCED: Final = _stored(
    {
        "Server": "",  # or granian would put its name there
        "X-Content-Type-Options": "nosniff",
    }
)
_DEFAULTS: Final = _stored(
    {
        # Not no-referrer: with it browsers send "Origin: null" on our own forms, and the check
        # against cross-site posts would refuse them. No other origin gets a referrer by this.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": policies.PERMISSIONS_POLICY,
        "Reporting-Endpoints": f'csp="{policies.CSP_REPORT_PATH}"',
        "X-Frame-Options": "DENY",  # for what is older than frame-ancestors
    }
)
_WELL_KNOWN: Final = _DEFAULTS | _stored({"Cross-Origin-Resource-Policy": "cross-origin"})


class RequestContext:
    """Outermost: settles who asks, gives the request its reference, and writes its log line."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, and log it without query, cookies or form values."""
        started = time.perf_counter()
        settle_client(request)
        reference = reference_of(request)
        current_reference.set(reference)
        response = self.get_response(request)
        seconds = time.perf_counter() - started
        route = metrics.route_of(request)
        metrics.observe(request, response.status_code, route, seconds)
        write_request_line(
            request,
            reference=reference,
            route=route,
            status=response.status_code,
            seconds=seconds,
        )
        return response


class ResponseHeaders:
    """Puts the headers that every response needs, whoever made it.

    A view may be stricter by setting a header itself; it cannot make a private page cacheable.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request with the headers set."""
        response = self.get_response(request)
        headers = response.headers
        path = request.path_info
        defaults = _WELL_KNOWN if path.startswith("/.well-known/") else _DEFAULTS
        # Past the methods of Django's mapping, which look at each of these constants anew.
        headers._store = {**defaults, **headers._store, **_FORCED}  # noqa: SLF001
        if request.is_secure() and settings.SECURE_HSTS_SECONDS:
            headers["Strict-Transport-Security"] = _hsts()
        public = policies.is_public(path, static_url=settings.STATIC_URL)
        may_be_kept = public and response.status_code < 400 and "Cache-Control" in headers
        if not may_be_kept and "no-store" not in headers.get("Cache-Control", ""):
            headers["Cache-Control"] = "no-store"
        if not response.streaming and response.status_code not in {204, 304}:
            headers.setdefault("Content-Length", str(len(getattr(response, "content", b""))))
        return response


class ContentSecurityPolicy:
    """Sends the policy, which varies in one thing only: the wiki that a page's form may lead to.

    `response.csp_form_action = "https://en.wiki.example"` adds that one origin to form-action,
    because browsers hold a form's redirects against it as well. There are no nonces: nothing
    inline is ever allowed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        # django-csp takes as long to write one as a question to the database does.
        self._policy = lru_cache(maxsize=256)(_policy)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request under the policy. Raises ValueError when the named origin is none."""
        response = self.get_response(request)
        response.headers[POLICY_HEADER] = self._policy(getattr(response, "csp_form_action", None))
        return response


def _policy(form_origin: str | None) -> str:
    if not form_origin:
        return build_policy()
    if not _ORIGIN.fullmatch(form_origin):
        raise ValueError("csp_form_action must be an origin: scheme, host, port.")
    return build_policy(update={"form-action": [form_origin]})


class RedirectToHttps:
    """Leads pages to https as Django's own middleware does, whose headers are not ours."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._redirect = SecurityMiddleware(lambda _request: HttpResponse()).process_request

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the redirect, or let the request go on."""
        return self._redirect(request) or self.get_response(request)


class Problems:
    """Innermost: turns a typed error that a view raised into its answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request; a bare 405 gets its page."""
        response = self.get_response(request)
        if response.status_code == 405 and not getattr(response, "content", b"-"):
            return problems.method_not_allowed(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """Give the answer to an error that authsite/problems.py knows; None for all others."""
        return problems.answer(request, error)


def _hsts() -> str:
    value = f"max-age={settings.SECURE_HSTS_SECONDS}"
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        value += "; includeSubDomains"
    if settings.SECURE_HSTS_PRELOAD:
        value += "; preload"
    return value
