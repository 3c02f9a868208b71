"""Password checks in as many processes as there are cores, as the web role's workers do them."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import psutil

from bench.database_cpu import DatabaseCpu
from bench.vault_site import Vault
from demo.environment import ROOT

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
_NEVER = ("wait", "locked", "closed", "gone")


class LaneFailed(Exception):
    """A lane ended, or was refused what it should have got; its own words are on standard error."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What all lanes together have done in one stretch."""

    per_second: float
    lanes_ms: float
    """CPU of the lanes themselves for one check."""
    database_ms: float
    """CPU of all of PostgreSQL for one check."""
    strangers: float
    """The share of the cores that was taken by processes that have no part in this."""
    answers: Counter[str] = field(default_factory=Counter)

    @property
    def cpu_ms(self) -> float:
        """All CPU for one check."""
        return self.lanes_ms + self.database_ms


class Lanes:
    """One process a core, each with names of its own; a context manager."""

    def __init__(self, vault: Vault, usernames: Sequence[str], password: str) -> None:
        """Start them; each says nothing until it is asked for work."""
        self._running: list[subprocess.Popen[str]] = []
        for number in range(CORES):
            self._running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "bench.vault_prover"],
                    env=vault.environment("web"),
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            self._send(number, {"usernames": usernames[number::CORES], "password": password})

    def __enter__(self) -> "Lanes":
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """End every lane."""
        for lane in self._running:
            lane.communicate()

    def work(
        self, what: Literal["prove", "argon2"], seconds: float, database: DatabaseCpu
    ) -> Checked:
        """Have all lanes do this for so long at the same time. Raises ``LaneFailed``."""
        before, busy_before = database.read(), _busy_seconds()
        for number in range(CORES):
            self._send(number, {"work": what, "seconds": seconds})
        done = [json.loads(self._line(lane)) for lane in self._running]
        used, busy = database.since(before), _busy_seconds() - busy_before
        answers = sum((Counter(one["answers"]) for one in done), Counter[str]())
        if refused := [status for status in _NEVER if answers[status]]:
            raise LaneFailed(f"checks were answered with {refused[0]}")
        lanes, all_of_database = (
            sum(one["cpu"] for one in done),
            used.web + sum(used.others.values()),
        )
        count = answers.total()
        return Checked(
            per_second=sum(sum(one["answers"].values()) / one["seconds"] for one in done),
            lanes_ms=lanes * 1000 / count,
            database_ms=all_of_database * 1000 / count,
            strangers=max(0.0, busy - lanes - all_of_database) / (seconds * CORES),
            answers=answers,
        )

    def _send(self, number: int, wanted: object) -> None:
        pipe = self._running[number].stdin
        assert pipe is not None  # noqa: S101 - for the type checker: we made it
        pipe.write(json.dumps(wanted) + "\n")
        pipe.flush()

    def _line(self, lane: subprocess.Popen[str]) -> str:
        line = lane.stdout.readline() if lane.stdout else ""
        if not line:
            raise LaneFailed(f"a lane ended with status {lane.wait()}")
        return line


def _busy_seconds() -> float:
    """CPU seconds that this machine has spent on processes; what its host took is not in it."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)  # Linux and macOS have these three
