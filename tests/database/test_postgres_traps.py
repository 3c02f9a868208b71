"""PostgreSQL's traps 1 and 2: what a rollback or an error can be made to undo (as web)."""

from collections import Counter

import psycopg
import pytest
from psycopg import pq

from tests.database.asking import (
    Login,
    a_person,
    a_session,
    a_wiki,
    ask,
    call,
    granted,
    guess,
    issue,
    judge,
    propose,
    random_32,
    redeem,
    register,
    value,
)

BUDGET = 10
LIMITED = ("web", "operator", "worker")
VERDICTS = {"right", "wrong"}

_BOTH_HALVES = (
    "SELECT j.status FROM api.propose_password_v1(%s, %s, 'sign_in', %s, NULL, '', '') p"
    " CROSS JOIN LATERAL api.judge_password_v1(p.proposal) j"
)


# 1. Rollback undoes counters.


def test_guess_inside_an_open_transaction_is_not_judged(
    admin: psycopg.Connection, login: Login
) -> None:
    """BEGIN, guess, ROLLBACK, a hundred times: not one verdict, though the tag is the right one."""
    with login("web") as web:
        ada = a_person(web)
        heard: Counter[str] = Counter()
        for _ in range(100):
            web.execute("BEGIN")
            proposal = propose(web, "Ada", ada.tag)["proposal"]
            heard[judge(web, proposal)["status"]] += 1
            web.execute("ROLLBACK")
            heard[judge(web, proposal)["status"]] += 1
    assert heard == {"early": 100, "unknown": 100}


def test_guess_inside_a_savepoint_is_not_judged(admin: psycopg.Connection, login: Login) -> None:
    """A savepoint that is released or rolled back is still the same transaction."""
    with login("web") as web:
        ada = a_person(web)
        heard: Counter[str] = Counter()
        web.execute("BEGIN")
        for end in ("RELEASE", "ROLLBACK TO") * 20:
            web.execute("SAVEPOINT s")
            proposal = propose(web, "Ada", ada.tag)["proposal"]
            web.execute("SAVEPOINT t")
            heard[str(judge(web, proposal)["status"]) if proposal else "wait"] += 1
            web.execute("RELEASE t")
            web.execute(f"{end} s")
        web.execute("ROLLBACK")
    assert not VERDICTS & set(heard)
    assert heard["early"] >= BUDGET


def test_guess_in_one_statement_is_not_judged(admin: psycopg.Connection, login: Login) -> None:
    """Both halves in one SELECT are one transaction: refused, and charged all the same."""
    with login("web") as web:
        ada = a_person(web)
        heard = []
        for _ in range(BUDGET + 5):
            rows = web.execute(_BOTH_HALVES, ["Ada", ada.tag, random_32()]).fetchall()
            heard += [status for (status,) in rows]
    assert Counter(heard) == {"early": BUDGET, "unknown": 5}


def test_do_block_as_a_limited_role_is_refused(login: Login, vault: None) -> None:
    """None but the owner runs code of its own: no DO block, in either language."""
    for role in LIMITED:
        with login(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DO $$ BEGIN NULL; END $$")


def test_do_block_that_raises_gets_no_verdict(admin: psycopg.Connection, login: Login) -> None:
    """Even where a DO block is allowed, the guesses that it undoes were never judged."""
    heard: list[str] = []
    with login("web") as web, granted(admin, "USAGE ON LANGUAGE plpgsql"):
        ada = a_person(web)
        web.add_notice_handler(lambda notice: heard.append(str(notice.message_primary)))
        block = f"""
            DO $$
            DECLARE answer text;
            BEGIN
                FOR n IN 1..50 LOOP
                    BEGIN
                        SELECT j.status INTO answer FROM api.propose_password_v1('Ada',
                            '\\x{ada.tag.hex()}', 'sign_in', sha256('x'), NULL, '', '') p,
                            api.judge_password_v1(p.proposal) j;
                        RAISE NOTICE '%', answer;
                        RAISE EXCEPTION 'undo';
                    EXCEPTION WHEN raise_exception THEN NULL;
                    END;
                END LOOP;
                RAISE EXCEPTION 'undo all';
            END $$
        """
        with pytest.raises(psycopg.errors.RaiseException, match="undo all"):
            web.execute(block)
    assert Counter(heard) == {"early": 50}


def test_pipeline_without_sync_gets_no_verdict(admin: psycopg.Connection, login: Login) -> None:
    """Statements sent without a Sync between them are one transaction, and judged as such."""
    with login("web") as web:
        ada = a_person(web)
        pgconn = web.pgconn
        pgconn.enter_pipeline_mode()

        def send(statement: bytes, parameters: list[bytes | None]) -> bytes | None:
            pgconn.send_query_params(statement, parameters)
            pgconn.send_flush_request()
            pgconn.flush()
            result = pgconn.get_result()
            assert result is not None
            assert result.status == pq.ExecStatus.TUPLES_OK, result.error_message
            assert pgconn.get_result() is None
            return result.get_value(0, 0)

        heard: Counter[bytes | None] = Counter()
        for _ in range(5):
            proposal = send(
                b"SELECT proposal FROM api.propose_password_v1('Ada', $1::bytea, 'sign_in',"
                b" sha256('x'), NULL, '', '')",
                [b"\\x" + ada.tag.hex().encode()],
            )
            heard[send(b"SELECT status FROM api.judge_password_v1($1)", [proposal])] += 1
    assert heard == {b"early": 5}


def test_pipeline_of_whole_proofs_gets_no_more_verdicts_than_the_budget(
    admin: psycopg.Connection, login: Login
) -> None:
    """Thirty procedures at once down one wire: at most ten verdicts, each charged for good."""
    with login("web") as web:
        a_person(web)
        heard: list[str] = []
        try:
            with web.pipeline():
                cursors = [
                    web.execute(
                        "CALL api.prove_password_v1('Ada', %s, 'sign_in', %s, NULL, '', '')",
                        [random_32(), random_32()],
                    )
                    for _ in range(30)
                ]
                for cursor in cursors:
                    row = cursor.fetchone()
                    heard.append(row[0] if row else "nothing")
        except psycopg.errors.InvalidTransactionTermination:
            heard.append("refused")
    given = sum(count for status, count in Counter(heard).items() if status in VERDICTS)
    charged = value(admin, "SELECT coalesce(sum(day_count), 0) FROM vault.guess_budgets")
    judged = value(
        admin, "SELECT count(*) FROM vault.password_proposals WHERE outcome IN ('right', 'wrong')"
    )
    assert given <= charged <= BUDGET
    assert judged <= charged


def test_procedure_inside_an_open_transaction_is_refused(
    admin: psycopg.Connection, login: Login
) -> None:
    """The procedure that commits in between cannot be wrapped in anything that rolls it back."""
    with login("web") as web:
        ada = a_person(web)
        for _ in range(20):
            web.execute("BEGIN")
            with pytest.raises(psycopg.errors.InvalidTransactionTermination):
                web.execute(
                    "CALL api.prove_password_v1('Ada', %s, 'sign_in', %s, NULL, '', '')",
                    [ada.tag, random_32()],
                )
            web.execute("ROLLBACK")
    assert value(admin, "SELECT count(*) FROM vault.password_proposals") == 0


def test_verdict_that_is_rolled_back_stays_charged_and_is_written_down(
    admin: psycopg.Connection, login: Login
) -> None:
    """Taking back a verdict gives no guess back, and the trail names every one of them."""
    with login("web") as web, login("worker") as worker:
        a_person(web)
        heard = []
        for _ in range(BUDGET + 5):
            proposal = propose(web, "Ada", random_32())["proposal"]
            if proposal is None:
                heard.append("wait")
                continue
            for _again in range(2):
                web.execute("BEGIN")
                heard.append(judge(web, proposal)["status"])
                web.execute("ROLLBACK")
        assert Counter(heard) == {"wrong": 2 * BUDGET, "wait": 5}
        admin.execute(
            "UPDATE vault.password_proposals SET proposed_at = proposed_at - interval '2 minutes'"
        )
        call(worker, "api.prune_v1")
        call(worker, "api.prune_v1")
    tags = "SELECT count(*) FROM vault.events WHERE tag = 'account:password:unjudged'"
    assert value(admin, tags) == BUDGET
    assert (
        value(admin, "SELECT count(*) FROM vault.password_proposals WHERE digest IS NOT NULL") == 0
    )


# 2. Raising undoes too.


def test_refusal_is_a_status_word_and_its_trace_stays(
    admin: psycopg.Connection, login: Login
) -> None:
    """Wrong, wait, taken, alike, replayed: each answers, and what it wrote is there afterwards."""
    with login("web") as web:
        ada = a_person(web)
        a_wiki(admin)
        session = a_session(web, ada)
        heard = [guess(web, "Ada", random_32())["status"] for _ in range(BUDGET + 1)]
        heard.append(register(web, "Ada", skeletons=["another"])["status"])
        heard.append(register(web, "Ad\u0430", skeletons=["ada"])["status"])
        code = issue(web, session)["code"]
        heard += [redeem(web, code)["status"] for _ in range(2)]
    assert heard[-6:] == ["wrong", "wait", "taken", "alike", "redeemed", "replayed"]
    tags = Counter(row["tag"] for row in ask(admin, "SELECT tag FROM vault.events"))
    assert tags["account:password:wrong"] == BUDGET
    assert tags["account:password:throttled"] == 1
    assert tags["account:sign_up:refused"] == 2
    assert tags["wiki:code:refused"] == 1


def test_attempt_secret_that_is_used_twice_does_not_undo_the_verdict(
    admin: psycopg.Connection, login: Login
) -> None:
    """A caller cannot make a right guess raise, and so learn it without its being recorded."""
    secret = random_32()
    with login("web") as web:
        ada = a_person(web)
        for _ in range(2):
            assert guess(web, "Ada", ada.tag, attempt=secret)["status"] == "right"
    assert (
        value(admin, "SELECT count(*) FROM vault.events WHERE tag = 'account:password:right'") == 2
    )
