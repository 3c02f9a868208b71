"""The worker against a real vault and real wikis on loopback: once at least, and nobody waits."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from outbox import handlers
from outbox.fetcher import READ_SECONDS
from outbox.worker import Worker
from tests.database.outbox_jobs import (
    NO_CONTENT,
    add_job,
    add_logout,
    add_wiki,
    answering_status,
    state,
    told,
    until,
    worker_role,
    working,
)
from tests.environment import subprocess_environment
from tests.unit.outbox.servers import answering, serving
from vault import outbox

__all__ = ["worker_role"]
pytestmark = pytest.mark.usefixtures("worker_role")

ROOT = Path(__file__).resolve().parents[2]


def test_logout_reaches_the_wiki_within_a_second(admin: psycopg.Connection) -> None:
    """From the end of a session to the wiki's knowing it: under a second."""
    with serving(answering(NO_CONTENT)) as wiki, working():
        client_id = add_wiki(admin, f"http://127.0.0.1:{wiki.port}/")
        add_logout(admin, client_id)
        until(lambda: len(wiki.requests) == 1)  # keys are read, connections are open

        def hears_of_another() -> float:
            sent = len(wiki.requests)
            add_logout(admin, client_id)
            return until(lambda: len(wiki.requests) == sent + 1)

        # Once in five: a busy machine may be late for other reasons.
        assert any(hears_of_another() < 1.0 for _ in range(5))


def test_logout_to_a_hanging_wiki_delays_no_other_wiki(admin: psycopg.Connection) -> None:
    """With sixty logouts waiting for a wiki that hangs, another wiki still learns in a second."""
    with (
        serving(answering_status(200, delay=30)) as hanging,
        serving(answering(NO_CONTENT)) as quick,
        working(),
    ):
        slow_id = add_wiki(admin, f"http://127.0.0.1:{hanging.port}/")
        quick_id = add_wiki(admin, f"http://127.0.0.1:{quick.port}/")
        for _ in range(60):
            add_logout(admin, slow_id)
        until(lambda: hanging.connections >= 2)
        for round_number in range(1, 4):
            add_logout(admin, quick_id)
            waited = until(lambda expected=round_number: len(quick.requests) == expected)  # type: ignore[misc]
            assert waited < READ_SECONDS, "it waited for the one that hangs"
            time.sleep(0.4)
        hanging.stopping.set()


def test_job_whose_handler_breaks_keeps_no_secret(
    admin: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A bug in a handler ends neither the worker nor the job, and its message isn't stored."""

    def breaks(_: outbox.Job) -> None:
        raise RuntimeError("anna@example.org")

    broken = {"backchannel_logout": handlers.Handler(handle=breaks, lane=lambda _: "")}
    monkeypatch.setattr(handlers, "_handlers", broken)
    job_id = add_logout(admin, "w")
    Worker().drain()
    found = state(admin, job_id)
    assert (found["error"], found["buried"]) == ("unexpected:RuntimeError", False)


def test_jobs_with_two_workers_are_each_done_once(admin: psycopg.Connection) -> None:
    """Two workers share the work and never do the same job side by side."""
    with serving(answering(NO_CONTENT)) as wiki:
        client_id = add_wiki(admin, f"http://127.0.0.1:{wiki.port}/")
        for _ in range(60):
            add_logout(admin, client_id)
        with working(), working():
            until(lambda: len(wiki.requests) >= 60)
    assert len({told(request)[1]["jti"] for request in wiki.requests}) == 60
    assert len(wiki.requests) == 60


def test_job_of_a_dead_worker_returns_when_its_lease_is_over(admin: psycopg.Connection) -> None:
    """What a killed worker had in hand is done by the next one, not before the lease ends."""
    with serving(answering(NO_CONTENT)) as wiki:
        job_id = add_logout(admin, add_wiki(admin, f"http://127.0.0.1:{wiki.port}/"))
        claimed = time.monotonic()
        assert [job.id for job in outbox.claim(10, 2)] == [job_id]
        assert Worker().drain() == 0
        with working():
            until(lambda: state(admin, job_id)["done"])
        assert time.monotonic() - claimed > 2
    assert state(admin, job_id)["tries"] == 2


def test_worker_whose_vault_goes_away_goes_on_when_it_is_back(admin: psycopg.Connection) -> None:
    """Connections that die, and a vault that lets nobody in for a while, end no worker."""
    with serving(answering_status(204, delay=1.0)) as wiki, working():
        client_id = add_wiki(admin, f"http://127.0.0.1:{wiki.port}/")
        first = add_logout(admin, client_id)
        until(lambda: len(wiki.requests) == 1)
        admin.execute("ALTER ROLE authsite_worker NOLOGIN")
        try:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'authsite_worker'"
            )
            time.sleep(1.5)
            second = add_logout(admin, client_id)
        finally:
            admin.execute("ALTER ROLE authsite_worker LOGIN")
        until(lambda: state(admin, second)["done"], seconds=60)
        until(lambda: state(admin, first)["done"], seconds=60)
    assert state(admin, first)["tries"] == 1


def test_worker_told_to_stop_finishes_what_runs_and_gives_back_the_rest(
    admin: psycopg.Connection,
) -> None:
    """SIGTERM loses nothing: the running job is done, what waited is due at once for others."""
    with serving(answering_status(200, delay=1.0)) as wiki:
        client_id = add_wiki(admin, f"http://127.0.0.1:{wiki.port}/")
        jobs = [add_logout(admin, client_id) for _ in range(5)]
        environment = {
            **subprocess_environment("worker"),
            "AUTHSITE_OUTBOUND_ALLOW": "127.0.0.0/8",
        }
        process = subprocess.Popen(
            [sys.executable, "manage.py", "runworker", "--threads", "2"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            until(lambda: len(wiki.requests) >= 1)
            os.kill(process.pid, signal.SIGTERM)
            output, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0
    lines = [line for line in output.splitlines() if line.startswith("Worker:")]
    assert lines[0] == "Worker: started."
    assert lines[-1].startswith("Worker: stopped")
    states = [state(admin, job_id) for job_id in jobs]
    assert sum(each["done"] for each in states) == len(wiki.requests)
    assert all(each["due_in"] <= 0 for each in states if not each["done"])


def test_worker_told_to_drain_ends_by_itself(
    admin: psycopg.Connection, manage: Callable[..., str]
) -> None:
    """`runworker --drain` says what it did and ends."""
    add_job(admin, "backchannel_logout", {})
    assert "Worker: 1 jobs tried." in manage("worker", "runworker", "--drain")
