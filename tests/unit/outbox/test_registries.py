"""The two seams by which rooms above hand the worker its work."""

import pytest

from outbox import handlers, periodic
from outbox.errors import Undeliverable
from outbox.letters import send_letter
from outbox.recurring import Recurring
from tests.unit.outbox.jobs import job


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "_handlers", dict(handlers._handlers))
    monkeypatch.setattr(periodic, "_tasks", {})


def test_handler_of_letters_is_registered_at_start() -> None:
    """Django's start is enough for letters to have a handler."""
    assert handlers.handler_for("letter").handle is send_letter


def test_handler_of_an_unknown_kind_is_undeliverable() -> None:
    """A job that no room knows is buried, not tried for a day."""
    with pytest.raises(Undeliverable):
        handlers.handler_for("nobody's")


def test_handler_registered_twice_is_refused_unless_it_is_the_same() -> None:
    """Two rooms can't fight over a kind; a start that runs twice does no harm."""
    handlers.register("letter", send_letter)
    with pytest.raises(ValueError, match="letter"):
        handlers.register("letter", print)


def test_lane_of_a_job_names_its_kind() -> None:
    """Two kinds never share a lane by accident."""
    handlers.register("hook", print, lane=lambda _: "x")
    handlers.register("call", print, lane=lambda _: "x")
    assert handlers.lane_of(job(kind="hook")) != handlers.lane_of(job(kind="call"))


@pytest.mark.parametrize("period", [0, -1.5])
def test_task_with_a_period_that_isnt_positive_is_refused(period: float) -> None:
    """A task that would never let the worker rest is a mistake."""
    with pytest.raises(ValueError, match="prune"):
        periodic.register("prune", period, print)


def test_task_registered_twice_under_one_name_is_refused() -> None:
    """Two tasks can't share a name."""
    periodic.register("prune", 60, print)
    periodic.register("prune", 60, print)
    with pytest.raises(ValueError, match="prune"):
        periodic.register("prune", 60, repr)  # type: ignore[arg-type]


def test_task_runs_at_start_and_after_its_period_even_if_it_broke() -> None:
    """A task that raises is called again when it is next due, and the others aren't harmed."""
    runs: list[str] = []

    def breaks() -> None:
        runs.append("breaks")
        raise RuntimeError

    periodic.register("breaks", 10, breaks)
    periodic.register("works", 10, lambda: runs.append("works"))
    recurring = Recurring()
    recurring.start_due(1.0)
    recurring.finish()
    recurring.start_due(1.0)
    recurring.finish()
    assert sorted(runs) == ["breaks", "works"]
    recurring.start_due(10**12)
    recurring.finish()
    assert sorted(runs) == ["breaks", "breaks", "works", "works"]
