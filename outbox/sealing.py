"""The worker's minute for the audit trail: seal it, hand the seals elsewhere, look again.

Each step is tried whatever became of the one before: a store that cannot be written must not keep
the trail from being sealed, nor either of them hide a broken seal.
"""

from collections.abc import Callable

import structlog

from vault.errors import VaultUnavailable
from vault.event_seals import BEHIND_SECONDS, broken_seals, seal_closed_batch, sealing
from vault.events import report_row
from vault.seal_handover import hand_over, trouble
from vault.seal_store import StoreUnavailable

logger = structlog.stdlib.get_logger(__name__)

EVERY_SECONDS = 60


def keep_trail() -> None:
    """Does all of it once. Raises ``VaultUnavailable``; everything else is reported, or logged."""
    for step in (_seal, _hand_over, _look_again):
        _try(step)


def _try(step: Callable[[], None]) -> None:
    try:
        step()
    except VaultUnavailable:
        raise
    except StoreUnavailable as error:
        logger.warning("seal_store_unavailable", reason=str(error))
        report_row("seal_store", "unavailable")
    except Exception:
        logger.exception("trail_step_failed", step=step.__name__)


def _seal() -> None:
    if _word_of_the_store() == "ahead":
        return  # manage.py afterrestore first: docs/runbook.md
    seal_closed_batch()


def _word_of_the_store() -> str | None:
    try:
        word = trouble()
    except StoreUnavailable:
        return None  # said by the next step
    if word is not None:
        report_row("seal_store", word)
    return word


def _hand_over() -> None:
    hand_over()


def _look_again() -> None:
    stands = sealing()
    for number in broken_seals(stands.last_number):
        report_row("event_seal", number)
    if stands.waiting_seconds > BEHIND_SECONDS:
        report_row("event_sealing", "behind")
