"""Odd patterns become one alert each, normal traffic none (A7)."""

import psycopg
import pytest

from outbox import periodic
from tests.database.asking import (
    Login,
    a_person,
    a_session,
    ask,
    call,
    guess,
    value,
)
from tests.database.operating import an_operator
from tests.database.watching import (
    alerts,
    fail,
    grow_older,
    happened,
    letters,
    somebody,
    watch,
    web,
    worker,
)

__all__ = ["web", "worker"]

EVIL = "203.0.113.7/32"


def test_one_network_failing_over_200_accounts_raises_one_alert(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """500 failures over 200 accounts from one network, looked at while they go on: one alert.

    One row, one event, one letter, which count on; and the worker looks often enough that it is
    there within a minute.
    """
    names = [f"Person {n}" for n in range(200)]
    for name in names:
        somebody(admin, name)
    raised = 0
    for n in range(500):
        fail(web, names[n % 200], EVIL)
        if n % 25 == 0:
            raised += watch(worker)
    raised += watch(worker)
    [alert] = alerts(admin)
    assert raised == 1
    assert (alert["kind"], alert["count"], alert["detail"]) == (
        "one_network_many_names",
        500,
        {"names": 200},
    )
    assert len(letters(admin)) == 1
    assert value(admin, "SELECT count(*) FROM vault.events WHERE tag = 'site:alert:raised'") == 1
    [task] = [task for task in periodic.tasks() if task.name == "watch"]
    assert task.every_seconds <= 15


def test_normal_traffic_raises_no_alert(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """Sixty people sign in, a third of them mistype first, a classroom shares one network."""
    for n in range(60):
        person = a_person(web, f"Person {n}")
        for _ in range(2 if n % 3 == 0 else 0):
            fail(web, person.username, f"198.51.100.{n}/32")
        assert guess(web, person.username, person.tag)["status"] == "right"
    for n in range(12):
        fail(web, f"Pupil {n}", "192.0.2.1/32")
    assert watch(worker) == 0
    assert alerts(admin) == []


def test_names_that_nobody_has_are_told_apart_and_not_told(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """Guessing at unknown names is an alert too, and none of those names stands anywhere."""
    for n in range(40):
        fail(web, f"Nobody {n}", EVIL)
    assert watch(worker) == 1
    [alert] = alerts(admin)
    assert alert["detail"]["names"] >= 39  # two may share a budget
    for table in ("events", "alerts", "outbox"):
        rows = str(ask(admin, f"SELECT t::text FROM vault.{table} t"))
        assert "Nobody" not in rows
        assert "203.0.113" not in rows


def test_guess_at_one_name_again_and_again_is_no_alert(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """One name is the budget's business, known or not: also when it is throttled."""
    somebody(admin, "Ada")
    for name in ("Ada", "Nobody"):
        for _ in range(40):
            fail(web, name, EVIL)
    assert watch(worker) == 0


def test_failures_from_everywhere_raise_one_alert_for_all(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """Many networks with a few names each are one pattern, and no network's."""
    for n in range(102):
        fail(web, f"Nobody {n}", f"198.51.100.{n}/32")
    assert watch(worker) == 1
    [alert] = alerts(admin)
    assert (alert["kind"], alert["subject"]) == ("failures_over_accounts", "")
    assert watch(worker) == 0


def test_networks_that_explain_the_failures_are_their_own_alerts_alone(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """Two networks over sixty names each: two alerts, and none about failures everywhere."""
    for n in range(120):
        fail(web, f"Nobody {n}", f"203.0.113.{n % 2}/32")
    assert watch(worker) == 2
    assert {alert["kind"] for alert in alerts(admin)} == {"one_network_many_names"}


def test_busiest_network_is_no_part_of_failures_from_everywhere(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """What one network adds to a day's usual failures is never two alerts, nor one too early."""
    for n in range(90):
        fail(web, f"Nobody {n}", f"198.51.100.{n}/32")
    for n in range(90, 108):
        fail(web, f"Nobody {n}", EVIL)
    assert watch(worker) == 0
    for n in range(108, 120):
        fail(web, f"Nobody {n}", EVIL)
    assert watch(worker) == 1
    assert [alert["kind"] for alert in alerts(admin)] == ["one_network_many_names"]


def test_wave_over_many_networks_makes_a_handful_of_letters(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """Whoever attacks doesn't choose how many letters operators get: five, and one for the rest."""
    for n in range(180):
        fail(web, f"Nobody {n}", f"203.0.113.{n % 9}/32")
    assert watch(worker, one_network_many_names=10) == 6
    subjects = [alert["subject"] for alert in alerts(admin)]
    assert subjects.count("more") == 1
    assert [letter.get("more") for letter in letters(admin)].count(1) == 1
    assert len(letters(admin)) == 6
    assert watch(worker, one_network_many_names=10) == 0


def test_alert_that_was_quiet_for_an_hour_is_over_and_a_new_wave_is_a_new_one(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """The second wave writes a second letter."""
    happened(admin, "site:row:refused", what="session")
    assert watch(worker) == 1
    grow_older(admin, 50)
    assert watch(worker) == 0
    assert alerts(admin)[0]["is_open"]
    grow_older(admin, 15)
    assert watch(worker) == 0
    assert not alerts(admin)[0]["is_open"]
    happened(admin, "site:row:refused", what="session")
    assert watch(worker) == 1
    assert [alert["is_open"] for alert in alerts(admin)] == [False, True]
    assert len(letters(admin)) == 2


def test_alert_grows_by_what_is_new(admin: psycopg.Connection, worker: psycopg.Connection) -> None:
    """Looking again adds nothing; what happens meanwhile is added once."""
    happened(admin, "site:row:refused", what="wiki")
    for expected in (1, 1):
        watch(worker)
        assert alerts(admin)[0]["count"] == expected
    happened(admin, "site:row:refused", what="wiki", times=4)
    for expected in (5, 5):
        watch(worker)
        assert alerts(admin)[0]["count"] == expected


def test_alert_acknowledged_is_closed_and_its_wave_is_not_raised_again(
    admin: psycopg.Connection,
    web: psycopg.Connection,
    worker: psycopg.Connection,
    login: Login,
) -> None:
    """What was before the acknowledgement is known; what comes after it counts from nothing."""
    with login("operator") as operator:
        session = an_operator(admin, web, operator, level="locker")
        for n in range(30):
            fail(web, f"Nobody {n}", EVIL)
        assert watch(worker) == 1
        [alert] = alerts(admin)
        answer = call(operator, "api.acknowledge_alert_v1", session, alert["id"], " on it ")
        assert answer["status"] == "acknowledged"
        assert call(operator, "api.acknowledge_alert_v1", session, alert["id"], "")["status"] == (
            "already"
        )
    assert not alerts(admin)[0]["is_open"]
    for n in range(15):
        fail(web, f"Nobody {n}", EVIL)
    assert watch(worker) == 0
    for n in range(15, 40):
        fail(web, f"Nobody {n}", EVIL)
    assert watch(worker) == 1
    assert alerts(admin)[-1]["count"] == 40
    [detail] = [
        row["detail"]
        for row in ask(
            admin, "SELECT detail FROM vault.events WHERE tag = 'lockout:alert:acknowledged'"
        )
    ]
    assert detail == {"alert": alert["id"], "kind": alert["kind"], "reason": "on it"}


@pytest.mark.parametrize("level", ["looker", None])
def test_alert_is_acknowledged_by_no_looker_and_no_stranger(
    admin: psycopg.Connection,
    web: psycopg.Connection,
    worker: psycopg.Connection,
    login: Login,
    level: str | None,
) -> None:
    """It takes a live operator's session of the level locker; a public one is nothing."""
    happened(admin, "site:row:refused", what="wiki")
    watch(worker)
    with login("operator") as operator:
        session = (
            an_operator(admin, web, operator, level=level)
            if level
            else a_session(web, a_person(web))
        )
        alert = alerts(admin)[0]["id"]
        answer = call(operator, "api.acknowledge_alert_v1", session, alert, None)
        assert answer["status"] == "forbidden"
    assert alerts(admin)[0]["is_open"]


@pytest.mark.parametrize(
    "thresholds",
    [
        "[]",
        "7",
        '{"unknown_kind": 3}',
        '{"unjudged": 0}',
        '{"unjudged": -1}',
        '{"unjudged": 1001}',
        '{"unjudged": 2.5}',
        '{"unjudged": "3"}',
        '{"unjudged": null}',
        '{"rows_refused": 11}',
    ],
)
def test_threshold_beyond_the_vaults_bounds_is_refused(
    worker: psycopg.Connection, thresholds: str
) -> None:
    """No worker can be told to see nothing: the vault says how far a threshold may be moved."""
    assert call(worker, "api.watch_v1", thresholds)["status"] == "bad_request"


def test_watch_reads_the_last_minutes_of_a_long_trail_alone(
    admin: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """It finds its place by halving, in a trail with holes, and counts nothing older."""
    admin.execute(
        "INSERT INTO vault.events (tag, at) SELECT 'site:row:refused',"
        " clock_timestamp() - (5000 - n) * interval '1 minute' FROM generate_series(1, 4900) AS n"
    )
    admin.execute("DELETE FROM vault.events WHERE id % 3 = 0 OR id > 4000 AND id < 4500")
    assert watch(worker) == 0
    happened(admin, "site:row:refused", minutes_ago=10.1, what="wiki")
    assert watch(worker) == 0
    happened(admin, "site:row:refused", minutes_ago=9, what="wiki")
    first = value(admin, "SELECT vault.first_event_since(clock_timestamp() - interval '10 min')")
    assert first == value(admin, "SELECT max(id) FROM vault.events")
    assert watch(worker) == 1
    assert alerts(admin)[0]["count"] == 1


def test_two_workers_that_look_at_once_raise_one_alert(
    admin: psycopg.Connection, worker: psycopg.Connection, login: Login
) -> None:
    """The second waits for the first, finds its alert, and adds nothing twice."""
    happened(admin, "site:row:refused", what="wiki", times=3)
    with login("worker") as other:
        worker.execute("BEGIN")
        assert watch(worker) == 1
        import threading

        answers: list[int] = []
        thread = threading.Thread(target=lambda: answers.append(watch(other)))
        thread.start()
        while not value(
            admin,
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND usename = 'authsite_worker'",
        ):
            pass
        worker.execute("COMMIT")
        thread.join()
    assert answers == [0]
    assert len(letters(admin)) == 1
    assert alerts(admin)[0]["count"] == 3
