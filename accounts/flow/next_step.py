"""The one place that decides what a flow needs next. Steps return to it, never call each other."""

from collections.abc import Collection
from enum import Enum


class Step(Enum):
    """What a flow can need."""

    SIGN_IN = "sign_in"
    FINISH = "finish"


# What counts as a first proof (RFC 8176 names).
FIRST_PROOFS = frozenset({"pwd"})


def next_step(proven: Collection[str]) -> Step:
    """What comes next once ``proven`` (``amr`` values, as the vault recorded them) is there."""
    if FIRST_PROOFS.isdisjoint(proven):
        return Step.SIGN_IN
    return Step.FINISH
