"""PostgreSQL's traps 7, 9 and 11: open transactions, old snapshots, and locks held on purpose."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from demo.databases import VAULT_DATABASE
from demo.postgres import Server
from tests.conftest import superuser
from tests.database.asking import (
    Login,
    a_person,
    a_session,
    a_wiki,
    ask,
    call,
    guess,
    is_live,
    issue,
    judge,
    propose,
    prove,
    random_32,
    redeem,
    register,
    value,
    whose,
)
from tests.database.operating import an_operator, freshly
from tests.environment import dsn
from vault.connection import close_pools

BUDGET = 10
LIMITED = ("web", "operator", "worker")


# 7. Serialisation.


def test_open_transaction_on_one_account_blocks_no_other(
    admin: psycopg.Connection, login: Login
) -> None:
    """Events are plain inserts: whoever sits on an open transaction holds up only that account."""
    with login("web") as sitting, login("web") as web, login("worker") as worker:
        ada, bob = a_person(web), a_person(web, "Bob")
        admin.execute("DELETE FROM vault.event_salts")
        call(worker, "api.prune_v1")
        sitting.execute("BEGIN")
        propose(sitting, "Ada", ada.tag)
        # Whatever waited for what is held here would be refused after three seconds.
        assert guess(web, "Bob", bob.tag)["status"] == "right"
        assert register(web, "Cleo")["status"] == "created"
        sitting.execute("ROLLBACK")


def test_sign_in_to_a_wiki_that_is_being_suspended_holds_no_account_meanwhile(
    admin: psycopg.Connection, login: Login, server: Server
) -> None:
    """The wiki is locked before the account: otherwise four who wait could wait for ever."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with login("web") as web, superuser(server) as other, ThreadPoolExecutor() as pool:
        ada = a_person(web)
        a_wiki(admin)
        session = a_session(web, ada)
        parameters = whose(web, session)
        with admin.transaction():
            admin.execute("SELECT FROM vault.wikis FOR UPDATE")
            issued = pool.submit(issue, web, session, **parameters)
            while not value(other, waiting) and not issued.done():
                pass
            other.execute("SELECT FROM vault.accounts FOR UPDATE NOWAIT")
        assert issued.result()["status"] == "issued"


def test_salts_of_events_are_made_before_their_day(admin: psycopg.Connection, login: Login) -> None:
    """No event has to insert its day's salt, for which all others would wait."""
    admin.execute("DELETE FROM vault.event_salts")
    with login("worker") as worker:
        call(worker, "api.prune_v1")
    ahead = "SELECT count(*) FROM vault.event_salts WHERE day >= (now() AT TIME ZONE 'UTC')::date"
    assert value(admin, ahead) == 2


# 9. Clocks and snapshots.


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_isolation_level_that_freezes_a_snapshot_is_refused(
    admin: psycopg.Connection, login: Login, level: str
) -> None:
    """What was locked meanwhile must be seen: functions that judge answer under no other level."""
    with login("web") as web:
        ada = a_person(web)
        a_wiki(admin)
        session, proof = a_session(web, ada), prove(web, ada)
        waiting = propose(web, "Ada", ada.tag)["proposal"]
        code = issue(web, session)["code"]
        web.execute(f"SET default_transaction_isolation = '{level.lower()}'")
        from tests.database.asking import open_session

        for question in (
            lambda: propose(web, "Ada", ada.tag),
            lambda: judge(web, waiting),
            lambda: open_session(web, proof),
            lambda: is_live(web, session),
            lambda: issue(web, session),
            lambda: redeem(web, code),
            lambda: register(web, "Bob"),
            lambda: call(web, "api.end_session_v1", session, "", ""),
            lambda: call(web, "api.end_own_session_v1", session, uuid4(), "", ""),
        ):
            with pytest.raises(psycopg.errors.InvalidTransactionState):
                question()


def test_clock_inside_an_open_transaction_goes_on(admin: psycopg.Connection, login: Login) -> None:
    """A session that idles out while a transaction is open is dead in that transaction too."""
    with login("web") as web:
        session = a_session(web, a_person(web))
        web.execute("BEGIN")
        assert is_live(web, session)
        admin.execute("UPDATE vault.sessions SET idle_seconds = 1")
        time.sleep(1.1)
        assert not is_live(web, session)
        web.execute("ROLLBACK")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_day_of_a_budget_is_utc_whatever_the_time_zone(
    admin: psycopg.Connection, login: Login, zone: str
) -> None:
    """A caller that lives elsewhere gets no second day."""
    with login("web") as web:
        a_person(web)
        web.execute(f"SET TimeZone = '{zone}'")
        guess(web, "Ada", random_32())
    days = ask(
        admin, "SELECT day = (now() AT TIME ZONE 'UTC')::date AS utc FROM vault.guess_budgets"
    )
    assert days == [{"utc": True}]


# 11. Locks as a weapon.


def test_functions_that_write_wait_for_no_lock_longer_than_seconds(
    admin: psycopg.Connection,
) -> None:
    """Every function that a limited role may call and that writes sets its own lock_timeout."""
    patient = ask(
        admin,
        "SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'api'::regnamespace"
        " AND p.prosecdef AND p.provolatile = 'v'"
        " AND NOT coalesce('lock_timeout=3s' = ANY (p.proconfig), false)"
        " AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname IN ('authsite_web',"
        " 'authsite_operator', 'authsite_worker') AND has_function_privilege(r.oid, p.oid,"
        " 'EXECUTE'))",
    )
    assert patient == []


def test_lock_held_by_one_process_lets_the_others_answer_in_time(
    admin: psycopg.Connection, login: Login
) -> None:
    """Whoever holds Ada's row makes Ada's owner wait three seconds, not for ever."""
    with login("web") as web, login("web") as sitting:
        ada = a_person(web)
        proposal = propose(web, "Ada", ada.tag)["proposal"]
        sitting.execute("SET idle_in_transaction_session_timeout = 0")
        sitting.execute("BEGIN")
        judge(sitting, proposal)
        web.execute("SET lock_timeout = 0")
        started = time.monotonic()
        with pytest.raises(psycopg.errors.LockNotAvailable):
            judge(web, proposal)
        assert 2 < time.monotonic() - started < 30
        sitting.execute("ROLLBACK")


def test_backends_of_a_role_are_ended_by_a_chief_operator_alone(
    admin: psycopg.Connection, login: Login
) -> None:
    """The way out when a web process sits on a lock; for chiefs, and not against owners."""
    with login("web") as web, login("operator") as operator:
        person = a_person(web)
        for level in ("looker", "locker"):
            lesser = an_operator(admin, web, operator, username=level.title(), level=level)
            freshly(operator, lesser)
            assert call(operator, "api.end_backends_v1", lesser, "authsite_web")["status"] == -1
        chief = an_operator(admin, web, operator)
        for role in ("postgres", "authsite_migrate", "authsite_owner", None):
            freshly(operator, chief)
            assert call(operator, "api.end_backends_v1", chief, role)["status"] == -1
        unproven = call(operator, "api.end_backends_v1", chief, "authsite_web")
        assert unproven["status"] == -1
        freshly(operator, chief)
        sitting = psycopg.connect(dsn("web", VAULT_DATABASE))
        propose(sitting, person.username, person.tag)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            propose(web, person.username, person.tag)
        assert call(operator, "api.end_backends_v1", chief, "authsite_web")["status"] >= 2
        with pytest.raises(psycopg.OperationalError):
            sitting.execute("SELECT 1")
    close_pools()  # this process's own connections were web's too
    with login("web") as again:
        assert guess(again, person.username, person.tag)["status"] == "right"


def test_limited_roles_have_timeouts_of_their_own(vault: None, login: Login) -> None:
    """A forgotten transaction or an endless statement of web ends by itself."""
    with login("web") as web:
        assert value(web, "SHOW statement_timeout") == "15s"
    for role in LIMITED:
        with login(role) as connection:
            assert value(connection, "SHOW idle_in_transaction_session_timeout") in ("10s", "30s")
