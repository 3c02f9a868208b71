"""Odd patterns become one alert each, normal traffic none (A7)."""

from collections.abc import Iterator

import psycopg
import pytest

from outbox import periodic
from tests.database.asking import (
    Login,
    a_person,
    a_session,
    an_operator,
    ask,
    call,
    guess,
    propose,
    prove,
    random_32,
    value,
)
from tests.database.watching import (
    alerts,
    fail,
    grow_older,
    happened,
    letters,
    somebody,
    watch,
)

EVIL = "203.0.113.7/32"


@pytest.fixture
def web(vault: None, login: Login) -> Iterator[psycopg.Connection]:
    """The public site's own connection."""
    with login("web") as connection:
        yield connection


@pytest.fixture
def worker(vault: None, login: Login) -> Iterator[psycopg.Connection]:
    """The worker's own connection."""
    with login("worker") as connection:
        yield connection


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


def test_row_refused_is_an_alert_for_each_kind_of_row_that_there_is(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """Any process may report; what it makes up is one kind, and its words go nowhere."""
    call(web, "api.report_row_v1", "session", "7")
    for word in ("your_bank", "call_me"):
        call(web, "api.report_row_v1", word, "Call 0900 now")
    assert watch(worker) == 2
    assert {alert["subject"] for alert in alerts(admin, "rows_refused")} == {"session", "other"}
    assert "0900" not in str(letters(admin))
    assert "bank" not in str(letters(admin))


def test_guess_without_a_verdict_is_an_alert_once_it_is_late(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """Three proposals that nobody has judged are written down by the watch, and an alert."""
    person = a_person(web)
    for _ in range(3):
        propose(web, person.username, random_32())
    assert watch(worker) == 0
    grow_older(admin, 2)
    assert watch(worker) == 1
    assert alerts(admin)[0]["kind"] == "unjudged"
    unjudged = "SELECT count(*) FROM vault.events WHERE tag = 'account:password:unjudged'"
    assert value(admin, unjudged) == 3
    worker.execute("SELECT api.prune_v1()")
    assert value(admin, unjudged) == 3


def test_second_factor_without_a_verdict_is_an_alert_once_it_is_late(
    admin: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """A secret that was opened without a word about the code counts like a guess never judged."""
    for outcome in (None, "opened", "opened", "right", "wrong"):
        admin.execute(
            "INSERT INTO vault.factor_proposals (kind, subject, proposed_in, outcome)"
            " VALUES ('totp', '', pg_current_xact_id(), %s)",
            [outcome],
        )
    grow_older(admin, 2)
    assert watch(worker) == 1
    assert (alerts(admin)[0]["kind"], alerts(admin)[0]["count"]) == ("unjudged", 3)
    unjudged = "SELECT count(*) FROM vault.events WHERE tag = 'account:factor:unjudged'"
    assert value(admin, unjudged) == 3


def test_guess_judged_in_a_transaction_that_stays_open_is_an_alert(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection, login: Login
) -> None:
    """Whoever hears the verdict and withholds its record is seen, and holds nobody up."""
    person = a_person(web)
    proposals = [propose(web, person.username, random_32())["proposal"] for _ in range(3)]
    with login("web") as thief:
        thief.execute("SET idle_in_transaction_session_timeout = 0")
        thief.execute("BEGIN")
        for proposal in proposals:
            assert call(thief, "api.judge_password_v1", proposal)["status"] == "wrong"
        admin.execute("SET lock_timeout = '1s'")
        late = "UPDATE vault.policy SET seconds = %s WHERE name = 'proposal'"
        # The rows are held: their time cannot be moved, but how long they may take can.
        admin.execute(late, [1])
        try:
            admin.execute("SELECT pg_sleep(1.1)")
            assert watch(worker) == 1
        finally:
            admin.execute(late, [60])
        thief.execute("ROLLBACK")
    assert alerts(admin)[0]["kind"] == "unjudged"


def test_prune_writes_down_an_unjudged_guess_of_any_age(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """What the watch missed while no worker ran is not lost."""
    propose(web, a_person(web).username, random_32())
    grow_older(admin, 300)
    watch(worker)
    unjudged = "SELECT count(*) FROM vault.events WHERE tag = 'account:password:unjudged'"
    assert value(admin, unjudged) == 0
    worker.execute("SELECT api.prune_v1()")
    assert value(admin, unjudged) == 1


def test_right_passwords_with_wrong_second_factors_are_an_alert_for_their_account(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """Five of each; whose codes are right is none, nor who mistypes many at one sign-in."""
    taken, busy, clumsy = (a_person(web, name) for name in ("Ada", "Bob", "Cleo"))
    for _ in range(5):
        for person in (taken, busy):
            prove(web, person)
            happened(admin, "account:totp:opened", account=person.account_id)
        happened(admin, "account:factor:right", account=busy.account_id, kind="totp")
        happened(admin, "account:factor:wrong", account=taken.account_id, kind="totp")
    prove(web, clumsy)
    happened(admin, "account:factor:wrong", account=clumsy.account_id, kind="totp", times=6)
    assert watch(worker) == 1
    [alert] = alerts(admin)
    assert (alert["kind"], alert["subject"], alert["count"], alert["detail"]) == (
        "right_password_wrong_factor",
        str(taken.account_id),
        5,
        {"passwords": 5},
    )
    assert "Ada" not in str(letters(admin))
    assert str(taken.account_id) not in str(letters(admin))


def test_passkey_whose_counter_goes_back_is_an_alert(
    admin: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """Once is enough (WebAuthn L3 section 6.1.1): a copy of an authenticator may be about."""
    happened(admin, "account:passkey:counter", account=somebody(admin, "Ada"))
    assert watch(worker) == 1
    assert alerts(admin)[0]["kind"] == "sign_count_back"


@pytest.mark.parametrize(
    ("kind", "tag"),
    [
        ("factor_openings", "account:totp:opened"),
        ("factor_openings", "account:factor:wrong"),
        ("token_requests", "account:token:requested"),
    ],
)
def test_rate_beyond_the_threshold_and_beyond_the_usual_is_an_alert(
    admin: psycopg.Connection, worker: psycopg.Connection, kind: str, tag: str
) -> None:
    """Forty in ten minutes where there are six: an alert. Where there are always forty: none."""
    thresholds = {kind: 20, "usual_times": 5}
    happened(admin, tag, times=19)
    assert watch(worker, **thresholds) == 0
    happened(admin, tag, times=21)
    assert watch(worker, **thresholds) == 1
    assert alerts(admin)[0]["kind"] == kind
    admin.execute("TRUNCATE vault.alerts, vault.usual_rates")
    admin.execute(
        "INSERT INTO vault.usual_rates (kind, slot, count)"
        " SELECT %s, clock_timestamp() - n * interval '10 minutes', 9"
        " FROM generate_series(3, 140) AS n",
        [kind],
    )
    assert watch(worker, **thresholds) == 0
    happened(admin, tag, times=6)
    assert watch(worker, **thresholds) == 1
    assert alerts(admin)[0]["detail"] == {"usual": 9}


def test_wrong_code_of_an_app_is_one_try_and_not_two(
    admin: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """Its secret was opened for it, and that was counted."""
    happened(admin, "account:totp:opened", times=15)
    happened(admin, "account:factor:wrong", times=15, kind="totp")
    assert watch(worker, factor_openings=20) == 0


def test_rate_of_a_wave_is_not_its_own_excuse(
    admin: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """What happened in these ten minutes isn't yet usual; an hour later it is a part of it."""
    happened(admin, "account:token:requested", times=100)
    assert watch(worker) == 1
    rates = "SELECT sum(count) FROM vault.usual_rates WHERE kind = 'token_requests'"
    assert value(admin, rates) == 100
    watch(worker)
    assert value(admin, rates) == 100


def test_dead_letters_and_jobs_that_wait_too_long_are_alerts(
    admin: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """Three given up at once; ten that wait for more than five minutes, until they are gone."""
    admin.execute(
        "INSERT INTO vault.outbox (kind, payload, buried_at)"
        " SELECT 'letter', '{}', clock_timestamp() FROM generate_series(1, 3)"
    )
    assert watch(worker) == 1
    assert alerts(admin)[0]["kind"] == "dead_letters"
    admin.execute(
        "INSERT INTO vault.outbox (kind, payload) SELECT 'letter', '{}' FROM generate_series(1, 12)"
    )
    assert watch(worker) == 0
    grow_older(admin, 6)
    assert watch(worker) == 1
    behind = alerts(admin, "outbox_behind")[0]
    assert behind["count"] >= 12
    watch(worker)
    assert alerts(admin, "outbox_behind")[0]["count"] == behind["count"]
    admin.execute("UPDATE vault.outbox SET done_at = clock_timestamp() WHERE kind = 'letter'")
    grow_older(admin, 70)
    watch(worker)
    assert not alerts(admin, "outbox_behind")[0]["is_open"]


def test_jobs_that_wait_and_were_acknowledged_are_not_raised_again(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection, login: Login
) -> None:
    """A wiki that is known to be down does not nag; what joins later counts anew."""
    admin.execute(
        "INSERT INTO vault.outbox (kind, payload) SELECT 'letter', '{}' FROM generate_series(1, 10)"
    )
    grow_older(admin, 6)
    assert watch(worker) == 1
    with login("operator") as operator:
        session = an_operator(admin, web, operator)
        call(operator, "api.acknowledge_alert_v1", session, alerts(admin)[0]["id"], None)
    grow_older(admin, 120)
    assert watch(worker) == 0


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
