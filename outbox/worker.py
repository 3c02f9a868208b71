"""Takes jobs from the vault's outbox and has them done by their handlers, at least once each.

A job is claimed for the time of a lease; if this process dies, the lease runs out and another
worker takes the job. Which job goes first is for `outbox.lanes`, when a failed one returns for
`outbox.schedule`, recurring work for `outbox.recurring`.
"""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

import structlog

from outbox.errors import DeliveryFailed
from outbox.handlers import handler_for
from outbox.lanes import Lanes
from outbox.recurring import Recurring
from outbox.schedule import wait_after
from vault import outbox as queue
from vault.errors import VaultUnavailable
from vault.outbox import Job

logger = structlog.stdlib.get_logger(__name__)

THREADS: Final = 12
POLL_SECONDS: Final = 0.2
LEASE_SECONDS: Final = 90
BATCH: Final = 50
MOST_WAITING: Final = 100
OUTAGE_PAUSE_SECONDS: Final = 1.0
# A verdict that can't be stored because the vault is away is offered again for so long.
SETTLE_SECONDS: Final = 30.0


class Worker:
    """One process's worker: a loop that claims, and a bounded pool of threads that does."""

    def __init__(self, *, threads: int = THREADS, lease_seconds: int = LEASE_SECONDS) -> None:
        self._threads = threads
        self._lease_seconds = lease_seconds
        self._lanes = Lanes(threads, lease_seconds=lease_seconds)
        self._lock = threading.Lock()  # guards the lanes
        self._something_ended = threading.Event()
        self._vault_is_away = False
        # A plain flag: an Event must not be set from a signal handler while its thread waits.
        self._stopping = False

    def stop(self) -> None:
        """Ask the loop to end, from a signal handler or another thread."""
        self._stopping = True

    def run(self) -> None:
        """Work until stopped; then finish what runs and give back what waits."""
        recurring = Recurring()
        with ThreadPoolExecutor(self._threads, thread_name_prefix="outbox") as pool:
            next_claim = 0.0
            while not self._stopping:
                if time.monotonic() >= next_claim:
                    full = self._claim(BATCH) == BATCH
                    next_claim = time.monotonic() + (0.0 if full else self._pause())
                self._start(pool)
                recurring.start_due(time.monotonic())
                self._something_ended.wait(max(0.0, next_claim - time.monotonic()))
                self._something_ended.clear()
            self._give_back()
        recurring.finish()

    def run_once(self) -> int:
        """Do one batch of what is due, and tell how many jobs that was."""
        with ThreadPoolExecutor(self._threads, thread_name_prefix="outbox") as pool:
            claimed = self._claim(BATCH)
            self._work_off(pool)
        return claimed

    def drain(self) -> int:
        """Do jobs until none is due (those that failed wait for later), and tell how many."""
        total = 0
        while not self._stopping and (claimed := self.run_once()):
            total += claimed
        return total

    def _work_off(self, pool: ThreadPoolExecutor) -> None:
        while not self._stopping:
            self._start(pool)
            with self._lock:
                if not (self._lanes.running or self._lanes.waiting):
                    return
            self._something_ended.wait(POLL_SECONDS)
            self._something_ended.clear()
        self._give_back()

    def _pause(self) -> float:
        return OUTAGE_PAUSE_SECONDS if self._vault_is_away else POLL_SECONDS

    def _claim(self, most: int) -> int:
        """Claim what is due, if there is room for it, and tell how many jobs came."""
        with self._lock:
            if self._lanes.waiting_for_quick(time.monotonic()) >= MOST_WAITING:
                return 0
        try:
            jobs = queue.claim(most, self._lease_seconds)
        except VaultUnavailable:
            if not self._vault_is_away:
                logger.warning("outbox_vault_unavailable")
            self._vault_is_away = True
            return 0
        if self._vault_is_away:
            logger.info("outbox_vault_answers_again")
        self._vault_is_away = False
        now = time.monotonic()
        with self._lock:
            for job in jobs:
                self._lanes.add(job, now)
            surplus = self._lanes.take_surplus(now)
        for job in surplus:
            self._postpone(job.id)
        return len(jobs)

    def _postpone(self, job_id: int) -> None:
        delay = random.randint(2, 10)  # noqa: S311 - not a secret
        try:
            queue.retry(job_id, delay_seconds=delay, error="destination_slow")
        except VaultUnavailable:
            logger.warning("outbox_lease_kept", job=job_id)  # it runs out by itself

    def _start(self, pool: ThreadPoolExecutor) -> None:
        while True:
            with self._lock:
                job = self._lanes.start_next(time.monotonic())
            if job is None:
                return
            pool.submit(self._do, job)

    def _do(self, job: Job) -> None:
        """Do one job, in a thread of the pool, and store how it went."""
        started = time.monotonic()
        try:
            error = _attempt(job)
            if error is None:
                self._settle(job, lambda: queue.finish(job.id))
            else:
                self._settle_failure(job, error)
            _tell(job, error, time.monotonic() - started)
        except Exception:
            # Nobody would read what a thread of the pool raises.
            logger.exception("outbox_verdict_failed", job=job.id)
        finally:
            with self._lock:
                self._lanes.end(job, time.monotonic())
            self._something_ended.set()

    def _settle_failure(self, job: Job, error: DeliveryFailed) -> None:
        age = datetime.now(UTC) - job.created_at
        wait = wait_after(job.tries, age.total_seconds())
        if wait is None or (error.max_tries is not None and job.tries >= error.max_tries):
            self._settle(job, lambda: queue.bury(job.id, error=error.code))
        else:
            self._settle(job, lambda: queue.retry(job.id, delay_seconds=wait, error=error.code))

    def _settle(self, job: Job, verdict: Callable[[], None]) -> None:
        """Store a verdict, also through a short outage. If it is lost, the lease runs out."""
        give_up = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                verdict()
            except VaultUnavailable:
                if time.monotonic() >= give_up:
                    logger.warning("outbox_verdict_lost", job=job.id)
                    return
                time.sleep(OUTAGE_PAUSE_SECONDS)
            else:
                return

    def _give_back(self) -> None:
        with self._lock:
            waiting = self._lanes.give_back()
        for job in waiting:
            try:
                queue.retry(job.id, delay_seconds=0, error="worker_stopped")
            except VaultUnavailable:
                logger.warning("outbox_lease_kept", job=job.id)


def _attempt(job: Job) -> DeliveryFailed | None:
    """Run the job's handler; give None, or what went wrong as a code that is fit for storing."""
    try:
        handler_for(job.kind).handle(job)
    except DeliveryFailed as error:
        return error
    except VaultUnavailable:
        return DeliveryFailed("vault_unavailable")
    except Exception as error:
        # A bug in one handler must not end the worker. Stored is the kind of error alone: its
        # message may hold an address or a token (our log format leaves messages out).
        logger.exception("outbox_handler_broke", job=job.id)
        return DeliveryFailed(f"unexpected:{type(error).__name__}")
    return None


def _tell(job: Job, error: DeliveryFailed | None, seconds: float) -> None:
    known = {"job": job.id, "kind": job.kind, "tries": job.tries, "seconds": round(seconds, 3)}
    if error is None:
        logger.info("outbox_job_done", **known)
    else:
        logger.warning("outbox_job_failed", error=error.code, **known)
