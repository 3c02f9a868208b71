"""What a check says: whether it is well, worth a thought, or wrong; of what; and what to do."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One line of the answer. ``about`` is what was looked at, ``says`` what was seen of it."""

    verdict: Verdict
    about: str
    says: str


def ok(about: str, says: str) -> Finding:
    """It is as it should be."""
    return Finding("ok", about, says)


def note(about: str, says: str) -> Finding:
    """It may be meant so, but somebody should know."""
    return Finding("note", about, says)


def wrong(about: str, says: str) -> Finding:
    """Something does not work, or is not safe."""
    return Finding("wrong", about, says)
