"""The watch over the trail, and the letters that tell operators what it found.

What is odd is decided in the vault. A letter says how much of what and since when: no name of a
person, no network, nothing that anybody typed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation

from outbox.alert_words import MORE, WORDS, seen_words
from outbox.errors import NotOurs
from outbox.messages import send, write
from outbox.payloads import read_fields, read_time
from vault import alerts
from vault.events import report_row
from vault.outbox import Job

logger = structlog.stdlib.get_logger(__name__)

KIND: Final = "alert"
WATCH_SECONDS: Final = 15
_TEMPLATE: Final = "operator_alert"
_MOST: Final = 10**12
_FIELDS: Final = {"alert", "kind", "count", "since", "at", "names", "usual", "passwords", "more"}


@dataclass(frozen=True)
class Found:
    """What an alert was when it was raised: a kind that there is, and numbers."""

    alert: int
    kind: str
    count: int
    since: int
    at: int
    detail: dict[str, int]


def watch() -> None:
    """Look for odd patterns once. Raises VaultRefused, VaultUnavailable."""
    raised = alerts.watch(settings.ALERT_THRESHOLDS)
    if raised:
        logger.warning("alerts_raised", alerts=raised)


def send_alert(job: Job) -> None:
    """The handler of alerts: a letter to all operators, or a warning in the log if none wants one.

    Raises DeliveryFailed, and NotOurs for a job that the vault did not write.
    """
    try:
        found = _read(job)
    except NotOurs:
        report_row("letter", job.id)
        raise
    if not settings.ALERT_MAIL:
        logger.warning("operator_alert", alert=found.alert, kind=found.kind, count=found.count)
        return
    send(write_alert(job, found))


def write_alert(job: Job, found: Found) -> EmailMessage:
    """Give the letter of an alert to all operators, the same bytes each time."""
    words = WORDS[found.kind]
    with translation.override(settings.LANGUAGE_CODE):
        values = {
            "title": str(words.title),
            "seen": seen_words(found.kind, found.count, found.detail),
            "advice": str(words.advice),
            "more": str(MORE) if found.detail.get("more") else "",
            "since": datetime.fromtimestamp(found.since, UTC),
            # The worker doesn't know the operator's addresses by name.
            "link": f"{settings.OPERATOR_URL}/admin/alerts/{found.alert}/",
        }
    return write(
        job,
        _TEMPLATE,
        values,
        to=settings.ALERT_MAIL,
        at=found.at,
        language=settings.LANGUAGE_CODE,
    )


def _read(job: Job) -> Found:
    """The payload of an alert, if every field of it is one. Raises NotOurs."""
    payload = read_fields(job, _FIELDS)
    kind = payload.get("kind")
    if not isinstance(kind, str) or kind not in WORDS:
        raise NotOurs("kind")
    numbers = {name: value for name, value in payload.items() if name != "kind"}
    if any(type(value) is not int or not 0 <= value <= _MOST for value in numbers.values()):
        raise NotOurs("number")
    at = read_time(job)
    if not {"alert", "count", "since"} <= numbers.keys() or numbers["since"] > at:
        raise NotOurs("number")
    return Found(
        alert=numbers.pop("alert"),
        kind=kind,
        count=numbers.pop("count"),
        since=numbers.pop("since"),
        at=numbers.pop("at"),
        detail=numbers,
    )
