"""Puts rows under the active key of their ring, while the site goes on serving. Owner only.

A row is renewed only if what it carries verifies under the key it names: what is not ours is
reported and left. Batches are short transactions of their own and change only rows that are still
as they were read, so that this may be killed at any time and started again. What kinds of rows
there are is for ``renewals``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any, Final, LiteralString

from django.conf import settings

from vault import connection
from vault.errors import KeyUnknown, SealBroken
from vault.events import report_row
from vault.keys import KeyRing

Row = dict[str, Any]

NOT_OURS: Final = "it is not ours"
_PASSES: Final = 3  # rows that were locked or changed meanwhile are tried again
_NAMED: Final = 100  # of the rows that are not ours, so many are named and reported


class NotOurs(Exception):
    """A row's MAC does not verify: whoever wrote it had no key."""


class GivenUp(Exception):
    """A row that may go with the key that it names, and whose key is gone: it is left as it is."""


@dataclass(frozen=True)
class Kind:
    """One kind of row: how to read those of older keys, renew each, and store a batch."""

    what: str  # as in key_usage
    row: str  # as in report_row
    ring_name: str
    id: str
    stale: LiteralString
    store: LiteralString
    renewed: Callable[[Row], Row]  # raises KeyUnknown, SealBroken, NotOurs, GivenUp

    @property
    def ring(self) -> KeyRing:
        """The ring whose active key the rows are put under."""
        ring: KeyRing = getattr(settings, self.ring_name)
        return ring


@dataclass
class Tally:
    """What became of one kind of row so far."""

    what: str
    renewed: int = 0
    refused: int = 0  # not ours: left as they are
    busy: int = 0  # locked or changed meanwhile, in the last pass
    refusals: dict[str, str] = field(default_factory=dict)  # id and why, of the first ones


def reseal(kind: Kind, *, batch: int, progress: Callable[[Tally], None]) -> Tally:
    """Renews every row of that kind that names an older key. Raises ``VaultUnavailable``."""
    tally = Tally(kind.what)
    for _ in range(_PASSES):
        tally.refused = tally.busy = 0
        _pass(kind, batch, tally, progress)
        if not tally.busy:
            break
    return tally


def _pass(kind: Kind, batch: int, tally: Tally, progress: Callable[[Tally], None]) -> None:
    after = None
    while page := connection.rows(
        kind.stale, {"active": kind.ring.active_id, "after": after, "limit": batch}
    ):
        renewed = [row for row in map(partial(_renewed, kind, tally), page) if row is not None]
        if renewed:
            stored = _store(kind, renewed)
            tally.renewed += stored
            tally.busy += len(renewed) - stored
        after = page[-1][kind.id]
        progress(tally)


def _renewed(kind: Kind, tally: Tally, row: Row) -> Row | None:
    """The row's new values, or None for one that is not ours, or given up."""
    try:
        return {"id": row[kind.id], **kind.renewed(row)}
    except GivenUp:
        return None
    except KeyUnknown as error:
        why = str(error)[:200]  # perhaps this process was started with a file of before: no alarm
    except (SealBroken, NotOurs, UnicodeDecodeError):
        why = NOT_OURS
    row_id = _named(row[kind.id])
    tally.refused += 1
    if row_id not in tally.refusals and len(tally.refusals) < _NAMED:
        tally.refusals[row_id] = why
        if why == NOT_OURS:
            report_row(kind.row, row_id)
    return None


def _named(row_id: Any) -> str:
    """How events name a row; a passkey by the digest of its id, which may be long."""
    return sha256(row_id).hexdigest() if isinstance(row_id, bytes) else str(row_id)


def _store(kind: Kind, rows: Sequence[Row]) -> int:
    columns: Row = {name: [row[name] for row in rows] for name in rows[0]}
    return int(connection.row(kind.store, {**columns, "active": kind.ring.active_id})["stored"])


def renew_decoys() -> int:
    """Lets decoys name the pepper of new passwords; gives 1 if they did not."""
    row = connection.row(
        "SELECT api.renew_decoys_v1(%(active)s) AS stored",
        {"active": settings.PEPPER_KEYS.active_id},
    )
    return int(row["stored"])
