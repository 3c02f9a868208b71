"""Jobs as the vault hands them out, for tests without one."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from vault.outbox import Job

ACCOUNT = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
WRITTEN = datetime(2026, 11, 23, 6, 20, 0, tzinfo=UTC)


def job(number: int = 1, *, kind: str = "letter", tries: int = 1, **payload: Any) -> Job:
    """A job with this payload."""
    return Job(
        id=number,
        kind=kind,
        payload=payload,
        tries=tries,
        account_id=ACCOUNT,
        created_at=WRITTEN,
        sealed_address=None,
    )
