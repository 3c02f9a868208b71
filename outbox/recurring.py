"""Runs the registered recurring tasks, each in a thread of its own, never twice at once."""

import threading
import time

import structlog

from outbox.periodic import Task, tasks

logger = structlog.stdlib.get_logger(__name__)


class Recurring:
    """When each task is due, and which of them run."""

    def __init__(self) -> None:
        self._tasks = tasks()
        self._due = dict.fromkeys((task.name for task in self._tasks), 0.0)
        self._running: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def start_due(self, now: float) -> None:
        """Start every task that is due at `now` (monotonic seconds) and doesn't run yet."""
        for task in self._tasks:
            with self._lock:
                if task.name in self._running or self._due[task.name] > now:
                    continue
                thread = threading.Thread(target=self._run, args=(task,), name=task.name)
                self._running[task.name] = thread
            thread.start()

    def finish(self) -> None:
        """Wait for what runs."""
        with self._lock:
            running = list(self._running.values())
        for thread in running:
            thread.join()

    def _run(self, task: Task) -> None:
        try:
            task.function()
        except Exception:
            # One broken task must not end the worker, nor its own next run.
            logger.exception("recurring_task_failed", task=task.name)
        finally:
            with self._lock:
                self._due[task.name] = time.monotonic() + task.every_seconds
                self._running.pop(task.name)
