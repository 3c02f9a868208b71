"""Who does which kind of job: rooms register a handler at start-up, the worker looks it up."""

from collections.abc import Callable
from dataclasses import dataclass

from outbox.errors import Undeliverable
from vault.outbox import Job

Handle = Callable[[Job], None]
Lane = Callable[[Job], str]


@dataclass(frozen=True, slots=True)
class Handler:
    """What does a job, and the lane that it takes.

    A lane names the destination. Only a few jobs of one lane run at a time, so that one slow
    destination delays nobody else.
    """

    handle: Handle
    lane: Lane


_handlers: dict[str, Handler] = {}


def register(kind: str, handle: Handle, *, lane: Lane | None = None) -> None:
    """Name the function that does jobs of a kind; all share one lane unless `lane` says more.

    The function returns when the job is done, and raises DeliveryFailed (try again later) or
    Undeliverable. It may be called again for a job that it did before. Raises ValueError if
    another function has the kind already.
    """
    known = _handlers.get(kind)
    if known is not None and known.handle is not handle:
        raise ValueError(f"Jobs of kind {kind!r} have a handler already.")
    _handlers[kind] = Handler(handle=handle, lane=lane or (lambda _: ""))


def handler_for(kind: str) -> Handler:
    """The handler of a kind. Raises Undeliverable if no room registered one."""
    try:
        return _handlers[kind]
    except KeyError as error:
        raise Undeliverable("kind_unknown") from error


def lane_of(job: Job) -> str:
    """The name of the lane that a job takes, its kind included."""
    known = _handlers.get(job.kind)
    return f"{job.kind}:{known.lane(job) if known is not None else ''}"
