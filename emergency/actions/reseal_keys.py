"""Puts what the vault keeps under the active keys, and makes new signing keys. Console only."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from vault import key_rotation, resealing
from vault.renewals import KINDS
from vault.resealing import Tally

__all__ = [
    "BATCHES",
    "NewSigningKeys",
    "Resealed",
    "Tally",
    "replace_signing_keys",
    "reseal",
    "stale_rows",
]

BATCHES: Final = range(1, 10_001)


@dataclass(frozen=True)
class Resealed:
    """What became of one kind of row, and how many named an older key before."""

    ring: str
    stale: int
    tally: Tally


def stale_rows() -> dict[str, int]:
    """How many rows of each kind that the owner can renew name an older key."""
    kinds = {kind.what: kind.ring.active_id for kind in KINDS}
    counts = dict.fromkeys(kinds, 0)
    for use in key_rotation.key_usage():
        if use.what in kinds and use.key_id != kinds[use.what]:
            counts[use.what] += use.rows
    return counts


def reseal(*, batch: int, progress: Callable[[int, Tally], None]) -> list[Resealed]:
    """Renews every row that names an older key of a ring of the owner's, batch by batch.

    ``progress`` is told how many of a kind there were, and how far it has come. May be killed and
    started again. Raises ``VaultUnavailable``.
    """
    stale = stale_rows()
    done: list[Resealed] = []
    resealing.renew_decoys()
    for kind in KINDS:
        total = stale[kind.what]
        tally = resealing.reseal(kind, batch=batch, progress=partial(progress, total))
        if tally.renewed:
            key_rotation.note_key_change(
                kind.ring_name,
                "resealed",
                kind.ring.active_id,
                rows=kind.what,
                renewed=tally.renewed,
                refused=tally.refused,
            )
        done.append(Resealed(kind.ring_name, total, tally))
    return done


@dataclass(frozen=True)
class NewSigningKeys:
    """The new keys' ids by algorithm, and how many old ones were withdrawn at once."""

    kids: dict[str, str]
    withdrawn: int


def replace_signing_keys(*, compromised: bool, reason: str) -> NewSigningKeys:
    """Makes a new signing key for each algorithm; the ones before stay published for a day.

    ``compromised`` ones are withdrawn at once. Raises ``VaultUnavailable``.
    """
    kids = key_rotation.replace_signing_keys()
    withdrawn = 0
    if compromised:
        withdrawn = key_rotation.withdraw_signing_keys(list(kids.values()), reason)
    return NewSigningKeys(kids, withdrawn)
