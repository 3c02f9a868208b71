"""What the watch takes for odd, and what it does not, pattern by pattern."""

import time

import psycopg
import pytest

from tests.database.asking import (
    Login,
    a_person,
    a_wiki,
    call,
    propose,
    prove,
    random_32,
    value,
)
from tests.database.operating import an_operator
from tests.database.watching import (
    alerts,
    grow_older,
    happened,
    letters,
    somebody,
    watch,
    web,
    worker,
)

__all__ = ["web", "worker"]

SPEND = "api.spend_assertion_v1"


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


def test_assertion_shown_again_is_an_alert_for_its_wiki(
    admin: psycopg.Connection, web: psycopg.Connection, worker: psycopg.Connection
) -> None:
    """RFC 7523 section 3: one alert a wiki, from the first time on; none for new assertions."""
    for client_id in ("copied-1", "honest-1"):
        a_wiki(admin, client_id)
    shown, ends_at = random_32(), int(time.time()) + 60
    for digest, client_id in ((shown, "copied-1"), (random_32(), "honest-1")):
        assert call(web, SPEND, client_id, digest, ends_at)["status"] == "spent"
    assert watch(worker) == 0
    assert call(web, SPEND, "copied-1", shown, ends_at)["status"] == "replayed"
    assert watch(worker) == 1
    assert call(web, SPEND, "copied-1", shown, ends_at)["status"] == "replayed"
    assert watch(worker) == 0
    [alert] = alerts(admin)
    assert (alert["kind"], alert["subject"], alert["count"]) == (
        "assertions_replayed",
        "copied-1",
        2,
    )
    assert "copied" not in str(letters(admin))
    seen = "SELECT subject FROM views.alerts WHERE kind = 'assertions_replayed'"
    assert value(admin, seen) == "copied-1"


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
