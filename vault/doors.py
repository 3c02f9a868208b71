"""Which doors of the site are closed: for the pages that say so."""

from dataclasses import dataclass
from datetime import datetime

from vault import connection


@dataclass(frozen=True)
class ClosedDoor:
    """A door (``sign_up``, ``sign_in``, ``unknown_devices``), and when it opens if that is set."""

    name: str
    ends_at: datetime | None


def closed() -> list[ClosedDoor]:
    """All that are closed now."""
    return [
        ClosedDoor(row["door"], row["ends_at"])
        for row in connection.rows("SELECT * FROM api.closed_doors_v1()", {})
    ]
