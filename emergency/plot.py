"""The numbers of a plot of bars: its scale, and where each bar stands. Draws nothing.

The box is ``WIDE`` units for each bar and ``HIGH`` high; y runs down, as in SVG.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

WIDE: Final = 10
HIGH: Final = 100
_GAP: Final = 2
# Something is never drawn as nothing, however high the highest bar is.
_LEAST: Final = 2.0
_MOST_STEPS: Final = 4


@dataclass(frozen=True)
class Bar:
    """One bar's place, and how much it stands for."""

    place: int
    count: int
    x: int
    y: float
    width: int
    height: float


@dataclass(frozen=True)
class Line:
    """A line across the plot, and what it stands for."""

    count: int
    y: float


def step_for(most: int) -> int:
    """The least of 1, 2, 5, 10, 20, 50, ... that reaches ``most`` in a few steps."""
    for power in count():
        for first in (1, 2, 5):
            step: int = first * 10**power
            if step * _MOST_STEPS >= most:
                return step
    raise AssertionError  # count() does not end


def lines_for(most: int) -> list[Line]:
    """The scale from nothing to ``most`` or a little more, the highest line first."""
    step = step_for(most)
    steps = max(1, -(-most // step))
    return [Line(step * number, HIGH - HIGH * number / steps) for number in range(steps, -1, -1)]


def bars_for(counts: Sequence[int | None]) -> list[Bar]:
    """The bars of what is known and is not nothing, from left to right."""
    top = lines_for(most_of(counts))[0].count
    bars = []
    for place, number in enumerate(counts):
        if number:
            height = round(max(HIGH * number / top, _LEAST), 1)
            x = place * WIDE + _GAP // 2
            bars.append(Bar(place, number, x, round(HIGH - height, 1), WIDE - _GAP, height))
    return bars


def most_of(counts: Sequence[int | None]) -> int:
    """The highest of the counts that are known; 0 where there is none."""
    return max((number for number in counts if number is not None), default=0)
