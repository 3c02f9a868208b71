"""Examines the vault (vault/doctor) for the console: what came of it, as data and in lines."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vault.doctor.checks import Result
from vault.doctor.examination import CHECKS, examine
from vault.doctor.patient import LOGINS, Patient

Logins = Mapping[str, Mapping[str, str]]
_ADDRESSES = ("VAULT_URL", "DATABASE_URL")
_ORDER = ("finding", "skipped", "ok")


class LoginsUnread(Exception):
    """What was handed over is not the logins; one line that shows none of it."""


@dataclass(frozen=True)
class Examination:
    """What came of all checks."""

    results: Sequence[Result]

    @property
    def findings(self) -> int:
        """How many checks found something."""
        return sum(one.result == "finding" for one in self.results)

    @property
    def skipped(self) -> int:
        """How many checks could not be made, or were not asked for."""
        return sum(one.result == "skipped" for one in self.results)

    def as_data(self) -> dict[str, Any]:
        """For a monitor: one JSON value."""
        return {
            "checks": [
                {
                    "id": one.check.id,
                    "result": one.result,
                    "promise": one.check.promise,
                    "faults": list(one.faults),
                    "notes": list(one.notes),
                    "remedy": one.check.remedy if one.faults else None,
                }
                for one in self.results
            ],
            "total": len(self.results),
            "findings": self.findings,
            "skipped": self.skipped,
        }

    def as_lines(self) -> list[str]:
        """For people: findings first, then what was skipped, and the sum at the end."""
        width = max(len(one.check.id) for one in self.results)
        lines = []
        for one in sorted(self.results, key=lambda one: _ORDER.index(one.result)):
            lines.append(f"{one.result:<7}  {one.check.id:<{width}}  {one.check.promise}")
            lines += [f"{'':<7}    - {fault}" for fault in one.faults]
            if one.faults:
                lines.append(f"{'':<7}    what to do: {one.check.remedy}")
            lines += [f"{'':<7}    ({note})" for note in one.notes]
        total = len(self.results)
        found = "1 finding" if self.findings == 1 else f"{self.findings} findings"
        return [*lines, f"{total} checks, {found}, {self.skipped} skipped"]


def check_ids() -> list[str]:
    """The ids of all checks, in order."""
    return list(CHECKS)


def check_vault(
    *, rows: int | None, events: bool, logins: Logins, without: Collection[str]
) -> Examination:
    """Makes all checks. Raises ``VaultUnavailable``."""
    patient = Patient(rows=rows, events=events, logins=logins)
    return Examination(list(examine(patient, without=without)))


def read_logins(given: Any) -> Logins:
    """Reads {role: address of the vault}, or {role: {VAULT_URL, DATABASE_URL}}.

    Raises ``LoginsUnread``.
    """
    if not isinstance(given, dict) or not given:
        raise LoginsUnread("it must be a JSON object with an address for each role")
    found: dict[str, dict[str, str]] = {}
    for role, value in given.items():
        if role not in LOGINS:
            raise LoginsUnread(f"it names a role that is none of {', '.join(LOGINS)}")
        addresses = {"VAULT_URL": value} if isinstance(value, str) else value
        if not isinstance(addresses, dict) or not all(
            name in _ADDRESSES and isinstance(address, str) for name, address in addresses.items()
        ):
            raise LoginsUnread(f"{role}: give an address, or VAULT_URL and DATABASE_URL")
        found[role] = addresses
    return found
