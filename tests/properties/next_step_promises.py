"""What must hold of the function that decides, for every input there is; and of any in its place.

Given as functions over a decider, so that a mutated one can be held against the same promises.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, Final

PROOFS: Final = ("password", "totp", "recovery_code", "letter", "hwk", "swk", "uv", "browser")
FACTORS: Final = ("passkey", "totp", "recovery_codes")
LEVELS: Final = ("aal1", "aal2", "phr")
KEYS: Final = frozenset({"hwk", "swk"})
CODES: Final = frozenset({"totp", "recovery_code"})
# Which proofs an account's factors let its owner give next.
GIVES: Final = {
    "passkey": ({"hwk"}, {"swk"}, {"hwk", "uv"}, {"swk", "uv"}),
    "totp": ({"totp"},),
    "recovery_codes": ({"recovery_code"},),
}

Proofs = frozenset[str]


def subsets(things: Collection[str]) -> Iterator[Proofs]:
    """Every subset, the empty one too."""
    for number in range(len(things) + 1):
        for some in combinations(things, number):
            yield frozenset(some)


@dataclass(frozen=True)
class Decider:
    """The functions under test; steps are compared by name, since a mutant has steps of its own."""

    next_step: Callable[..., Any]
    next_proof: Callable[..., Any]
    next_recovery: Callable[..., Any]
    demand: Callable[..., Any]

    def step(self, proofs: Proofs, factors: Proofs, least: str, wanted: str) -> str:
        """What a sign-in needs next."""
        return str(self.next_step(proofs, factors, self.demand(least, wanted)).name)

    def proof(self, proofs: Proofs, factors: Proofs) -> str:
        """What proving oneself again needs next."""
        return str(self.next_proof(proofs, factors).name)

    def recovery(self, proofs: Proofs, factors: Proofs) -> str:
        """What getting back in by letter needs next."""
        return str(self.next_recovery(proofs, factors).name)


def is_two_factors(proofs: Proofs) -> bool:
    """A passkey that knew its user; or the password, and something else that was shown."""
    return ("uv" in proofs and bool(KEYS & proofs)) or (
        "password" in proofs and bool((KEYS | CODES) & proofs)
    )


def reached(proofs: Proofs) -> int:
    """How high these proofs reach, as an index into ``LEVELS``, said anew."""
    if not is_two_factors(proofs):
        return 0
    return 2 if KEYS & proofs else 1


def reachable(factors: Proofs) -> int:
    """How high the account could reach; recovery codes only stand in for something."""
    if "passkey" in factors:
        return 2
    return 1 if "totp" in factors else 0


def possible(proofs: Proofs) -> bool:
    """What no ceremony gives: a user who was verified, by no key."""
    return "uv" not in proofs or bool(KEYS & proofs)


def _after(proofs: Proofs, factors: Proofs) -> Iterator[Proofs]:
    for factor in factors:
        for more in GIVES[factor]:
            yield proofs | more


def broken_sign_in(decider: Decider, proofs: Proofs, factors: Proofs) -> Iterator[str]:
    """Which promises about signing in these proofs and factors break."""
    for least, wanted in product(LEVELS, LEVELS):
        step = decider.step(proofs, factors, least, wanted)
        goal, more_wanted = LEVELS.index(least), wanted != "aal1"
        ways = {decider.step(more, factors, least, wanted) for more in _after(proofs, factors)}
        for promise in _broken_step(
            step, proofs, factors, goal=goal, more_wanted=more_wanted, ways=ways
        ):
            yield f"{promise}: {step} of {sorted(proofs)}, {sorted(factors)}, {least}, {wanted}"


def _broken_step(
    step: str, proofs: Proofs, factors: Proofs, *, goal: int, more_wanted: bool, ways: set[str]
) -> Iterator[str]:
    first = "password" in proofs or is_two_factors(proofs)
    spared = "browser" in proofs and "passkey" not in factors and not more_wanted
    held = 0 if spared else min(1, reachable(factors))
    if (step == "SIGN_IN") == first:
        yield "a first proof comes first, and once"
    if step == "FINISH" and reached(proofs) < goal:
        yield "nothing ends below what is demanded"
    if step == "FINISH" and reached(proofs) < held:
        yield "what is held is asked for"
    if first and step != "FINISH" and reached(proofs) >= max(goal, held):
        yield "nobody is asked for more than is demanded, and a trusted browser spares a code"
    # What cannot be reached is said to whoever has shown all that they hold.
    end = "FINISH" if goal <= reachable(factors) else "UNREACHABLE"
    if step == "SECOND_FACTOR" and end not in ways:
        yield "what is asked for leads on"
    if step == "UNREACHABLE" and end == "FINISH":
        yield "nobody is sent away who could get in"
    if step == "SECOND_FACTOR" and end == "UNREACHABLE" and reached(proofs) >= 1:
        yield "nobody is asked for what they do not have"


def broken_proof(decider: Decider, proofs: Proofs, factors: Proofs) -> Iterator[str]:
    """Which promises about proving oneself again these proofs and factors break."""
    step = decider.proof(proofs, factors)
    where = f"{step} of {sorted(proofs)}, {sorted(factors)}"
    first = "password" in proofs or is_two_factors(proofs)
    if (step == "SIGN_IN") == first:
        yield f"a first proof comes first, and once: {where}"
    stands_in = bool((KEYS | {"recovery_code"}) & proofs)
    enough = (
        is_two_factors(proofs) and ("passkey" not in factors or stands_in)
        if reachable(factors)
        else first
    )
    if (step == "FINISH") != enough:
        yield f"the highest factor that is held, and no more: {where}"
    if step == "UNREACHABLE":
        yield f"nothing else is demanded: {where}"
    if decider.proof(proofs - {"browser"}, factors) != step:
        yield f"a trusted browser counts for nothing: {where}"
    if step == "SECOND_FACTOR" and not any(
        decider.proof(more, factors) == "FINISH" for more in _after(proofs, factors)
    ):
        yield f"what is asked for leads on: {where}"


def broken_recovery(decider: Decider, proofs: Proofs, factors: Proofs) -> Iterator[str]:
    """Which promises about getting back in by letter these proofs and factors break."""
    step = decider.recovery(proofs, factors)
    where = f"{step} of {sorted(proofs)}, {sorted(factors)}"
    if (step == "SIGN_IN") == ("letter" in proofs):
        yield f"the letter comes first, and nothing in its place: {where}"
    shown = bool((KEYS | CODES) & proofs)
    enough = "letter" in proofs and (shown or not reachable(factors))
    if (step == "MEND") != enough:
        yield f"any second factor that is held, or a code in its place, and no more: {where}"
    if step in {"FINISH", "UNREACHABLE"}:
        yield f"it opens no session, and turns nobody away: {where}"
    if decider.recovery(proofs - {"browser", "password", "uv"}, factors) != step:
        yield f"neither a trusted browser nor a password counts: {where}"
    if step == "SECOND_FACTOR" and not any(
        decider.recovery(more, factors) == "MEND" for more in _after(proofs, factors)
    ):
        yield f"what is asked for leads on: {where}"


def broken(decider: Decider) -> Iterator[str]:
    """Every promise that is broken, over all inputs."""
    for proofs, factors in product(subsets(PROOFS), subsets(FACTORS)):
        if possible(proofs):
            yield from broken_sign_in(decider, proofs, factors)
            yield from broken_proof(decider, proofs, factors)
            yield from broken_recovery(decider, proofs, factors)
