"""The one place that decides what a flow needs next. Steps return to it, never call each other."""

from collections.abc import Collection
from enum import Enum


class Step(Enum):
    """What a flow can need."""

    SIGN_IN = "sign_in"
    SECOND_FACTOR = "second_factor"
    FINISH = "finish"


# What counts as a first proof (RFC 8176 names).
FIRST_PROOFS = frozenset({"pwd"})
# What an account that holds one is asked for; recovery codes only stand in for these.
SECOND_FACTORS = frozenset({"passkey", "totp"})


def next_step(proven: Collection[str], factors: Collection[str]) -> Step:
    """What comes next once ``proven`` (``amr`` values, as the vault recorded them) is there.

    ``factors`` are those that the account holds, in the vault's words.
    """
    if FIRST_PROOFS.isdisjoint(proven):
        return Step.SIGN_IN
    if "mfa" not in proven and not SECOND_FACTORS.isdisjoint(factors):
        return Step.SECOND_FACTOR
    return Step.FINISH
