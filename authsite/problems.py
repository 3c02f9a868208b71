"""The one place where an error becomes an answer: a page for people, JSON for programs.

Typed errors come in from views (authsite.middleware.Problems) and, when something nearer the edge
raised them, by way of Django's handlers, which are here too. What is not known here is a bare 500
whose reference stands in the log as well.
"""

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import django.db
import psycopg
import psycopg_pool
import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.errors import TooManyRequests
from accounts.services.readiness import VaultUnavailable
from accounts.services.throttling import CountersUnavailable
from authsite import metrics, policies
from authsite.language import language_of, name_language
from authsite.references import reference_of

log = structlog.get_logger(__name__)

RETRY_WHEN_BUSY: Final = (
    5  # seconds; long enough for a failover's first connection, short for people
)

# What stands for "not now": the work is refused, nothing was done, and trying again is right.
_UNAVAILABLE: Final[tuple[type[Exception], ...]] = (
    CountersUnavailable,
    VaultUnavailable,
    psycopg_pool.PoolTimeout,
    psycopg_pool.TooManyRequests,
    psycopg_pool.PoolClosed,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    django.db.OperationalError,
    django.db.InterfaceError,
)
# Statuses that share a page, and OAuth's words for them (RFC 6749 section 5.2, RFC 6750).
_PAGES: Final = {
    400: "errors/400.html",
    403: "errors/403.html",
    404: "errors/404.html",
    405: "errors/405.html",
    413: "errors/413.html",
    414: "errors/413.html",
    429: "errors/throttled.html",
    431: "errors/413.html",
    500: "errors/500.html",
    503: "errors/503.html",
}
_ERRORS: Final = {
    404: "not_found",
    403: "access_denied",
    429: "temporarily_unavailable",
    500: "server_error",
    503: "temporarily_unavailable",
}


def answer(request: HttpRequest, error: BaseException) -> HttpResponse | None:
    """Give the answer to a typed error, or None when it isn't one of those known here."""
    if isinstance(error, TooManyRequests):
        way = {"destination_name": error.destination_name, "restart_url": error.restart_url}
        return problem(request, 429, retry_after=error.retry_after, way=way)
    if isinstance(error, _UNAVAILABLE) or _is_busy(error):
        log.error("unavailable", exc_info=error)
        retry_after = int(getattr(error, "retry_after", RETRY_WHEN_BUSY))
        return problem(request, 503, retry_after=retry_after)
    return None


def problem(
    request: HttpRequest,
    status: int,
    *,
    template: str | None = None,
    retry_after: int | None = None,
    explanation: str | None = None,
    way: Mapping[str, str | None] | None = None,
) -> HttpResponse:
    """Give the page of an error (JSON where programs read), with Retry-After where known.

    `way` says where the person was going, and where to begin anew.
    """
    metrics.problems.labels(status=str(status)).inc()
    reference = reference_of(request)
    response: HttpResponse
    if policies.is_api(request.path_info):
        response = JsonResponse(
            {
                "error": _ERRORS.get(status, "invalid_request"),
                "error_description": HTTPStatus(status).phrase,
                "reference": reference,
            },
            status=status,
        )
    else:
        context: dict[str, Any] = {**(way or {}), "reference": reference}
        context["explanation"] = explanation
        # Nothing leads back to what failed, least of all its query; and no cookie is set by an
        # error, since no form is shown.
        context["language_next"] = None
        # Nor does an error ask the vault who is signed in: it may be the vault that is down.
        context["current_session"] = None
        if retry_after is not None:
            context["retry_after"] = retry_after
            context["retry_at"] = _next_minute(timezone.now() + timedelta(seconds=retry_after))
        # Nearer the edge than LanguageMiddleware, the thread still speaks the last reader's.
        language = language_of(request)
        with translation.override(language):
            page = _render(request, template or _PAGES.get(status, _PAGES[400]), context)
        response = HttpResponse(page, status=status)
        name_language(response, language)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def refused(
    request: HttpRequest, *, status: int, reason: str, allow: Iterable[str]
) -> HttpResponse:
    """Give the answer to a request that authsite/limits.py turned away, and log why."""
    log.warning("refused", reason=reason, status=status)
    metrics.refusals.labels(reason=reason).inc()
    response = problem(request, status)
    if status == 405:
        response.headers["Allow"] = ", ".join(allow)
    return response


def method_not_allowed(request: HttpRequest, bare: HttpResponseBase) -> HttpResponse:
    """Give a 405 its page, keeping the Allow of the view that answered it."""
    response = problem(request, 405)
    response.headers["Allow"] = bare.headers.get("Allow", "")
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """handler400."""
    return problem(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """handler403."""
    return problem(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """handler404."""
    return problem(request, 404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: nothing was done, and how to send it again."""
    log.warning("refused", reason="csrf", status=403, why=reason.partition(" - ")[0])
    metrics.refusals.labels(reason="csrf").inc()
    return problem(request, 403, template="errors/403_csrf.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: typed errors that middleware raised, and everything nobody foresaw.

    Django calls this while the exception is being handled, and logs it with the reference.
    """
    error = sys.exc_info()[1]
    known = answer(request, error) if error is not None else None
    return known or problem(request, 500)


def _next_minute(moment: datetime) -> datetime:
    """Round up: pages say minutes, and whoever comes back then must find the wait over."""
    return (moment + timedelta(minutes=1, microseconds=-1)).replace(second=0, microsecond=0)


def _is_busy(error: BaseException) -> bool:
    """Tell whether the error says itself that the work was shed (the hashing pool's, say)."""
    return isinstance(getattr(error, "retry_after", None), int)


def _render(request: HttpRequest, template: str, context: dict[str, Any]) -> str:
    """Render the page; a plain sentence if even that fails."""
    try:
        return render_to_string(template, context, request)
    except Exception:  # the last resort: an answer must come out of this
        log.exception("error_page_failed", template=template)
    return f"<!doctype html><title>Error</title><p>Something went wrong. {context['reference']}</p>"
