"""The one place that decides what a flow needs next. Steps return to it, never call each other."""

from collections.abc import Collection
from enum import Enum
from typing import Final

from accounts.services.assurance import SECOND_FACTORS, Demand, highest_of, level_of, reaches
from accounts.services.attempts import amr_of


class Step(Enum):
    """What a flow can need."""

    SIGN_IN = "sign_in"
    SECOND_FACTOR = "second_factor"
    UNREACHABLE = "unreachable"
    MEND = "mend"
    FINISH = "finish"


NOTHING_MORE: Final = Demand()
# By what the highest factor is proven where that is a passkey: by one, or, for the day when it is
# lost, by a recovery code. A code of an app can be phished, and is not enough.
_FOR_A_PASSKEY: Final = frozenset({"hwk", "swk", "recovery_code"})
_SECOND_PROOFS: Final = _FOR_A_PASSKEY | {"totp"}


def next_step(
    proofs: Collection[str], factors: Collection[str], demand: Demand = NOTHING_MORE
) -> Step:
    """What a sign-in needs once ``proofs`` (the vault's words) are there.

    ``factors`` are those that the account holds. ``UNREACHABLE`` means that it holds none by which
    the demand could be met. A trusted browser's word spares a code where no more than a password is
    wanted, and never counts as one. What is only wanted shuts nobody out who has shown two factors.
    """
    amr = amr_of(proofs)
    if "pwd" not in amr and "mfa" not in amr:
        return Step.SIGN_IN
    is_spared = "browser" in proofs and demand.wanted == "aal1"
    asked_for = {"passkey"} if is_spared else SECOND_FACTORS
    if "mfa" not in amr and not asked_for.isdisjoint(factors):
        return Step.SECOND_FACTOR
    if reaches(level_of(amr), demand.least):
        return Step.FINISH
    within_reach = reaches(highest_of(factors), demand.least)
    return Step.SECOND_FACTOR if within_reach else Step.UNREACHABLE


def next_proof(proofs: Collection[str], factors: Collection[str]) -> Step:
    """What proving oneself again needs: the highest factor that the account holds.

    The vault holds what is proven against the same rule whenever a proof is used.
    """
    amr = amr_of(proofs)
    if "pwd" not in amr and "mfa" not in amr:
        return Step.SIGN_IN
    if SECOND_FACTORS.isdisjoint(factors):
        return Step.FINISH
    enough = "mfa" in amr and ("passkey" not in factors or not _FOR_A_PASSKEY.isdisjoint(proofs))
    return Step.FINISH if enough else Step.SECOND_FACTOR


def next_recovery(proofs: Collection[str], factors: Collection[str]) -> Step:
    """What getting back in by letter needs: any second factor as well, where one is held.

    A letter is no factor of its own kind (ASVS 6.4.3): whoever reads the mail gets no further than
    whoever knows the password. The vault holds what is proven against the same rule.
    """
    if "letter" not in proofs:
        return Step.SIGN_IN
    if SECOND_FACTORS.isdisjoint(factors) or not _SECOND_PROOFS.isdisjoint(proofs):
        return Step.MEND
    return Step.SECOND_FACTOR
