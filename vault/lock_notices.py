"""What the owner of a locked account may read of its lock."""

from dataclasses import dataclass
from datetime import datetime

from vault import connection


@dataclass(frozen=True)
class LockNotice:
    """Words of an operator for the owner (perhaps none), and when the lock ends if that is set."""

    told: str
    ends_at: datetime | None


def of_name(username: str) -> LockNotice | None:
    """By canonical user name; None where the account is not locked."""
    return _found(username, None)


def of_passkey(credential_id: bytes) -> LockNotice | None:
    """By one of the account's passkeys."""
    return _found(None, credential_id)


def _found(username: str | None, credential: bytes | None) -> LockNotice | None:
    row = connection.find_row(
        "SELECT * FROM api.lock_notice_v1(%(username)s, %(credential)s)",
        {"username": username, "credential": credential},
    )
    return LockNotice(row["told"], row["ends_at"]) if row is not None else None
