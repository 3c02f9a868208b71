"""Hands each seal elsewhere, and compares what is there with the database.

What is in the store was in the database: a trail that was cut off and sealed anew, or a database
that was rolled back, no longer agrees with it.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from vault import connection
from vault.event_seals import BEHIND_SECONDS, Finding, Seal, sealing
from vault.restore_marks import RestoreMark, restore_marks
from vault.seal_store import Record, seal_store

_AT_ONCE: Final = 100


def trouble() -> str | None:
    """What is wrong between store and database, in one word. Raises ``StoreUnavailable``.

    ``ahead``: the database has lost seals that the store has, so it was rolled back or restored;
    sealing on would give their numbers to others. ``differs``: the seal of the store's last number
    is another.
    """
    last = seal_store().last()
    if last is None:
        return None
    if last.number > sealing().number:
        return "ahead"
    for row in _shipped(last.number, 1):
        seal = _seal_fields(Seal.from_row(row))
        if last.seal is not None and seal["number"] == last.number and seal != last.seal:
            return "differs"
    return None


def hand_over() -> int:
    """Writes what the store lacks; gives how many seals that was. Raises ``StoreUnavailable``.

    What the store lacks it is asked itself: whatever was lost on the way is handed over again.
    """
    with seal_store().writing() as writer:
        last = seal_store().last() or Record(number=0, site_epoch=0, seal=None)
        epoch = max(last.site_epoch, sealing().site_epoch)
        written, number = 0, last.number
        while rows := _shipped(number + 1):
            writer.append([_record(row, epoch) for row in rows])
            written += len(rows)
            number = rows[-1]["number"]
        if not written and epoch > last.site_epoch:
            writer.append([Record(number=number, site_epoch=epoch, seal=None)])
    return written


def _shipped(first: int, limit: int = _AT_ONCE) -> list[dict[str, Any]]:
    return connection.rows(
        "SELECT * FROM api.shipped_events_v1(%(first)s, %(limit)s)",
        {"first": first, "limit": limit},
    )


def _record(row: Mapping[str, Any], epoch: int) -> Record:
    return Record(
        number=row["number"],
        site_epoch=epoch,
        seal=_seal_fields(Seal.from_row(row)),
        events=tuple(row["events"]),
    )


def _seal_fields(seal: Seal) -> dict[str, Any]:
    """A seal as JSON can carry it."""
    return {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in vars(seal).items()
    }


def verify_store() -> Iterator[Finding]:
    """Compares the store with the database, record by record. Owner only; ``StoreUnavailable``.

    Nothing is found where there is no store.
    """
    store = seal_store()
    if not store.is_there:
        return
    marks, stands = restore_marks(), sealing()
    chunk: dict[int, Record] = {}
    number = epoch = 0
    for record in store.records():
        if record is None or record.number > number + 1:
            yield Finding("store_broken", number + 1)
        if record is None:
            continue
        number, epoch = max(number, record.number), max(epoch, record.site_epoch)
        if record.seal is None:
            continue
        if record.number in chunk or len(chunk) == _AT_ONCE:
            yield from _compare(chunk, stands.last_number, marks)
            chunk = {}
        chunk[record.number] = record
    yield from _compare(chunk, stands.last_number, marks)
    if stands.site_epoch < epoch:
        yield Finding("epoch_lowered", None)
    for row in _shipped(number + 1, 1):
        if row["sealed_at"] < (time.time() - BEHIND_SECONDS) * 1_000_000:
            yield Finding("store_behind", number + 1)


def _compare(chunk: dict[int, Record], newest: int, marks: list[RestoreMark]) -> Iterator[Finding]:
    """Compares some records with the seals of the same numbers."""
    if not chunk:
        return
    first, last = min(chunk), max(chunk)
    found: dict[int, Mapping[str, Any]] = {}
    while first <= last and (rows := _shipped(first)):
        found |= {row["number"]: row for row in rows}
        first = rows[-1]["number"] + 1
    for number, record in chunk.items():
        row = found.get(number)
        if row is None:
            if not any(mark.before < number <= mark.after for mark in marks):
                yield Finding("rolled_back" if number > newest else "rewritten", number)
        elif _seal_fields(Seal.from_row(row)) != record.seal:
            yield Finding("rewritten", number)
        elif ids := _different(record.events, tuple(row["events"])):
            yield Finding("rewritten", number, ids)


def _different(stored: tuple[dict[str, Any], ...], now: tuple[dict[str, Any], ...]) -> str:
    """The ids of lines that are not what was handed over; empty when all are.

    The user name beside a line is not of the trail, and may have changed.
    """
    there = {line["id"]: {**line, "username": None} for line in now}
    then = {line["id"]: {**line, "username": None} for line in stored}
    odd = sorted(i for i in there.keys() | then.keys() if there.get(i) != then.get(i))
    return "{" + ",".join(f"[{i},{i + 1})" for i in odd) + "}" if odd else ""
