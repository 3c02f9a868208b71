"""The sealed trail: a MAC over the lines of each minute and the seal before, and whether it holds.

The database digests the lines; the MAC is made here, under a key that it does not have. Whoever
removes, changes or reorders a sealed line breaks a seal. What is handed elsewhere, so that the
trail's end cannot be cut off unseen, is in ``seal_handover``; when all this happens, in the outbox.
"""

import hmac
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.conf import settings

from vault import connection
from vault.errors import VaultRefused
from vault.restore_marks import RestoreMark, restore_marks
from vault.seals import is_ours, mac

BATCH: Final = 5000
BEHIND_SECONDS: Final = 300
NEWEST: Final = 3  # seals that the worker looks at again each minute
_PURPOSE: Final = "event-seal"
_SEALS_AT_ONCE: Final = 50
_PATIENCE: Final = 5  # times that other workers may be faster

Kind = Literal[
    "changed",
    "removed",
    "added",
    "reordered",
    "broken_mac",
    "gap_in_chain",
    "unsealed_too_long",
    # What the seal store shows (vault/seal_handover.py).
    "rolled_back",
    "rewritten",
    "epoch_lowered",
    "store_broken",
    "store_behind",
]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was sealed; ``ids`` are lines, as PostgreSQL writes ranges.

    ``changed`` names all lines of the seal: which of them it was, the digest does not tell.
    """

    kind: Kind
    seal: int | None
    ids: str = ""


@dataclass(frozen=True)
class Seal:
    """What the worker vouched for: these lines, after that seal. Times in microseconds."""

    number: int
    sealed_at: int
    ids: str
    lines: int
    digest: bytes
    previous_mac: bytes
    mac: bytes
    mac_key: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Seal":
        """The seal in a row that has its columns and others."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    @property
    def is_genuine(self) -> bool:
        """Whether a holder of the key made it, after the seal whose MAC is named."""
        return is_ours(self.mac, settings.EVENT_KEYS, self.mac_key, _PURPOSE, *_covered(vars(self)))


def _covered(row: Mapping[str, Any]) -> tuple[int | str | bytes, ...]:
    """What a seal's MAC is over, in order."""
    return (
        row["number"],
        row["sealed_at"],
        row["ids"],
        row["lines"],
        row["digest"],
        row["previous_mac"],
    )


@dataclass(frozen=True)
class Sealing:
    """How sealing stands; ``waiting_seconds`` is the age of the oldest line without a seal."""

    number: int
    last_number: int
    site_epoch: int
    waiting_seconds: int


def sealing() -> Sealing:
    """How sealing stands now."""
    return Sealing(**connection.row("SELECT * FROM api.event_sealing_v1()", {}))


def seal_closed_batch() -> int:
    """Seals every line that is committed, batch by batch; gives how many lines were sealed.

    Two workers that seal at once do no harm: one is told that it is late, and asks again.
    """
    total = late = 0
    while late < _PATIENCE:
        row = connection.row("SELECT * FROM api.unsealed_events_v1(%(limit)s)", {"limit": BATCH})
        if row["lines"] == 0:
            break
        status = _add_seal(row)
        if status == "sealed":
            total += row["lines"]
        elif status == "stale":
            late += 1
        else:
            raise VaultRefused("add_event_seal", status)
    return total


def _add_seal(row: Mapping[str, Any]) -> str:
    ring = settings.EVENT_KEYS
    status: str = connection.row(
        "SELECT api.add_event_seal_v1(%(number)s, %(ids)s, %(lines)s, %(digest)s, %(mac)s,"
        " %(mac_key)s, %(sealed_at)s, %(previous)s) AS status",
        {
            **row,
            "mac": mac(ring, ring.active_id, _PURPOSE, *_covered(row)),
            "mac_key": ring.active_id,
            "previous": row["number"] - 1,
        },
    )["status"]
    return status


def broken_seals(newest: int) -> list[int]:
    """The numbers of broken seals among the last few and one older, chosen by chance.

    ``newest`` is the number of the newest seal. What can be told without reading the trail:
    ``verify`` says more, and is the owner's.
    """
    first = max(1, newest - NEWEST + 1)
    rows = _checked(first, NEWEST)
    if first > 1:
        rows += _checked(random.randrange(1, first), 1)  # noqa: S311 - not a secret
    return sorted({row["number"] for row in rows if not _holds(row)})


def _checked(first: int, limit: int) -> list[dict[str, Any]]:
    return connection.rows(
        "SELECT * FROM api.check_event_seals_v1(%(first)s, %(limit)s)",
        {"first": first, "limit": limit},
    )


def _holds(row: Mapping[str, Any]) -> bool:
    return _has_its_lines(row) and Seal.from_row(row).is_genuine


def _has_its_lines(row: Mapping[str, Any]) -> bool:
    return row["found"] == row["lines"] and hmac.compare_digest(row["found_digest"], row["digest"])


def verify(since: int | None = None) -> Iterator[Finding]:
    """Looks at every seal from number ``since`` on, and at what stands between them. Owner only.

    Streams: what it needs of memory does not grow with the trail.
    """
    marks = restore_marks()
    first, upto, last = since or 1, None, None
    while rows := _checked(first, _SEALS_AT_ONCE):
        for row in rows:
            yield from _findings_of(row, marks)
        for row in _added(first, upto):
            upto = row["upto"]
            if row["ids"] != "{}":
                yield Finding("added", row["number"], row["ids"])
        last = rows[-1]["number"]
        first = last + 1
    yield from _findings_at_the_end(marks)


def _added(first: int, upto: int | None) -> list[dict[str, Any]]:
    return connection.rows(
        "SELECT * FROM api.added_events_v1(%(first)s, %(limit)s, %(upto)s)",
        {"first": first, "limit": _SEALS_AT_ONCE, "upto": upto},
    )


def _findings_of(row: Mapping[str, Any], marks: list[RestoreMark]) -> Iterator[Finding]:
    number = row["number"]
    if _is_gap(row["previous_number"] or 0, number, marks):
        yield Finding("gap_in_chain", number)
    elif not Seal.from_row(row).is_genuine:
        yield Finding("broken_mac", number)
    if _has_its_lines(row):
        return
    if row["gone"] != "{}":
        yield Finding("removed", number, row["gone"])
        return
    reordered = connection.row(
        "SELECT (SELECT api.reordered_events_v1(%(number)s)) AS ids", {"number": number}
    )["ids"]
    if reordered is not None:
        yield Finding("reordered", number, reordered)
    else:
        yield Finding("changed", number, row["ids"])


def _is_gap(before: int, number: int, marks: list[RestoreMark]) -> bool:
    """Whether numbers are missing between two seals, and no restore of a dump skipped them."""
    return number != before + 1 and not any(
        mark.before == before and mark.after == number - 1 for mark in marks
    )


def _findings_at_the_end(marks: list[RestoreMark]) -> Iterator[Finding]:
    stands = sealing()
    if stands.number < stands.last_number or _is_gap(stands.last_number, stands.number + 1, marks):
        yield Finding("gap_in_chain", min(stands.number, stands.last_number) + 1)
    if stands.waiting_seconds > BEHIND_SECONDS:
        yield Finding("unsealed_too_long", None)
