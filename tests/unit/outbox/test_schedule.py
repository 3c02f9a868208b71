"""When a failed job returns, and when it is given up."""

import pytest

from outbox.schedule import GIVE_UP_SECONDS, GIVE_UP_TRIES, WAITS, wait_after


@pytest.mark.parametrize(("tries", "about"), list(enumerate(WAITS, start=1)))
def test_wait_after_each_try_is_the_schedules_give_or_take_a_fifth(tries: int, about: int) -> None:
    """Waits grow as the schedule says, spread so that failures don't return together."""
    waits = {wait_after(tries, 0.0) for _ in range(200)}
    assert all(wait is not None and about * 0.8 - 1 <= wait <= about * 1.2 + 1 for wait in waits)
    if about >= 30:
        assert len(waits) > 3


def test_wait_after_many_tries_on_the_first_day_goes_on() -> None:
    """A job that was put off often isn't given up before a day has passed."""
    assert wait_after(500, GIVE_UP_SECONDS - 1) is not None


def test_wait_after_a_day_without_tries_goes_on() -> None:
    """A job that merely waited for a worker gets its tries."""
    assert wait_after(1, GIVE_UP_SECONDS * 10) is not None


def test_wait_after_a_day_and_many_tries_gives_up() -> None:
    """After a day and enough tries a job is buried."""
    assert wait_after(GIVE_UP_TRIES, GIVE_UP_SECONDS) is None
