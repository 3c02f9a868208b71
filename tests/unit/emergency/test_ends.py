"""When a lockout ends, as operators write it."""

from datetime import UTC, datetime, timedelta

import pytest

from emergency.ends import EndUnreadable, read_end

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ("90m", NOW + timedelta(minutes=90)),
        ("2h", NOW + timedelta(hours=2)),
        (" 2 H ", NOW + timedelta(hours=2)),
        ("3d", NOW + timedelta(days=3)),
        ("2026-11-29 06:00", datetime(2026, 11, 29, 6, tzinfo=UTC)),
        ("2026-11-29 06:00 UTC", datetime(2026, 11, 29, 6, tzinfo=UTC)),
        ("2026-11-29T06:00+01:00", datetime(2026, 11, 29, 5, tzinfo=UTC)),
        ("2026-11-30", datetime(2026, 11, 30, tzinfo=UTC)),
    ],
)
def test_end_is_read_as_people_write_it(said: str, end: datetime) -> None:
    """A span from now, or a time in UTC."""
    assert read_end(said, NOW) == end


def test_nothing_said_is_no_end() -> None:
    """It holds until somebody lifts it."""
    assert read_end("  ", NOW) is None


@pytest.mark.parametrize(
    "said",
    ["0m", "soon", "2", "h", "-2h", "2026-11-29 02:00", "400d", "999999d", "2026-13-01", "2h30m"],
)
def test_end_that_is_none_is_refused(said: str) -> None:
    """Past, beyond a year, or not to be read: never taken for no end."""
    with pytest.raises(EndUnreadable):
        read_end(said, NOW)
