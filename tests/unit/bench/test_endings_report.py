"""The table of `--endings` says what was written, and how much of the time was counting."""

from bench.endings_report import EndingsReport
from bench.everybody_out import Ended
from bench.two_wikis import SignedOut


def ended(sessions: int, rows_written: int) -> Ended:
    """Three rounds of round numbers."""
    return Ended(
        sessions=sessions,
        count_ms=[400.0, 500.0, 600.0],
        end_ms=[402.0, 503.0, 604.0],
        raise_ms=[2.0, 3.0, 4.0],
        refused_ms=[-0.2, 0.1, 0.4],
        rows_written=[0, 0, rows_written],
        wal_bytes=[5000, 6000, 7000],
    )


def report(rows_written: int = 0) -> EndingsReport:
    """Two vaults, and three sign-outs."""
    signed_out = SignedOut([20.0, 30.0, 40.0], [90.0, 150.0, 210.0], [100.0, 160.0, 900.0])
    return EndingsReport.of(ended(10_000, 0), ended(1_000_000, rows_written), signed_out)


def test_table_shows_what_ending_all_sessions_takes_beside_its_least() -> None:
    """The number alone is what it could take; counting is what it takes besides."""
    table = report().as_table()
    assert "| Ending all of 1,000,000 sessions | 503.0 ms (402.0 to 604.0) | 3 rounds; " in table
    assert "0 session rows written, 6.0 kB of WAL" in table
    assert (
        "| 3.0 ms (2.0 to 4.0) | counting them (`--dry-run`) takes 500.0 ms (400.0 to 600.0) |"
        in table
    )


def test_table_shows_session_rows_that_were_written_in_any_round() -> None:
    """None is the promise; so one is shown, and not lost in a median."""
    assert "2 session rows written" in report(rows_written=2).as_table()


def test_table_shows_the_slowest_of_all_sign_outs() -> None:
    """A median alone would hide the wiki that was told late."""
    wanted = "| Sign-out to two wikis that refuse | 160 ms (100 to 900) | 3 of them; "
    assert wanted in report().as_table()


def test_data_has_every_number_of_the_table_of_endings() -> None:
    """A script compares runs by it."""
    numbers = report().as_dict()
    assert numbers["large"]["refused_ms"] == {"median": 0.1, "least": -0.2, "most": 0.4}
    assert numbers["both_wikis_ms"]["most"] == 900.0
