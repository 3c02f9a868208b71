"""The numbers of a plot: what is drawn is what was counted, whatever was counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from emergency.plot import HIGH, WIDE, bars_for, lines_for

counts = some.lists(some.none() | some.integers(0, 10**9), max_size=60)


@pytest.mark.parametrize(
    ("most", "scale"),
    [
        (0, [1, 0]),
        (1, [1, 0]),
        (3, [3, 2, 1, 0]),
        (4, [4, 3, 2, 1, 0]),
        (5, [6, 4, 2, 0]),
        (9, [10, 5, 0]),
        (40, [40, 30, 20, 10, 0]),
        (41, [60, 40, 20, 0]),
        (523, [600, 400, 200, 0]),
        (1_000_000, [1_000_000, 500_000, 0]),
    ],
)
def test_scale_is_of_round_numbers_and_reaches_the_highest_bar(most: int, scale: list[int]) -> None:
    """A few round numbers, from the first one that is enough down to nothing."""
    assert [line.count for line in lines_for(most)] == scale


@given(some.integers(0, 10**12))
def test_scale_of_any_height_has_few_lines_evenly_apart_and_no_room_to_spare(most: int) -> None:
    """Two to five lines, the highest on top, nothing at the bottom; one step less is too little."""
    lines = lines_for(most)
    assert 2 <= len(lines) <= 5
    assert (lines[0].y, lines[-1].y, lines[-1].count) == (0, HIGH, 0)
    step = lines[-2].count
    assert [line.count for line in lines] == [step * n for n in range(len(lines) - 1, -1, -1)]
    assert lines[0].count >= most
    assert most == 0 or lines[1].count < most
    for line in lines:
        assert line.y == pytest.approx(HIGH - HIGH * line.count / lines[0].count)


@given(counts)
def test_bars_of_any_counts_stand_in_their_box_and_are_as_high_as_they_are_many(
    numbers: list[int | None],
) -> None:
    """Each in its slot, on the ground, in proportion; what is something is always to be seen."""
    bars = bars_for(numbers)
    assert [(bar.place, bar.count) for bar in bars] == [
        (place, number) for place, number in enumerate(numbers) if number
    ]
    top = lines_for(max((bar.count for bar in bars), default=0))[0].count
    for bar in bars:
        assert bar.place * WIDE < bar.x < bar.x + bar.width < (bar.place + 1) * WIDE
        assert bar.y >= 0
        assert bar.y + bar.height == pytest.approx(HIGH)
        assert bar.height == pytest.approx(max(HIGH * bar.count / top, 2), abs=0.051)


def test_bar_beside_a_huge_one_is_still_to_be_seen() -> None:
    """A flood makes the rest small, and never invisible."""
    small, huge = bars_for([1, 100_000])
    assert huge.height == HIGH
    assert small.height == 2
