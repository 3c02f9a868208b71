"""Probes: is this process alive, and can it serve people now."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

import django.db
import psycopg
import structlog
from django.db import close_old_connections, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from accounts.services.readiness import VaultUnavailable, verify_vault_answers

log = structlog.get_logger(__name__)

# An answer is good for a second: probes, or a stranger who plays one, cost at most one look each.
_FRESH_SECONDS: Final = 1.0
# Looking at a dead vault takes as long as its pool is patient, and holds this thread.
_FRESH_SECONDS_WHEN_DOWN: Final = 5.0


def verify_site_database_answers() -> None:
    """Ask the site database the smallest question there is. Raises Django's database errors."""
    close_old_connections()  # web asks through Django nowhere else, so nobody has done it before
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


CHECKS: Final[dict[str, Callable[[], None]]] = {
    "vault": verify_vault_answers,
    "site_database": verify_site_database_answers,
}


class _Latest:
    """The latest findings of this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._findings: dict[str, str] = {}
        self._stale_at = 0.0

    def findings(self) -> dict[str, str]:
        """Give "ok" or "down" for each check, looking again when the last look is stale."""
        with self._lock:
            if time.monotonic() >= self._stale_at:
                self._findings = {name: _look(name, check) for name, check in CHECKS.items()}
                down = "down" in self._findings.values()
                fresh = _FRESH_SECONDS_WHEN_DOWN if down else _FRESH_SECONDS
                self._stale_at = time.monotonic() + fresh
            return self._findings


def _look(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except (VaultUnavailable, psycopg.Error, django.db.Error):
        log.exception("not_ready", check=name)
        return "down"
    return "ok"


_latest = _Latest()


@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers; it looks at nothing else."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Say whether the stores answer: 200, or 503 with what is down."""
    findings = _latest.findings()
    good = all(finding == "ok" for finding in findings.values())
    response = JsonResponse(
        {"status": "ok" if good else "down", "checks": findings}, status=200 if good else 503
    )
    if not good:
        response.headers["Retry-After"] = "5"
    return response
