"""Work that recurs: rooms register a function and a period, the worker calls it when due.

Several workers may run, and one may be restarted at any time: a function must be harmless when
called too often or by two at once. Exactness lives in the vault, not here.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Task:
    """A function and the seconds between the end of one run and the start of the next."""

    name: str
    every_seconds: float
    function: Callable[[], None]


_tasks: dict[str, Task] = {}


def register(name: str, every_seconds: float, function: Callable[[], None]) -> None:
    """Have a function called at the worker's start and then once a period.

    Raises ValueError for a period that is not positive, or a name that another function has.
    """
    if every_seconds <= 0:
        raise ValueError(f"The period of {name!r} must be positive.")
    known = _tasks.get(name)
    if known is not None and known.function is not function:
        raise ValueError(f"A recurring task named {name!r} exists already.")
    _tasks[name] = Task(name=name, every_seconds=every_seconds, function=function)


def tasks() -> tuple[Task, ...]:
    """All registered tasks, by name."""
    return tuple(_tasks[name] for name in sorted(_tasks))
