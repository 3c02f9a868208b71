"""What is counted about the running site, and the page that a scraper reads it from.

With several worker processes, PROMETHEUS_MULTIPROC_DIR must name a folder of theirs that is
emptied before they start: prometheus-client then adds their numbers up. Labels come from closed
sets (routes, never addresses), so that nobody can fill the memory by asking for odd pages.
"""

import os
from functools import cache
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from authsite.client import is_monitor

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})

requests: Final = Counter(
    "authsite_requests_total", "Requests answered", ["method", "route", "status"]
)
durations: Final = Histogram(
    "authsite_request_seconds",
    "Time from the first byte read to the response made",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
refusals: Final = Counter("authsite_refusals_total", "Requests turned away at the edge", ["reason"])
problems: Final = Counter("authsite_problems_total", "Error pages shown", ["status"])


def route_of(request: HttpRequest) -> str:
    """Give the pattern that the request matched: it names the page, never who or what was asked."""
    if request.path_info.startswith(settings.STATIC_URL):
        return "static"
    match = request.resolver_match
    return f"/{match.route}" if match is not None else "none"


def observe(request: HttpRequest, status: int, route: str, seconds: float) -> None:
    """Count one answered request."""
    method = request.method if request.method in _METHODS else "other"
    counted, timed = _of_route(method, route, status)
    counted.inc()
    timed.observe(seconds)


@cache  # all three come from closed sets
def _of_route(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    counted = requests.labels(method=method, route=route, status=str(status))
    return counted, durations.labels(route=route)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Give the numbers of all worker processes to AUTHSITE_METRICS_NETWORKS; to others nothing."""
    if not is_monitor(request):
        raise Http404
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
