"""What the owner notes in the trail after a dump was restored, under a key that is not there.

A restored database has lost seals that the store still has; the next one takes a number after
theirs. Without a mark of ours such a gap is a finding: anybody could cut off the trail and say so.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

from django.conf import settings

from vault import connection
from vault.seals import is_ours, mac

_PURPOSE: Final = "event-restore"


@dataclass(frozen=True)
class RestoreMark:
    """A restore: the dump's last seal, the store's, the epoch since, and which database it was."""

    before: int
    after: int
    epoch: int
    incarnation: str


def mark_detail(mark: RestoreMark) -> dict[str, Any]:
    """What is written into the trail for a mark."""
    ring = settings.EVENT_KEYS
    fields = asdict(mark)
    made = mac(ring, ring.active_id, _PURPOSE, *fields.values())
    return {**fields, "mac": made.hex(), "mac_key": ring.active_id}


def restore_marks() -> list[RestoreMark]:
    """The genuine marks in the trail, the newest last. Owner only."""
    rows = connection.rows("SELECT * FROM api.restore_marks_v1()", {})
    return [mark for row in rows if (mark := _genuine(row["detail"])) is not None]


def _genuine(detail: Any) -> RestoreMark | None:
    try:
        mark = RestoreMark(
            int(detail["before"]),
            int(detail["after"]),
            int(detail["epoch"]),
            str(detail["incarnation"]),
        )
        given, key = bytes.fromhex(detail["mac"]), str(detail["mac_key"])
    except (KeyError, TypeError, ValueError):
        return None
    is_genuine = is_ours(given, settings.EVENT_KEYS, key, _PURPOSE, *asdict(mark).values())
    return mark if is_genuine else None
