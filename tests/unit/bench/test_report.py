"""The table says ratios, and leaves out what was not measured."""

from dataclasses import replace

import pytest

from bench.report import BesidePeer, Report
from bench.spread import Spread

MIB = 1024 * 1024


@pytest.fixture
def report() -> Report:
    """A report of round numbers."""
    return Report(
        silent_ms=2.0,
        floor_ms=0.8,
        password_ms=24.0,
        argon2_ms=20.0,
        argon2_parameters="m=19456 KiB, t=2, p=1",
        silent_statements=3,
        password_statements=5,
        page_statements=0,
        rest_rss=80 * MIB,
        rest_pss=60 * MIB,
        loaded_rss=100 * MIB,
        loaded_pss=None,
        page_sent=17_100,
        page_unpacked=40_000,
    )


def test_table_compares_a_silent_sign_in_with_bare_django(report: Report) -> None:
    """Milliseconds belong to a machine, ratios to the code."""
    assert "| 2.00 ms | 2.50 x bare Django (0.80 ms) |" in report.as_table()


def test_table_compares_a_password_sign_in_with_bare_argon2(report: Report) -> None:
    """What a password costs beyond its hash is said outright."""
    wanted = "1.20 x bare Argon2id (20.0 ms, m=19456 KiB, t=2, p=1), so 4.0 ms beyond it"
    assert wanted in report.as_table()


def test_table_without_shared_memory_says_that_it_is_unknown(report: Report) -> None:
    """Only Linux tells a process's share."""
    assert "| RSS 80 MiB | PSS 60 MiB |" in report.as_table()
    assert "| RSS 100 MiB | PSS unknown on this system |" in report.as_table()


def test_table_names_make_run_only_where_it_was_timed(report: Report) -> None:
    """It is measured on demand."""
    assert "make run" not in report.as_table()
    timed = replace(report, first_run_seconds=5.2, next_run_seconds=4.8)
    assert "| 5.2 s | the first time; then 4.8 s |" in timed.as_table()


def test_data_has_every_number_of_the_table(report: Report) -> None:
    """A script compares runs by it."""
    assert report.as_dict()["silent_ms"] == 2.0
    assert report.as_dict()["first_run_seconds"] is None


def test_table_names_peers_only_where_they_ran(report: Report) -> None:
    """Each with the ratio of the pairs of rounds and how far they lie apart."""
    assert "The same" not in report.as_table()
    peer = BesidePeer("some-provider", "RS256", 4.0, Spread.of([0.5, 0.4, 0.7]))
    table = replace(report, peers=(peer,)).as_table()
    assert "| The same, to some-provider | 0.50 (0.40 to 0.70) | 4.00 ms, RS256; " in table
