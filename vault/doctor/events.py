"""The sealed audit trail, and the store that its seals are handed to."""

from collections.abc import Iterator
from itertools import chain

from django.conf import settings

from vault.doctor.checks import Note, Skipped, check
from vault.doctor.patient import Patient
from vault.event_seals import verify
from vault.seal_handover import verify_store
from vault.seal_store import StoreUnavailable


@check("Keep database and seal store as they are, and find out who wrote there (docs/runbook.md).")
def trail_as_sealed(patient: Patient) -> Iterator[str]:
    """Every line of the audit trail is as it was sealed, and as it was handed elsewhere."""
    if not patient.events:
        raise Skipped("nobody asked for it: --events")
    try:
        for finding in chain(verify(), verify_store()):
            at = "" if finding.seal is None else f" at seal {finding.seal}"
            yield f"{finding.kind}{at} {finding.ids}".rstrip()
    except StoreUnavailable:
        yield "the seal store cannot be read"
    if not settings.SEAL_STORE:
        yield Note("this process was given no seal store: a trail that was cut off does not show")


CHECKS = (trail_as_sealed,)
