"""One number over all rounds: its median, and how far the rounds lie apart."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of all rounds, and the rounds that were furthest from it."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, rounds: Sequence[float]) -> "Spread":
        """The spread of one number over rounds."""
        return cls(statistics.median(rounds), min(rounds), max(rounds))

    def shown(self, digits: int, unit: str = "") -> str:
        """As text: the median, and both ends."""
        ends = f"{self.least:.{digits}f} to {self.most:.{digits}f}"
        return f"{self.median:.{digits}f}{unit} ({ends})"
