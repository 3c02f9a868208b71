"""Letters that tell operators what another operator did, or what a lockout did by itself.

A letter says which measure, who took it, and a number: no reason, and nothing else that anybody
typed. The trail on the operator's site has the rest.
"""

from dataclasses import dataclass
from typing import Final

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation

from outbox.errors import NotOurs
from outbox.letters import address_of
from outbox.measure_words import WORDS, did_words
from outbox.messages import send, write
from outbox.payloads import read_fields, read_time, read_username
from vault import lockouts
from vault.events import report_row
from vault.outbox import Job

logger = structlog.stdlib.get_logger(__name__)

KIND: Final = "measure"
LIFT_SECONDS: Final = 5
_TEMPLATE: Final = "operator_measure"
_FIELDS: Final = {"tag", "count", "by", "at"}
_MOST: Final = 10**12


@dataclass(frozen=True)
class Measure:
    """What was done: an event's tag, by whom (None: at the console, or by itself), how much."""

    tag: str
    by: str | None
    count: int
    at: int


def lift_due() -> None:
    """Lift the lockouts that have come to their end. Raises VaultUnavailable."""
    lifted = lockouts.lift_due()
    if lifted:
        logger.info("lockouts_lifted", count=lifted)


def send_measure(job: Job) -> None:
    """The handler: to one operator's address, or to those of the settings where it names none.

    Raises DeliveryFailed, and NotOurs for a job that the vault did not write.
    """
    try:
        measure = _read(job)
        to = [address_of(job)] if job.account_id is not None else settings.ALERT_MAIL
    except NotOurs:
        report_row("letter", job.id)
        raise
    # Whoever reads the common address has it there.
    if to and (job.account_id is None or to[0] not in settings.ALERT_MAIL):
        send(write_measure(job, measure, to))
    elif not to:
        logger.warning("operator_measure", tag=measure.tag, count=measure.count)


def write_measure(job: Job, measure: Measure, to: list[str]) -> EmailMessage:
    """Give the letter of a measure, the same bytes each time."""
    with translation.override(settings.LANGUAGE_CODE):
        values = {
            "title": str(WORDS[measure.tag]),
            "did": did_words(measure.tag, measure.by, measure.count),
            # The worker doesn't know the operator's addresses by name.
            "link": f"{settings.OPERATOR_URL}/admin/",
        }
    return write(job, _TEMPLATE, values, to=to, at=measure.at, language=settings.LANGUAGE_CODE)


def _read(job: Job) -> Measure:
    """The payload of a measure, if every field of it is one. Raises NotOurs."""
    payload = read_fields(job, _FIELDS)
    tag, count = payload.get("tag"), payload.get("count", 0)
    if not isinstance(tag, str) or tag not in WORDS:
        raise NotOurs("tag")
    if type(count) is not int or not 0 <= count <= _MOST:
        raise NotOurs("number")
    by = read_username(payload["by"]) if "by" in payload else None
    return Measure(tag=tag, by=by, count=count, at=read_time(job))
