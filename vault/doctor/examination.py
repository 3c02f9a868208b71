"""The whole examination: every check of every subject, in the order in which they are read."""

from collections.abc import Collection, Iterator, Mapping

from vault.doctor import (
    attempts,
    errors,
    events,
    functions,
    keys,
    logins,
    policy,
    privileges,
    roles,
    rows,
    server,
    tables,
)
from vault.doctor.checks import Check, Result, run, skip
from vault.doctor.patient import Patient

_SUBJECTS = (
    server,
    roles,
    privileges,
    functions,
    tables,
    policy,
    keys,
    rows,
    events,
    attempts,
    errors,
    logins,
)
CHECKS: Mapping[str, Check] = {check.id: check for subject in _SUBJECTS for check in subject.CHECKS}


def examine(patient: Patient, *, without: Collection[str] = ()) -> Iterator[Result]:
    """Makes all checks but those that are to be left out. Raises ``VaultUnavailable``."""
    try:
        for check in CHECKS.values():
            if check.id in without:
                yield skip(check, "left out with --without")
            else:
                yield run(check, patient)
    finally:
        patient.close()
