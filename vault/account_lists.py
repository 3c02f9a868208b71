"""Lists of accounts that are locked, and unlocked, as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from vault.lockouts import Lock, asked, lock_parameters, taken
from vault.sessions import Session

MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class Named:
    """An account that a name or id in a list means."""

    account_id: UUID
    username: str


@dataclass(frozen=True)
class ListLocked:
    """What became of (a part of) a list: ``left_alone`` says, by account id, why one was not locked
    (a status word of ``vault.lockouts.lock_account``)."""

    status: str
    list_id: int | None = None
    locked: int = 0
    sessions_ended: int = 0
    left_alone: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ListUnlocked:
    """How many accounts were unlocked, and how many the list still locks."""

    status: str
    unlocked: int = 0
    still_locked: int = 0


def find(names: Sequence[str], by: Session | None) -> dict[str, Named]:
    """The accounts that these canonical names or ids mean, by what was given; 1,000 at the most."""
    rows = asked(
        by,
        "SELECT * FROM api.console_named_accounts_v1(%(names)s)",
        "SELECT * FROM api.named_accounts_v1(%(session)s, %(names)s)",
        {"names": list(names)},
    )
    return {row["given"]: Named(row["account_id"], row["username"]) for row in rows}


def lock(
    accounts: Sequence[UUID],
    reason: str,
    by: Session | None,
    how: Lock,
    *,
    list_id: int | None = None,
    total: int | None = None,
) -> ListLocked:
    """Locks up to 1,000 accounts as one list (``locked``).

    At the console a list may be longer: ``list_id`` goes on with one that was begun, and ``total``
    is how many accounts it has.
    """
    row = taken(
        by,
        "SELECT * FROM api.console_lock_accounts_v1(%(accounts)s, %(reason)s, %(ends_at)s,"
        " %(rest)s, %(told)s, %(list)s, %(total)s)",
        "SELECT * FROM api.lock_accounts_v1(%(session)s, %(accounts)s, %(reason)s, %(ends_at)s,"
        " %(rest)s, %(told)s)",
        {
            "accounts": list(accounts),
            "reason": reason,
            "list": list_id,
            "total": total if total is not None else len(accounts),
            **lock_parameters(how),
        },
    )
    return ListLocked(
        row["status"],
        row["lockout_id"],
        row["locked"],
        row["sessions_ended"],
        {UUID(account): status for account, status in row["left_alone"].items()},
    )


def unlock(list_id: int, reason: str, by: Session | None) -> ListUnlocked:
    """Unlocks up to 1,000 of the accounts that a list still locks (``unlocked``)."""
    row = taken(
        by,
        "SELECT * FROM api.console_unlock_accounts_v1(%(list)s, %(reason)s, %(limit)s)",
        "SELECT * FROM api.unlock_accounts_v1(%(session)s, %(list)s, %(reason)s)",
        {"list": list_id, "reason": reason, "limit": MOST_AT_ONCE},
    )
    return ListUnlocked(row["status"], row["unlocked"], row["still_locked"])
