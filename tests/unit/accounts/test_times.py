"""Times as people say them (accounts/templatetags/times.py)."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.templatetags.times import clock_time, spoken_time, spoken_wait

NOW = datetime(2026, 3, 4, 15, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
        (timedelta(days=7), "on Feb. 25, 2026"),
    ],
)
def test_spoken_time_past_moment_counts_whole_units(ago: timedelta, words: str) -> None:
    """A moment is told in the largest unit that has gone by, after a week by its date."""
    assert spoken_time(NOW - ago, now=NOW) == words


def test_spoken_time_clock_running_ahead_is_just_now() -> None:
    """A moment slightly in the future (another machine's clock) isn't told as a riddle."""
    assert spoken_time(NOW + timedelta(seconds=3), now=NOW) == "just now"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (90 * 60, "2 hours"),
        (2 * 86400, "2 days"),
        (2 * 86400 + 1, "3 days"),
    ],
)
def test_spoken_wait_any_length_is_never_too_short(seconds: int, words: str) -> None:
    """Whoever waits as long as was said has waited enough."""
    assert spoken_wait(seconds) == words


def test_clock_time_today_leaves_out_the_date() -> None:
    """The date is said only when it isn't today's."""
    assert clock_time(NOW, now=NOW) == "3:06 p.m. UTC"
    assert clock_time(NOW + timedelta(days=1), now=NOW) == "March 5, 2026, 3:06 p.m. UTC"
