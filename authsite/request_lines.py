"""The log line of a request: the one line that every request pays for.

As all others in authsite/logs.py, and by its rules, but made in one step instead of nine.
"""

import logging
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from accounts.services import throttling
from authsite.logs import Output, blotted, written

_logger: Final = logging.getLogger("authsite.requests")


def write_request_line(
    request: HttpRequest, *, reference: str, route: str, status: int, seconds: float
) -> None:
    """Say what was asked and answered: without path, query, cookies or form values."""
    if not _logger.isEnabledFor(logging.INFO):
        return
    line = written(
        {
            "at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "level": "info",
            "event": "request",
            "method": blotted(request.method),  # whoever asks may make one up
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "network": throttling.client_network(request),
            "reference": reference,
            "logger": _logger.name,
            "role": settings.ROLE,
        }
    )
    for handler in _logger.root.handlers:
        if isinstance(handler, Output):
            handler.put(line)
