"""After a dump was restored: what the database can do about it, step by step. Owner only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from psycopg.types.json import Jsonb

from vault import connection
from vault.errors import VaultRefused
from vault.restore_marks import RestoreMark, mark_detail

Status = Literal["held", "applied", "waiting", "already", "gone", "by_hand"]


@dataclass(frozen=True)
class Standing:
    """Where the database stands: its last seal, its epoch, and which database it is."""

    number: int
    last_number: int
    last_mac: bytes
    site_epoch: int
    incarnation: str


def standing() -> Standing:
    """Where the database stands now."""
    return Standing(**connection.row("SELECT * FROM api.restore_standing_v1()", {}))


def begin(*, epoch: int, newest_event: int) -> int:
    """Ends every session, code, token and attempt; gives the site's new epoch.

    ``epoch`` and ``newest_event`` are the highest that the store knows of.
    """
    row = connection.row(
        "SELECT api.begin_restore_v1(%(epoch)s, %(event)s) AS epoch",
        {"epoch": epoch, "event": newest_event},
    )
    return int(row["epoch"])


def reapply(event: dict[str, Any], *, dry: bool) -> Status:
    """Applies one line of the store again, or only says what would become of it."""
    status: Status = connection.row(
        "SELECT api.reapply_event_v1(%(event)s, %(dry)s) AS status",
        {"event": Jsonb(event), "dry": dry},
    )["status"]
    if status not in get_args(Status):
        raise VaultRefused("reapply_event", status)
    return status


def reserve_username(username: str, skeletons: Iterable[str], *, dry: bool) -> None:
    """Keeps a lost account's name from being given to somebody else."""
    connection.execute(
        "SELECT api.reserve_username_v1(%(username)s, %(skeletons)s, %(dry)s)",
        {"username": username, "skeletons": sorted(skeletons), "dry": dry},
    )


def finish(mark: RestoreMark, counts: dict[str, int]) -> None:
    """Notes the restore in the trail; sealing goes on after the seals that the store has."""
    connection.execute(
        "SELECT api.finish_restore_v1(%(after)s, %(detail)s)",
        {"after": mark.after, "detail": Jsonb({**mark_detail(mark), "counts": counts})},
    )
