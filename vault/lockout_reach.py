"""What a lockout would hit: counted before it is taken, with a sample of whom. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from vault.lockouts import asked
from vault.sessions import Session

Kind = Literal[
    "accounts", "wiki", "sign_up", "sign_in", "unknown_devices", "sessions", "signing_keys"
]


@dataclass(frozen=True)
class Hit:
    """How much of what would be hit, and some of it by name; emergency/reach_words.py says it."""

    what: str
    total: int
    sample: tuple[str, ...]


def reach(
    kind: Kind, by: Session | None, *, subject: str = "", accounts: Sequence[UUID] = ()
) -> list[Hit]:
    """What a lockout of that kind would hit; ``subject`` is a wiki's client id.

    ``by`` is an operator of any level, or None at the owner's console.
    """
    rows = asked(
        by,
        "SELECT * FROM api.console_lockout_reach_v1(%(kind)s, %(subject)s, %(accounts)s)",
        "SELECT * FROM api.lockout_reach_v1(%(session)s, %(kind)s, %(subject)s, %(accounts)s)",
        {"kind": kind, "subject": subject, "accounts": list(accounts)},
    )
    return [Hit(row["what"], row["total"], tuple(row["sample"])) for row in rows]
