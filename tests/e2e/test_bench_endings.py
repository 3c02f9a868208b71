"""`make bench BENCH_ARGS=--endings` runs; how long anything took is judged by nobody."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SIZES = ("small", "large")


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """Two short rounds on two vaults that are filled in a moment, and two sign-outs in a demo."""
    small = ["--accounts=200", "--large-accounts=2000", "--sign-outs=2"]
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--endings", "--json", "--rounds=2", *small],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    numbers: dict[str, Any] = json.loads(done.stdout)
    return numbers


def test_ending_every_session_writes_none_of_their_rows(measured: dict[str, Any]) -> None:
    """One number ends them all, however many there are; one that was resumed would fail the run."""
    assert [measured[size]["sessions"] for size in SIZES] == [200, 2000]
    assert [measured[size]["rows_written"] for size in SIZES] == [0, 0]


def test_every_measured_time_of_an_ending_is_finite(measured: dict[str, Any]) -> None:
    """Nothing of the report is made from nothing."""
    spreads = [
        measured[size][name] for size in SIZES for name in ("count_ms", "end_ms", "raise_ms")
    ]
    spreads += [measured[name] for name in ("answered_ms", "first_wiki_ms", "both_wikis_ms")]
    assert all(math.isfinite(n) and n > 0 for spread in spreads for n in spread.values())
    assert all(math.isfinite(n) for size in SIZES for n in measured[size]["refused_ms"].values())
    assert (measured["rounds"], measured["sign_outs"]) == (2, 2)


def test_second_wiki_refuses_no_sooner_than_the_first(measured: dict[str, Any]) -> None:
    """Both hear of a sign-out; it is the slower one that counts."""
    first, both = measured["first_wiki_ms"], measured["both_wikis_ms"]
    assert all(first[end] <= both[end] for end in ("median", "least", "most"))
