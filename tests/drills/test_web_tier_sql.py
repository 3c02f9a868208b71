"""The thief speaks SQL as authsite_web, any statement it likes, for as long as it likes."""

from collections import Counter
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import (
    Login,
    Person,
    a_person,
    a_session,
    ask,
    call,
    guess,
    is_live,
    judge,
    open_session,
    propose,
    prove,
    random_32,
    sha256,
    value,
)
from tests.database.operating import an_operator, freshly
from tests.drills.loot import Loot
from vault.connection import close_pools


def _fresh(web: psycopg.Connection, person: Person, session: bytes) -> bytes:
    return prove(web, person, purpose="reauthenticate", session=session).secret


def _add_app(web: psycopg.Connection, session: bytes, attempt: bytes) -> tuple[str, object]:
    """Adds a TOTP app of nonsense; gives the status and its id."""
    device = uuid4()
    status = call(
        web,
        "api.add_totp_v1",
        *(session, attempt, device, "app", random_32() * 2, random_32(), "t1"),
        *(value(web, "SELECT extract(epoch FROM now())::bigint / 30"), "en", "", ""),
    )["status"]
    return status, device


def test_web_tier_that_rolls_back_gets_no_verdict(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """A thousand guesses in transactions that are undone: each is judged never, or is charged."""
    with login("web") as web:
        ada = a_person(web)
        heard: Counter[str] = Counter()
        for number in range(1000):
            tag = ada.tag if number == 500 else random_32()
            with web.transaction(force_rollback=True):
                proposed = propose(web, "Ada", tag)
                with web.transaction():
                    heard[judge(web, proposed["proposal"])["status"]] += 1
        assert set(heard) == {"early"}
        assert value(admin, "SELECT count(*) FROM vault.guess_budgets") == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("DO $$ BEGIN PERFORM 1; END $$")
    loot.refused("free guesses by ROLLBACK, savepoints or DO")


def test_web_tier_shadows_no_table(vault: None, login: Login, loot: Loot) -> None:
    """It can make neither temporary tables nor schemas, functions, types or operators."""
    with login("web") as web:
        web.execute("SET search_path = pg_temp, vault, public")
        for statement in (
            "CREATE TEMP TABLE accounts (id uuid)",
            "CREATE SCHEMA mine",
            "CREATE TABLE public.accounts (id uuid)",
            "CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'",
            "CREATE OPERATOR public.= (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = byteaeq)",
            "CREATE TYPE public.uuid AS ENUM ()",
            "SELECT lo_create(0)",
            "SELECT pg_advisory_lock(1)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(statement)
        ada = a_person(web)
        assert guess(web, "Ada", ada.tag)["status"] == "right"
    loot.refused("a table, function or operator of its own in the way of the vault's")


def test_web_tier_reads_no_row_out_of_an_error(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """The same thing twice, and things that collide: statuses, or errors without a DETAIL."""
    with login("web") as web:
        ada = a_person(web)
        a_session(web, ada)
        hashes = [bytes(row["secret_hash"]) for row in ask(admin, "SELECT * FROM vault.sessions")]
        proof = prove(web, ada)
        assert open_session(web, proof, secret_hash=hashes[0]) == "bad_request"
        for statement, arguments in (
            ("SELECT api.judge_password_v1('not a uuid')", ()),
            ("SELECT api.open_session_v1(%s)", (hashes[0],)),
            ("SELECT api.resume_session_v1(%s::text)", (str(hashes[0]),)),
            ("SELECT 1 / (SELECT count(*) FROM vault.password_verifiers)", ()),
        ):
            with pytest.raises(psycopg.Error) as refused:
                web.execute(statement, arguments)
            assert not refused.value.diag.message_detail
    loot.refused("rows that an error message prints")


def test_web_tier_learns_counts_from_statistics_and_no_value(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """The catalogue is open to every login: names of tables and how many rows they have."""
    with login("web") as web:
        for name in ("Ada", "Bob", "Cyd"):
            a_person(web, name)
        admin.execute("ANALYZE")
        values = "SELECT * FROM pg_stats WHERE schemaname = 'vault'"
        assert ask(admin, values), "there are statistics with values in them"
        assert ask(web, values) == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("SELECT * FROM pg_statistic")
        bodies = ask(web, "SELECT prosrc FROM pg_proc WHERE pronamespace::regnamespace::text ~ 'a'")
        secret = value(admin, "SELECT secret FROM vault.site")
        assert bytes(secret).hex() not in str(bodies)
        counts = ask(web, "SELECT relname, reltuples FROM pg_class WHERE relname = 'accounts'")
        assert counts
    loot.refused("values out of the planner's statistics, secrets out of functions' text")
    loot.gained("how many rows each table has, and the text of the functions")


def test_web_tier_that_holds_a_lock_makes_others_wait_seconds(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """An open transaction on an account's row: others give up after three seconds, and a chief
    operator ends the backend."""
    with login("web") as web, login("operator") as operator:
        chief = an_operator(admin, web, operator)
        ada = a_person(web)
        session = a_session(web, ada)
        fresh = _fresh(web, ada, session)
        with login("web") as thief:
            thief.execute("SET idle_in_transaction_session_timeout = 0")
            thief.execute("BEGIN")
            assert _add_app(thief, session, fresh)[0] == "added"
            with pytest.raises(psycopg.errors.LockNotAvailable):
                prove(web, ada)
            assert is_live(web, session), "who is signed in stays so"
            freshly(operator, chief)
            assert call(operator, "api.end_backends_v1", chief, "authsite_web")["status"] >= 2
            with pytest.raises(psycopg.OperationalError):
                thief.execute("COMMIT")
    close_pools()  # this process's own connections were web's too
    with login("web") as web:
        assert guess(web, "Ada", ada.tag)["status"] == "right"
    loot.gained("delays for people whose rows it locks, until an operator ends its connections")
    loot.refused("waiting without end")


def test_web_tier_that_floods_one_person_sends_three_letters_an_hour(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """A hundred requests for a name: the answer is always the same, and whom it means is unread."""
    with login("web") as web:
        ada = a_person(web)
        admin.execute(
            "INSERT INTO vault.email_addresses (account_id, sealed, lookup_digest, lookup_key,"
            " is_primary, verified_at) VALUES (%s, 'sealed', %s, 't1', true, now())",
            [ada.account_id, random_32()],
        )
        answers = {
            call(web, "api.request_reset_v1", name, None, random_32(), "en", "", "")["status"]
            for name in ["Ada", "Nobody"] * 100
        }
        assert answers == {"asked"}
        jobs = ask(admin, "SELECT id FROM vault.outbox WHERE kind = 'reset_request'")
        for statement in (
            "SELECT * FROM api.reset_request_v1(%s)",
            "SELECT * FROM api.token_to_arm_v1(gen_random_uuid()) WHERE %s > 0",
            "SELECT * FROM vault.outbox WHERE id = %s",
            "SELECT api.answer_reset_v1(%s, '{}', '{}')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(statement, [jobs[0]["id"]])
    for job in jobs:
        found = ask(admin, "SELECT address_id FROM api.reset_request_v1(%s)", job["id"])
        meant = [row["address_id"] for row in found]
        call(admin, "api.answer_reset_v1", job["id"], meant, [0] * len(meant))
    letters = "SELECT count(*) FROM vault.outbox WHERE payload ? 'tokens'"
    assert value(admin, letters) == 3
    loot.refused("burying somebody in letters, or learning who has an account")


def test_web_tier_replays_no_attempt(admin: psycopg.Connection, login: Login, loot: Loot) -> None:
    """An attempt opens one session, and serves the session it was made in."""
    with login("web") as web:
        ada = a_person(web)
        proof = prove(web, ada)
        assert open_session(web, proof) == "opened"
        assert open_session(web, proof) == "gone"
        mine, other = a_session(web, ada), a_session(web, ada)
        fresh = _fresh(web, ada, mine)
        assert _add_app(web, other, fresh)[0] == "gone"
        assert _add_app(web, mine, proof.secret)[0] == "gone"
        admin.execute("UPDATE vault.attempts SET authenticated_at = now() - interval '6 minutes'")
        assert _add_app(web, mine, fresh)[0] == "gone"
    loot.refused("a second use of a proof, in another session, or after five minutes")


def test_web_tier_touches_nothing_by_somebody_elses_id(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """Ids of another account's session, app, passkey, app password or address are worth nothing."""
    with login("web") as web:
        ada, mallory = a_person(web), a_person(web, "Mallory")
        session = a_session(web, ada)
        status, device = _add_app(web, session, _fresh(web, ada, session))
        assert status == "added"
        mine = a_session(web, mallory)
        fresh = _fresh(web, mallory, mine)
        sid = value(admin, "SELECT sid FROM vault.sessions WHERE secret_hash = %s", sha256(session))
        for function, arguments, expected in (
            ("api.remove_totp_v1", (mine, fresh, device, "en", "", ""), "unknown"),
            ("api.rename_totp_v1", (mine, device, "x"), "unknown"),
            ("api.end_own_session_v1", (mine, sid, "", ""), "gone"),
            ("api.remove_passkey_v1", (mine, fresh, random_32(), "en", "", ""), "unknown"),
            ("api.revoke_app_password_v1", (mine, uuid4(), "", ""), "unknown"),
            ("api.remove_address_v1", (mine, fresh, uuid4(), "en", "", ""), "unknown"),
        ):
            assert call(web, function, *arguments)["status"] == expected
        assert value(admin, "SELECT count(*) FROM vault.totp_devices") == 1
        assert is_live(web, session)
    loot.refused("other people's sessions and credentials, by their ids")


def test_web_tier_opens_totp_secrets_one_charged_time_at_a_time(
    admin: psycopg.Connection, login: Login, loot: Loot
) -> None:
    """Only within an attempt that has a first proof; ten openings, and the attempt is over."""
    with login("web") as web:
        ada = a_person(web)
        session = a_session(web, ada)
        assert _add_app(web, session, _fresh(web, ada, session))[0] == "added"
        for nothing in (random_32(), session, b""):
            assert call(web, "api.propose_totp_v1", nothing, "", "")["status"] == "gone"
        proof = prove(web, ada)
        heard = Counter(
            ask(web, "CALL api.ask_totp_v1(%s, '', '')", proof.secret)[0]["status"]
            for _ in range(15)
        )
        assert heard["opened"] == 10
        assert set(heard) == {"opened", "ended", "gone"}
        assert open_session(web, proof) == "gone"
        opened = "SELECT count(*) FROM vault.events WHERE tag = 'account:totp:opened'"
        assert value(admin, opened) == 10
    loot.gained("sealed TOTP secrets of people whose password it saw, each opening written down")
    loot.refused("the others' secrets, singly or in bulk")
