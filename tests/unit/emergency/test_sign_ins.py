"""The sign-ins of the last day as the first page shows them."""

from datetime import UTC, datetime, timedelta

from emergency.actions.sign_ins import SignInCounts
from emergency.views.sign_ins import SLOT, SLOTS, sign_ins_of

NOW = datetime(2026, 3, 4, 18, 30, tzinfo=UTC)


def a_day(**at: tuple[int, int, int, int]) -> list[SignInCounts]:
    """A day in which nothing happened but what is named, by how many half-hours ago."""
    return [
        SignInCounts(NOW - SLOT * back, *at.get(f"back_{back}", (0, 0, 0, 0)))
        for back in range(SLOTS - 1, -1, -1)
    ]


def test_plots_say_how_many_and_when_most() -> None:
    """Each kind by itself: its sum, its highest half-hour, and its bars in their places."""
    shown = sign_ins_of(a_day(back_47=(3, 0, 0, 0), back_0=(5, 70, 0, 1)))
    assert shown is not None
    signed_in, wrong, factors, away = shown.plots
    assert (signed_in.total, signed_in.most) == (8, 5)
    assert [bar.place for bar, _slot in signed_in.bars] == [0, 47]
    assert signed_in.highest is not None
    assert (signed_in.highest.begin, signed_in.highest.end) == (NOW, NOW + timedelta(minutes=30))
    assert (wrong.total, away.total) == (70, 1)
    assert (factors.total, factors.highest, factors.bars) == (0, None, [])
    assert not shown.is_cut


def test_axis_of_times_parts_the_day_into_quarters() -> None:
    """The first label is where the first bar begins, and the next ones are six hours apart."""
    shown = sign_ins_of(a_day())
    assert shown is not None
    first = NOW - SLOT * 47
    assert shown.labels == [first + timedelta(hours=hours) for hours in (0, 6, 12, 18)]


def test_table_has_every_number_that_is_not_nothing_the_latest_first() -> None:
    """What the bars show, in figures."""
    shown = sign_ins_of(a_day(back_3=(1, 2, 3, 4), back_9=(0, 0, 0, 1)))
    assert shown is not None
    assert [(slot.begin, numbers) for slot, numbers in shown.rows] == [
        (NOW - SLOT * 3, [1, 2, 3, 4]),
        (NOW - SLOT * 9, [0, 0, 0, 1]),
    ]


def test_day_that_was_not_counted_in_full_says_so() -> None:
    """A half-hour that is missing is not taken for one in which nothing happened."""
    shown = sign_ins_of(a_day(back_0=(1, 0, 0, 0))[40:])
    assert shown is not None
    assert shown.is_cut
    assert shown.plots[0].bars[0][0].place == 47


def test_nothing_counted_is_nothing_to_show() -> None:
    """Without any count there is no plot, rather than one of nothing."""
    assert sign_ins_of([]) is None
