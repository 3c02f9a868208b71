"""`make bench` runs, and what it counts keeps the promises that are not about time."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MB = 1_000_000


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """One short round: too short to time anything, long enough to count."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--json", "--rounds=1", "--silent=4", "--password=2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    numbers: dict[str, Any] = json.loads(done.stdout)
    return numbers


def test_silent_sign_in_takes_at_most_5_statements(measured: dict[str, Any]) -> None:
    """Authorize and token together, counted by PostgreSQL itself in both databases."""
    assert 0 < measured["silent_statements"] <= 5


def test_password_sign_in_takes_at_most_7_statements(measured: dict[str, Any]) -> None:
    """From the form to the code, the limit by network included."""
    assert 0 < measured["password_statements"] <= 7


def test_web_worker_at_rest_is_below_120_mb(measured: dict[str, Any]) -> None:
    """What is not needed to answer is not in memory."""
    assert measured["rest_rss"] < 120 * MB


def test_sign_in_page_with_all_it_loads_is_below_30_kb(measured: dict[str, Any]) -> None:
    """As sent to a browser that has kept nothing."""
    assert 0 < measured["page_sent"] < 30_000
