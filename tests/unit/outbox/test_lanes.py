"""Which job runs next: a slow destination delays nobody but itself."""

from collections.abc import Iterator

import pytest

from outbox import handlers
from outbox.lanes import WAITING_FOR_SLOW, Lanes
from tests.unit.outbox.jobs import job
from vault.outbox import Job

KIND = "test_lanes"


@pytest.fixture(autouse=True)
def _kind() -> Iterator[None]:
    handlers.register(KIND, print, lane=lambda job: str(job.payload["wiki"]))
    yield
    del handlers._handlers[KIND]


def jobs_for(wiki: str, numbers: range) -> list[Job]:
    """Jobs with one destination."""
    return [job(number, kind=KIND, wiki=wiki) for number in numbers]


def start_all(lanes: Lanes, now: float) -> list[Job]:
    """Everything that may start at this time."""
    started = []
    while (next_job := lanes.start_next(now)) is not None:
        started.append(next_job)
    return started


def test_lanes_with_two_wikis_take_turns() -> None:
    """A wiki with a hundred jobs doesn't go before one with a single job."""
    lanes = Lanes(4, lease_seconds=90)
    for each in [*jobs_for("big", range(1, 20)), *jobs_for("small", range(50, 51))]:
        lanes.add(each, 0.0)
    assert 50 in [each.id for each in start_all(lanes, 0.0)[:2]]


def test_lanes_quick_wiki_leaves_half_of_the_threads() -> None:
    """Even a quick destination never holds all threads."""
    lanes = Lanes(8, lease_seconds=90)
    for each in jobs_for("big", range(1, 20)):
        lanes.add(each, 0.0)
    assert len(start_all(lanes, 0.0)) == 4


def test_lanes_slow_wikis_together_leave_half_of_the_threads() -> None:
    """However many destinations hang, the quick ones keep half of the threads."""
    lanes = Lanes(8, lease_seconds=90)
    for number in range(1, 8):
        for each in jobs_for(f"slow{number}", range(number * 100, number * 100 + 3)):
            lanes.add(each, 0.0)
    first = [lanes.start_next(0.0) for _ in range(4)]
    assert None not in first
    assert start_all(lanes, 2.0) != []  # not yet known to be slow
    lanes = Lanes(8, lease_seconds=90)
    for number in range(1, 5):
        [only] = jobs_for(f"slow{number}", range(number, number + 1))
        lanes.add(only, 0.0)
    assert len(start_all(lanes, 0.0)) == 4
    for number in range(1, 5):
        for each in jobs_for(f"slow{number}", range(number * 100, number * 100 + 5)):
            lanes.add(each, 2.0)
    assert start_all(lanes, 2.0) == []
    lanes.add(job(999, kind=KIND, wiki="quick"), 2.0)
    assert [each.id for each in start_all(lanes, 2.0)] == [999]


def test_lanes_slow_wiki_runs_two_at_a_time() -> None:
    """A destination that answered slowly last time gets two threads, until it is quick again."""
    lanes = Lanes(8, lease_seconds=90)
    first, *rest = jobs_for("slow", range(1, 10))
    lanes.add(first, 0.0)
    start_all(lanes, 0.0)
    lanes.end(first, 3.0)
    for each in rest:
        lanes.add(each, 3.0)
    started = start_all(lanes, 3.0)
    assert len(started) == 2
    for each in started:
        lanes.end(each, 3.1)
    assert len(start_all(lanes, 3.1)) == 4


def test_lanes_surplus_is_what_waits_for_slow_wikis_alone() -> None:
    """Many jobs of a quick destination stay in hand; of a slow one the latest are handed over."""
    lanes = Lanes(2, lease_seconds=90)
    for each in [*jobs_for("slow", range(1, 31)), *jobs_for("quick", range(100, 130))]:
        lanes.add(each, 0.0)
    assert lanes.start_next(0.0) is not None
    assert lanes.take_surplus(0.5) == []
    assert lanes.waiting_for_quick(0.5) == 59
    surplus = lanes.take_surplus(1.5)
    assert sorted(each.id for each in surplus) == list(range(WAITING_FOR_SLOW + 2, 31))
    assert lanes.waiting_for_quick(1.5) == 30


def test_lanes_job_that_waited_too_long_isnt_started() -> None:
    """A job whose lease is nearly over is left for whoever claims it next."""
    lanes = Lanes(2, lease_seconds=90)
    lanes.add(job(1, kind=KIND, wiki="a"), 0.0)
    assert lanes.start_next(46.0) is None
    assert lanes.waiting == 0


def test_lanes_job_claimed_again_while_running_runs_once() -> None:
    """A job that outlasts its lease isn't started a second time beside itself."""
    lanes = Lanes(4, lease_seconds=90)
    twice = job(1, kind=KIND, wiki="a")
    lanes.add(twice, 0.0)
    assert start_all(lanes, 0.0) == [twice]
    lanes.add(twice, 91.0)
    assert start_all(lanes, 91.0) == []
    lanes.end(twice, 92.0)
    assert (lanes.running, lanes.waiting) == (0, 0)


def test_lanes_give_back_what_hasnt_started() -> None:
    """Stopping hands over exactly what nobody works on."""
    lanes = Lanes(2, lease_seconds=90)
    for each in jobs_for("a", range(1, 4)):
        lanes.add(each, 0.0)
    [started] = start_all(lanes, 0.0)
    assert sorted(each.id for each in lanes.give_back()) == [2, 3]
    assert (started.id, lanes.running, lanes.waiting) == (1, 1, 0)
