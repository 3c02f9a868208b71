"""Decides about what the worker gave up: tries it again from the start, or drops it for good."""

from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from emergency.errors import NotDead
from vault import outbox


def revive_job(job_id: int, reason: str, *, by: Operator) -> Done:
    """Has a dead letter tried again, at once; a reason may be given.

    Raises ``NotAllowed``, ``TargetUnknown``, ``NotDead``, ``VaultUnavailable``.
    """
    outcome = outbox.revive(job_id, reason.strip(), by.session)
    return settle(outcome, done="revived", already=NotDead)


def drop_job(job_id: int, reason: str, *, by: Operator) -> Done:
    """Deletes a dead letter; a reason may be given.

    Raises ``NotAllowed``, ``NotProven``, ``TargetUnknown``, ``NotDead``, ``VaultUnavailable``.
    """
    outcome = outbox.drop(job_id, reason.strip(), by.session)
    return settle(outcome, done="dropped", already=NotDead)
