"""Rotating keys, as far as the vault has a part in it: what names which key, and the trail.

Owner only. The rings themselves stand in the environment of processes; ``resealing`` puts rows
under their active keys.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from vault import connection, signing_keys
from vault.errors import VaultRefused

What = Literal["added", "activated", "dropped", "resealed"]


@dataclass(frozen=True)
class Use:
    """How many rows of one kind still name a key of a ring (a settings name, as PEPPER_KEYS)."""

    ring: str
    what: str
    key_id: str
    rows: int


def key_usage() -> list[Use]:
    """What the vault names, of rows that still count for anything. Raises ``VaultUnavailable``."""
    return [
        Use(row["ring"], row["what"], row["key_id"], row["total"])
        for row in connection.rows("SELECT * FROM api.key_usage_v1()", {})
    ]


def note_key_change(ring: str, what: What, key_id: str, **detail: Any) -> None:
    """Writes a change of a ring into the audit trail. Raises ``VaultUnavailable``."""
    row = connection.row(
        "SELECT api.note_key_change_v1(%(ring)s, %(what)s, %(key)s, %(detail)s::jsonb) AS status",
        {"ring": ring, "what": what, "key": key_id, "detail": json.dumps(detail)},
    )
    if row["status"] != "noted":
        raise VaultRefused("note_key_change", row["status"])


def replace_signing_keys() -> dict[str, str]:
    """Makes a new signing key for each algorithm; gives their ``kid``s by algorithm.

    The keys before them sign for another hour, while copies of the published set are renewed, and
    stay published for a day.
    """
    return {alg: signing_keys.create(alg) for alg in signing_keys.ALGORITHMS}


def withdraw_signing_keys(keep: list[str], reason: str) -> int:
    """Takes all signing keys but these out of the published set at once; gives how many."""
    row = connection.row(
        "SELECT api.withdraw_signing_keys_v1(%(keep)s, %(reason)s) AS withdrawn",
        {"keep": keep, "reason": reason},
    )
    signing_keys.forget()
    return int(row["withdrawn"])
