"""Signing keys on a schedule: the worker makes the next in time, once, and never in a lockout."""

import json
import threading
from collections.abc import Iterator

import psycopg
import pytest

from emergency.actions.signing_key_lockout import restore_keys, withdraw_keys
from tests.database.asking import Login, ask, call, value
from tests.database.console import Playing
from tests.database.examining import QUICK, examine, red
from tests.database.racing import raced
from tests.database.rotating import kept_keys
from tests.database.test_signing_key_rotation import published
from vault import signing_keys

AGE = "UPDATE vault.signing_keys SET created_at = clock_timestamp() - %s::interval"
ACTIVE = "SELECT kid FROM vault.signing_keys WHERE state = 'active' ORDER BY kid"


@pytest.fixture(autouse=True)
def kept(vault: None, admin: psycopg.Connection) -> Iterator[None]:
    """The signing keys of all tests, made just now, whatever becomes of them in this one."""
    with kept_keys(admin):
        admin.execute(AGE, ["0 days"])  # other tests move all times that there are
        yield


def arguments(alg: str = "ES256") -> list[object]:
    """What a worker comes with: a new key of that algorithm."""
    new = signing_keys._new_key(alg)
    return [new.kid, alg, new.public, new.sealed]


def rotate(worker: psycopg.Connection, alg: str = "ES256") -> str:
    """A worker that comes with a new key: the vault's answer."""
    return str(call(worker, "api.rotate_signing_key_v1", *arguments(alg))["status"])


def test_worker_makes_the_next_key_of_each_algorithm_when_it_is_due(
    playing: Playing, admin: psycopg.Connection
) -> None:
    """Ninety days old: published at once, signing after an hour, and the trail says by whom."""
    before, signing = published()
    admin.execute(AGE, ["90 days 1 minute"])
    with playing("worker"):
        made = signing_keys.create_due()
        assert set(made) == set(signing_keys.ALGORITHMS)
        assert signing_keys.create_due() == {}
    assert published() == (before | set(made.values()), signing)
    admin.execute("UPDATE vault.signing_keys SET retired_at = retired_at - interval '61 minutes'")
    assert published() == (before | set(made.values()), made)
    trail = ask(
        admin, "SELECT detail FROM vault.events WHERE detail ->> 'by' = 'worker' ORDER BY id"
    )
    assert [row["detail"] for row in trail] == [
        {"kid": made[alg], "alg": alg, "state": "active", "by": "worker"}
        for alg in signing_keys.ALGORITHMS
    ]


@pytest.mark.parametrize("age", ["0 days", "89 days 23 hours"])
def test_worker_makes_no_key_before_its_time(
    playing: Playing, admin: psycopg.Connection, login: Login, age: str
) -> None:
    """Neither asked nor unasked: code inside the worker makes none either."""
    before = published()
    admin.execute(AGE, [age])
    with playing("worker"):
        assert signing_keys.create_due() == {}
    with login("worker") as worker:
        assert rotate(worker) == "not_due"
    assert published() == before


def test_one_key_is_made_by_however_many_workers(admin: psycopg.Connection, login: Login) -> None:
    """Twenty come with one each in the same moment: one is taken, and one is active."""
    admin.execute(AGE, ["91 days"])
    keys = [arguments() for _ in range(20)]
    answers = raced(
        20,
        login,
        lambda worker: call(worker, "api.rotate_signing_key_v1", *keys.pop())["status"],
        role="worker",
    )
    assert sorted(answers) == ["added"] + ["not_due"] * 19
    assert value(admin, "SELECT count(*) FROM vault.signing_keys WHERE alg = 'ES256'") == 2
    assert len(ask(admin, ACTIVE)) == 2


def test_no_key_is_made_while_a_lockout_of_the_keys_holds(
    playing: Playing, admin: psycopg.Connection, login: Login
) -> None:
    """What signs then is for the console to say; once it is lifted, the schedule goes on."""
    admin.execute(AGE, ["91 days"])
    with playing("owner"):
        withdraw_keys("seen in a log", by=None)
        for alg in signing_keys.ALGORITHMS:
            signing_keys.create(alg)
    admin.execute(AGE, ["91 days"])
    with login("worker") as worker:
        assert rotate(worker) == "not_due"
    with playing("owner"):
        restore_keys("a false alarm", by=None)
    with login("worker") as worker:
        assert rotate(worker) == "added"


def test_key_that_is_made_while_a_lockout_begins_is_taken_by_it(
    playing: Playing, admin: psycopg.Connection, login: Login
) -> None:
    """Whichever comes first, nothing signs once the lockout is placed."""
    admin.execute(AGE, ["91 days"])
    kids: list[str] = []

    def withdraw() -> None:
        kids.extend(withdraw_keys("seen in a log", by=None).kids)

    with login("worker") as worker, playing("owner"):
        worker.execute("BEGIN")
        assert rotate(worker) == "added"
        locking = threading.Thread(target=withdraw)
        locking.start()
        locking.join(timeout=0.5)
        assert locking.is_alive()
        worker.execute("COMMIT")
        locking.join(timeout=60)
    assert len(kids) == 3
    assert published() == (set(), {})


def test_asking_for_a_key_that_is_not_due_holds_up_nobody(playing: Playing, login: Login) -> None:
    """Code inside the worker cannot keep a lockout waiting by an open transaction."""
    with login("worker") as worker, playing("owner"):
        worker.execute("BEGIN")
        assert rotate(worker) == "not_due"
        assert withdraw_keys("seen in a log", by=None).kids


def test_key_that_cannot_be_one_is_refused_before_anything_is_done(
    admin: psycopg.Connection, login: Login
) -> None:
    """Each argument; an id that exists is not taken over either."""
    admin.execute(AGE, ["91 days"])
    before = ask(admin, "SELECT * FROM vault.signing_keys ORDER BY kid")
    kid, alg, public, sealed = arguments()
    wrong = [
        [None, alg, public, sealed],
        ["short", alg, public, sealed],
        [before[0]["kid"], alg, public, sealed],
        [kid, alg, None, sealed],
        [kid, alg, json.dumps([1]), sealed],
        [kid, alg, json.dumps({"n": "x" * 5000}), sealed],
        [kid, alg, public, None],
        [kid, alg, public, b""],
        [kid, alg, public, b"x" * 9000],
    ]
    with login("worker") as worker:
        for given in wrong:
            assert call(worker, "api.rotate_signing_key_v1", *given)["status"] == "bad_request"
        for unknown in (None, "HS256", "none"):
            answer = call(worker, "api.rotate_signing_key_v1", kid, unknown, public, sealed)
            assert answer["status"] == "not_due"
    assert ask(admin, "SELECT * FROM vault.signing_keys ORDER BY kid") == before


def test_key_that_no_worker_replaced_is_found_by_the_doctor(
    playing: Playing, admin: psycopg.Connection
) -> None:
    """A day after it was due: nobody has to look at the calendar."""
    admin.execute(AGE, ["90 days 23 hours"])
    assert red(examine(playing, without=QUICK)) == {}
    admin.execute(AGE, ["92 days"])
    found = red(examine(playing, without=QUICK))
    assert found == {
        "signing-keys-on-schedule": tuple(
            f"the {alg} key has signed for 92 days" for alg in ("ES256", "RS256")
        )
    }


def test_period_of_the_schedule_is_registered_for_the_worker() -> None:
    """Django's start is enough."""
    from outbox.periodic import tasks
    from sso.services.keys import create_due_keys

    [task] = [task for task in tasks() if task.name == "signing_keys"]
    assert task.function is create_due_keys
    assert task.every_seconds <= 86_400
