"""Which of the claimed jobs runs next, so that a slow destination delays nobody but itself.

A scheduler without threads or clock of its own: the worker tells it what starts, what ends and
what time it is.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from outbox.handlers import lane_of
from vault.outbox import Job

SLOW_SECONDS: Final = 1.0
# Claimed jobs that wait here for a slow destination; more than that go back to the vault, so that
# they don't fill this worker's hands. A quick one's are soon gone.
WAITING_FOR_SLOW: Final = 10


@dataclass(slots=True)
class _Lane:
    waiting: deque[tuple[Job, float]] = field(default_factory=deque)
    running: dict[int, float] = field(default_factory=dict)
    last_seconds: float = 0.0

    def is_slow(self, now: float) -> bool:
        return self.last_seconds > SLOW_SECONDS or any(
            now - started > SLOW_SECONDS for started in self.running.values()
        )


class Lanes:
    """The jobs in this worker's hands, by destination.

    A lane that answers quickly may take half of the threads. One that is slow may take two, and
    all slow lanes together half of them, so that the other half stays with the quick ones.
    """

    def __init__(self, threads: int, *, lease_seconds: float) -> None:
        self._half = max(1, threads // 2)
        self._threads = threads
        self._lease_seconds = lease_seconds
        self._lanes: dict[str, _Lane] = {}

    @property
    def running(self) -> int:
        """How many jobs run."""
        return sum(len(lane.running) for lane in self._lanes.values())

    @property
    def waiting(self) -> int:
        """How many claimed jobs wait for their turn."""
        return sum(len(lane.waiting) for lane in self._lanes.values())

    def waiting_for_quick(self, now: float) -> int:
        """How many of them wait for a destination that answers quickly."""
        return sum(len(lane.waiting) for lane in self._lanes.values() if not lane.is_slow(now))

    def add(self, job: Job, now: float) -> None:
        """Take a job that was claimed just now."""
        lane = self._lanes.setdefault(lane_of(job), _Lane())
        if job.id not in lane.running:  # else it outlasted its lease, and is being done
            lane.waiting.append((job, now))

    def take_surplus(self, now: float) -> list[Job]:
        """Hand over, and forget, what waits for slow destinations beyond a few jobs each."""
        surplus = []
        for lane in self._lanes.values():
            while len(lane.waiting) > WAITING_FOR_SLOW and lane.is_slow(now):
                surplus.append(lane.waiting.pop()[0])
        return surplus

    def start_next(self, now: float) -> Job | None:
        """The job to run now, noted as running; None if no lane may start one.

        A job that waited until its lease is nearly over is let go: it would be claimed again
        while it runs.
        """
        if self.running >= self._threads:
            return None
        for name, lane in list(self._lanes.items()):
            while lane.waiting and now - lane.waiting[0][1] > self._lease_seconds / 2:
                lane.waiting.popleft()
            if lane.waiting and self._may_start(lane, now):
                job, _ = lane.waiting.popleft()
                lane.running[job.id] = now
                # To the back, so that lanes take turns.
                self._lanes[name] = self._lanes.pop(name)
                return job
        return None

    def end(self, job: Job, now: float) -> None:
        """Note that a running job has ended, well or not."""
        name = lane_of(job)
        lane = self._lanes[name]
        lane.last_seconds = now - lane.running.pop(job.id)
        if not (lane.running or lane.waiting) and lane.last_seconds <= SLOW_SECONDS:
            del self._lanes[name]

    def give_back(self) -> list[Job]:
        """Hand over what has not been started, and forget it."""
        left = [job for lane in self._lanes.values() for job, _ in lane.waiting]
        for lane in self._lanes.values():
            lane.waiting.clear()
        return left

    def _may_start(self, lane: _Lane, now: float) -> bool:
        if not lane.is_slow(now):
            return len(lane.running) < self._half
        slow = sum(len(other.running) for other in self._lanes.values() if other.is_slow(now))
        return len(lane.running) < 2 and slow < self._half
