"""`make bench BENCH_ARGS=--vault` runs against today's vault; what it times is judged by nobody."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """One short round on two vaults that are filled in a moment."""
    small = ["--accounts=200", "--large-accounts=2000", "--asks=60", "--seconds=1"]
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--vault", "--json", "--rounds=1", *small],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    numbers: dict[str, Any] = json.loads(done.stdout)
    return numbers


def test_every_measured_number_is_finite_and_positive(measured: dict[str, Any]) -> None:
    """No ratio of the report is made from nothing."""
    sizes = ("small", "large")
    spreads = [measured[size]["ask_ms"] for size in sizes]
    spreads += [
        measured[name]
        for name in ("large_to_small", "throughput_ratio", "cpu_ratio", "checks_per_second")
    ]
    assert all(math.isfinite(n) and n > 0 for spread in spreads for n in spread.values())
    assert [measured[size]["accounts"] for size in sizes] == [200, 2000]


def test_every_guess_is_judged_as_it_was_meant(measured: dict[str, Any]) -> None:
    """What is measured are verdicts: a guess answered otherwise would have ended the run."""
    assert sum(measured["answers"].values()) == 2 * measured["asks_a_round"]
    assert set(measured["check_answers"]) <= {"right", "wrong"}
