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
_MEANT = {"right", "wrong", "hashed"}


class LaneFailed(Exception):
    """A lane ended, or was refused what it should have got; its own words are on standard error."""


@dataclass(slots=True)
class Checked:
    """What all lanes together have done, over one stretch or several."""

    lane_seconds: float = 0.0
    """On the clock, all lanes added up."""
    lanes_cpu: float = 0.0
    database_cpu: float = 0.0
    strangers_cpu: float = 0.0
    """Of processes on these cores that have no part in this."""
    answers: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Checked") -> None:
        """Take in another stretch."""
        self.lane_seconds += other.lane_seconds
        self.lanes_cpu += other.lanes_cpu
        self.database_cpu += other.database_cpu
        self.strangers_cpu += other.strangers_cpu
        self.answers += other.answers

    @property
    def per_second(self) -> float:
        """Checks a second, all lanes together."""
        return self.answers.total() * CORES / self.lane_seconds

    @property
    def lanes_ms(self) -> float:
        """CPU of the lanes themselves for one check."""
        return self.lanes_cpu * 1000 / self.answers.total()

    @property
    def database_ms(self) -> float:
        """CPU of all of PostgreSQL for one check."""
        return self.database_cpu * 1000 / self.answers.total()

    @property
    def strangers(self) -> float:
        """The share of the cores that strangers took."""
        return self.strangers_cpu / self.lane_seconds


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
        if refused := answers.keys() - _MEANT:
            raise LaneFailed(f"checks were answered with {', '.join(refused)}")
        lanes, everything = sum(one["cpu"] for one in done), used.web + sum(used.others.values())
        return Checked(
            lane_seconds=sum(one["seconds"] for one in done),
            lanes_cpu=lanes,
            database_cpu=everything,
            strangers_cpu=max(0.0, busy - lanes - everything),
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
