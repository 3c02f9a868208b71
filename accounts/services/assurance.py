"""How sure a sign-in is, and how sure one has to be (NIST SP 800-63B-4 section 2).

Levels are what wikis see as ``acr``: ``aal1`` is one factor, ``aal2`` two, ``phr`` two of which one
resists phishing. What was proven is said in ``amr`` (RFC 8176), which the vault derives.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, get_args

Level = Literal["aal1", "aal2", "phr"]
# From the lowest to the highest.
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

# What an account that holds one is asked for; recovery codes only stand in for these.
SECOND_FACTORS: Final = frozenset({"passkey", "totp"})
_KEYS: Final = frozenset({"hwk", "swk"})


def level_of(amr: Collection[str]) -> Level:
    """The level that proven methods (``amr`` values) amount to."""
    if "mfa" not in amr:
        return "aal1"
    return "aal2" if _KEYS.isdisjoint(amr) else "phr"


def reaches(level: Level, least: Level) -> bool:
    """Whether a level is ``least`` or above."""
    return LEVELS.index(level) >= LEVELS.index(least)


def highest_of(factors: Collection[str]) -> Level:
    """The highest level that an account which holds these factors can reach."""
    if "passkey" in factors:
        return "phr"
    return "aal1" if SECOND_FACTORS.isdisjoint(factors) else "aal2"


@dataclass(frozen=True)
class Demand:
    """What a sign-in has to reach: ``least`` in any case, ``wanted`` where the person can."""

    least: Level = "aal1"
    wanted: Level = "aal1"
