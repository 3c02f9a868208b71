"""Requests for a reset that are answered at once, again, or by a worker that dies: one letter."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.test import override_settings

from outbox.worker import Worker
from tests.database.asking import AGENT, NETWORK, Login, ask, call
from tests.database.mail import (
    ADDRESS,
    BROWSER,
    Playing,
    a_member,
    answer_requests,
    letters,
    mailed_events,
    request_reset,
    requests,
    tokens,
)
from tests.database.outbox_jobs import make_due, state
from tests.database.racing import raced
from vault import reset_requests
from vault.attempts import secret_hash
from vault.errors import VaultUnavailable


def test_request_answered_twice_or_by_twenty_workers_sends_one_letter(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Once, however often it is done: the others find nothing left to do (V-race)."""
    a_member(playing)
    request_reset()
    [job] = requests(admin)
    barrier = threading.Barrier(20)

    def answer(_number: int) -> str:
        barrier.wait(timeout=60)
        return reset_requests.answer(job)

    with playing("worker"), ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(answer, range(20)))
        assert reset_requests.answer(job) == "gone"
    assert Counter(answers) == {"answered": 1, "gone": 19}
    assert len(letters(admin)) == len(tokens(admin)) == len(mailed_events(admin)) == 1


def test_requests_for_the_same_accounts_answered_at_once_wait_for_each_other(
    admin: psycopg.Connection, playing: Playing
) -> None:
    """Twenty requests, by name and by address, for people who share addresses: no deadlock."""
    for number in range(4):
        a_member(playing, f"Ada {number}", password=False)
        a_member(playing, f"Eve {number}", "Ada@example.org", password=False)
    for number in range(20):
        if number % 2:
            request_reset(f"{('Ada', 'Eve')[number % 4 // 2]} {number % 4}")
        else:
            request_reset(None, address=ADDRESS)
    jobs = requests(admin)
    barrier = threading.Barrier(20)

    def answer(job: int) -> str:
        barrier.wait(timeout=60)
        return reset_requests.answer(job)

    with playing("worker"), ThreadPoolExecutor(20) as pool:
        assert set(pool.map(answer, jobs)) == {"answered"}
    assert len(letters(admin)) == 3


def test_request_whose_worker_died_is_answered_by_the_next(
    admin: psycopg.Connection, playing: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its answer was committed, nothing has happened; after it, nothing is left to do."""
    a_member(playing)
    request_reset()
    [job] = requests(admin)
    with playing("worker"), override_settings(MAIL_URL="file:///nonexistent"):
        with monkeypatch.context() as broken:

            def unplugged(*_: Any) -> Any:
                raise VaultUnavailable

            broken.setattr(reset_requests.connection, "row", unplugged)
            Worker(threads=1).run_once()
        assert state(admin, job)["error"] == "vault_unavailable"
        assert letters(admin) == tokens(admin) == []
        make_due(admin)
        Worker(threads=1).run_once()
        # The vault has answered, and the worker dies before it hears so: its lease runs out.
        assert reset_requests.answer(job) == "gone"
    assert requests(admin) == []
    assert len(letters(admin)) == len(tokens(admin)) == 1


def test_request_that_failed_in_the_middle_leaves_nothing_behind(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Letters, tokens and the request itself are one transaction."""
    a_member(playing)
    request_reset()
    [job] = requests(admin)
    [address] = (row["id"] for row in ask(admin, "SELECT id FROM vault.email_addresses"))
    with login("worker") as worker, worker.transaction(force_rollback=True):
        given = (job, [address], [0])
        assert call(worker, "api.answer_reset_v1", *given)["status"] == "answered"
    assert requests(admin) == [job]
    assert letters(admin) == tokens(admin) == []
    answer_requests(playing, admin)
    assert len(letters(admin)) == 1


def test_request_raced_by_a_hundred_is_asked_a_hundred_times(
    admin: psycopg.Connection, login: Login, playing: Playing
) -> None:
    """Asking never waits for anybody else who asks; the answers share three letters (V-race)."""
    a_member(playing)
    arguments = ("Ada", None, secret_hash(BROWSER), "en", NETWORK, AGENT)
    answers = raced(100, login, lambda c: call(c, "api.request_reset_v1", *arguments)["status"])
    assert set(answers) == {"asked"}
    answer_requests(playing, admin)
    assert len(letters(admin)) == 3
    assert Counter(one["detail"]["sent"] for one in mailed_events(admin)) == {True: 3, False: 97}
