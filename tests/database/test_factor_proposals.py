"""PostgreSQL's traps 1 and 2 for second factors: what is undone was neither opened nor judged."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import pq

from tests.database.asking import (
    AGENT,
    NETWORK,
    Login,
    Person,
    Row,
    a_person,
    ask,
    call,
    granted,
    open_session,
    prove,
    random_32,
    sha256,
    value,
)
from tests.database.factors import (
    a_passkey,
    an_app,
    guess_code,
    open_totp,
    opened,
    propose_code,
    propose_totp,
    some_codes,
)
from tests.database.operating import shown

TEN = 10


@dataclass(frozen=True)
class Setting:
    """Somebody's password has been proven; their app and codes are what is wanted."""

    web: psycopg.Connection
    person: Person
    attempt: bytes
    tags: list[bytes]

    def propose(self, kind: str) -> Row:
        """Charges a guess of that kind, at a right code."""
        if kind == "totp":
            return propose_totp(self.web, self.attempt)
        return propose_code(self.web, self.attempt, self.tags[0])

    def judge(self, kind: str, proposal: Any) -> Row:
        """Asks for what was charged."""
        if kind == "totp":
            return open_totp(self.web, proposal)
        return call(self.web, "api.judge_recovery_code_v1", proposal)


@pytest.fixture
def setting(admin: psycopg.Connection, login: Login) -> Iterator[Setting]:
    """Somebody with an app and recovery codes, and an attempt of theirs."""
    with login("web") as web:
        person = a_person(web)
        an_app(admin, person)
        tags = some_codes(admin, person)
        yield Setting(web, person, prove(web, person).secret, tags)


KINDS = pytest.mark.parametrize("kind", ["totp", "recovery_code"])
VERDICTS = {"opened", "right", "wrong", "ended"}


@KINDS
def test_opening_inside_an_open_transaction_opens_nothing(setting: Setting, kind: str) -> None:
    """BEGIN, charge, ask, ROLLBACK, a hundred times: not one secret, not one verdict."""
    heard: Counter[str] = Counter()
    for _ in range(100):
        setting.web.execute("BEGIN")
        proposal = setting.propose(kind)["proposal"]
        answer = setting.judge(kind, proposal)
        setting.web.execute("ROLLBACK")
        heard[answer["status"]] += 1
        assert not answer.get("sealed")
        heard[setting.judge(kind, proposal)["status"]] += 1
    assert heard == {"early": 100, "unknown": 100}


@KINDS
def test_opening_inside_a_savepoint_opens_nothing(setting: Setting, kind: str) -> None:
    """A savepoint that is released or rolled back is still the same transaction."""
    heard: Counter[str] = Counter()
    setting.web.execute("BEGIN")
    for end in ("RELEASE", "ROLLBACK TO") * 20:
        setting.web.execute("SAVEPOINT s")
        proposed = setting.propose(kind)
        setting.web.execute("SAVEPOINT t")
        if proposed["proposal"]:
            heard[setting.judge(kind, proposed["proposal"])["status"]] += 1
        setting.web.execute("RELEASE t")
        setting.web.execute(f"{end} s")
    setting.web.execute("ROLLBACK")
    assert set(heard) == {"early"}
    assert heard["early"] >= TEN


_BOTH_HALVES = {
    "totp": "SELECT o.status, o.sealed FROM api.propose_totp_v1(%s, '', '') p"
    " CROSS JOIN LATERAL api.open_totp_v1(p.proposal) o",
    "recovery_code": "SELECT j.status, j.proof FROM api.propose_recovery_code_v1(%s, %s, '', '') p"
    " CROSS JOIN LATERAL api.judge_recovery_code_v1(p.proposal) j",
}


@KINDS
def test_opening_in_one_statement_opens_nothing_and_is_charged(
    setting: Setting, admin: psycopg.Connection, kind: str
) -> None:
    """Both halves in one SELECT are one transaction: refused, and never uncharged."""
    given = [setting.attempt] if kind == "totp" else [setting.attempt, setting.tags[0]]
    heard = []
    for _ in range(TEN + 2):
        heard += setting.web.execute(_BOTH_HALVES[kind], given).fetchall()
    assert Counter(status for status, _ in heard) == {"early": TEN, "unknown": 2}
    assert {what for _, what in heard} == {None}
    assert value(admin, "SELECT in_a_row FROM vault.guess_budgets WHERE in_a_row > 0") == TEN


def test_do_block_that_raises_opens_nothing(setting: Setting, admin: psycopg.Connection) -> None:
    """Even where a DO block is allowed, what it undoes was never opened or judged."""
    heard: list[str] = []
    attempt, tag = setting.attempt.hex(), setting.tags[0].hex()
    setting.web.add_notice_handler(lambda notice: heard.append(str(notice.message_primary)))
    block = f"""
        DO $$
        DECLARE answer text;
        BEGIN
            FOR n IN 1..25 LOOP
                BEGIN
                    SELECT o.status INTO answer FROM api.propose_totp_v1('\\x{attempt}', '', '') p,
                        api.open_totp_v1(p.proposal) o;
                    RAISE NOTICE '%', answer;
                    SELECT j.status INTO answer FROM
                        api.propose_recovery_code_v1('\\x{attempt}', '\\x{tag}', '', '') p,
                        api.judge_recovery_code_v1(p.proposal) j;
                    RAISE NOTICE '%', answer;
                    RAISE EXCEPTION 'undo';
                EXCEPTION WHEN raise_exception THEN NULL;
                END;
            END LOOP;
            RAISE EXCEPTION 'undo all';
        END $$
    """
    with (
        granted(admin, "USAGE ON LANGUAGE plpgsql"),
        pytest.raises(psycopg.errors.RaiseException, match="undo all"),
    ):
        setting.web.execute(block)
    assert Counter(heard) == {"early": 50}


def test_pipeline_without_sync_opens_nothing(setting: Setting) -> None:
    """Statements sent without a Sync between them are one transaction, and judged as such."""
    pgconn = setting.web.pgconn
    pgconn.enter_pipeline_mode()

    def send(statement: bytes, parameter: bytes | None) -> bytes | None:
        pgconn.send_query_params(statement, [parameter])
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
            b"SELECT proposal FROM api.propose_totp_v1($1::bytea, '', '')",
            b"\\x" + setting.attempt.hex().encode(),
        )
        heard[send(b"SELECT status FROM api.open_totp_v1($1)", proposal)] += 1
    assert heard == {b"early": 5}


_PROCEDURES = {
    "totp": "CALL api.ask_totp_v1(%s, '', '')",
    "recovery_code": "CALL api.prove_recovery_code_v1(%s, %s, '', '')",
}


@KINDS
def test_procedure_inside_an_open_transaction_is_refused(
    setting: Setting, admin: psycopg.Connection, kind: str
) -> None:
    """The procedure that commits in between cannot be wrapped in anything that rolls it back."""
    given = [setting.attempt] if kind == "totp" else [setting.attempt, setting.tags[0]]
    for _ in range(20):
        setting.web.execute("BEGIN")
        with pytest.raises(psycopg.errors.InvalidTransactionTermination):
            setting.web.execute(_PROCEDURES[kind], given)
        setting.web.execute("ROLLBACK")
    assert value(admin, "SELECT count(*) FROM vault.factor_proposals") == 0


@KINDS
def test_pipeline_of_whole_proofs_opens_no_more_than_the_budget(
    setting: Setting, admin: psycopg.Connection, kind: str
) -> None:
    """Thirty procedures at once down one wire: at most ten answers, each charged for good."""
    heard: list[str] = []
    given = [setting.attempt] if kind == "totp" else [setting.attempt, random_32()]
    try:
        with setting.web.pipeline():
            cursors = [setting.web.execute(_PROCEDURES[kind], given) for _ in range(30)]
            for cursor in cursors:
                row = cursor.fetchone()
                heard.append(row[0] if row else "nothing")
    except psycopg.errors.InvalidTransactionTermination:
        heard.append("refused")
    answered = sum(count for status, count in Counter(heard).items() if status in VERDICTS)
    charged = value(admin, "SELECT coalesce(max(wrong_factors), 0) FROM vault.attempts")
    assert answered <= charged <= TEN


@KINDS
def test_answer_that_is_rolled_back_stays_charged_and_is_written_down(
    setting: Setting, admin: psycopg.Connection, login: Login, kind: str
) -> None:
    """Taking back an answer gives no guess back, and the trail names every one of them."""
    heard = []
    for _ in range(TEN):
        proposal = setting.propose(kind)["proposal"]
        for _again in range(2):
            setting.web.execute("BEGIN")
            heard.append(setting.judge(kind, proposal)["status"])
            setting.web.execute("ROLLBACK")
    assert Counter(heard) == {"opened" if kind == "totp" else "right": 2 * TEN}
    assert setting.propose(kind)["status"] == "ended"
    admin.execute(
        "UPDATE vault.factor_proposals SET proposed_at = proposed_at - interval '2 minutes'"
    )
    with login("worker") as worker:
        call(worker, "api.prune_v1")
        call(worker, "api.prune_v1")
    unjudged = ask(
        admin, "SELECT detail, account_id FROM vault.events WHERE tag = 'account:factor:unjudged'"
    )
    assert unjudged == [{"detail": {"kind": kind}, "account_id": setting.person.account_id}] * TEN
    assert value(admin, "SELECT count(*) FROM vault.factor_proposals WHERE digest IS NOT NULL") == 0


def test_opening_of_which_nobody_says_a_word_is_written_down(
    setting: Setting, admin: psycopg.Connection, login: Login
) -> None:
    """A web process that opens a secret and keeps silent cannot hide it."""
    opened(setting.web, setting.attempt)
    admin.execute(
        "UPDATE vault.factor_proposals SET proposed_at = proposed_at - interval '2 minutes'"
    )
    with login("worker") as worker:
        call(worker, "api.prune_v1")
    tags = Counter(row["tag"] for row in ask(admin, "SELECT tag FROM vault.events"))
    assert (tags["account:totp:opened"], tags["account:factor:unjudged"]) == (1, 1)


@KINDS
def test_proposal_is_answered_once_and_as_its_own_kind(setting: Setting, kind: str) -> None:
    """V-replay: a second time it is unknown, and so it is to every other question."""
    other = "recovery_code" if kind == "totp" else "totp"
    proposal = setting.propose(kind)["proposal"]
    assert setting.judge(other, proposal)["status"] == "unknown"
    assert call(setting.web, "api.judge_password_v1", proposal)["status"] == "unknown"
    assert call(setting.web, "api.judge_app_password_v1", proposal, None)["status"] == "unknown"
    if kind == "recovery_code":
        assert call(setting.web, "api.refuse_totp_v1", setting.attempt, proposal)["status"] == (
            "unknown"
        )
    assert setting.judge(kind, proposal)["status"] in VERDICTS
    for again in (proposal, uuid4(), None):
        assert setting.judge(kind, again)["status"] == "unknown"


@KINDS
def test_proposal_that_waited_too_long_is_late(
    setting: Setting, admin: psycopg.Connection, kind: str
) -> None:
    """A minute; then it is wrong, and charged."""
    proposal = setting.propose(kind)["proposal"]
    admin.execute("UPDATE vault.factor_proposals SET proposed_at = proposed_at - interval '61 s'")
    assert setting.judge(kind, proposal)["status"] == "late"
    assert setting.judge(kind, proposal)["status"] == "unknown"
    assert value(admin, "SELECT count(*) FROM vault.recovery_codes") == len(setting.tags)
    assert value(admin, "SELECT max(wrong_factors) FROM vault.attempts") == 1


@KINDS
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE vault.attempts SET consumed_at = clock_timestamp()",
        "UPDATE vault.attempts SET expires_at = clock_timestamp()",
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "UPDATE vault.site SET epoch = epoch + 1",
    ],
)
def test_proposal_whose_attempt_is_over_opens_and_spends_nothing(
    setting: Setting, admin: psycopg.Connection, kind: str, change: str
) -> None:
    """V-disabled: a lock between the guess and its answer wins."""
    proposal = setting.propose(kind)["proposal"]
    admin.execute(change)
    answer = setting.judge(kind, proposal)
    assert answer["status"] == "gone"
    assert not any(content for name, content in answer.items() if name != "status")
    assert value(admin, "SELECT count(*) FROM vault.recovery_codes") == len(setting.tags)
    assert not ask(admin, "SELECT FROM vault.attempts WHERE proofs && '{totp,recovery_code}'")


def test_tag_of_a_guess_is_kept_as_a_salted_digest_until_it_is_judged(
    setting: Setting, admin: psycopg.Connection
) -> None:
    """Trap 3: it takes the tag, stores a digest under the set's salt, and empties it."""
    kept = "SELECT digest FROM vault.factor_proposals"
    proposal = setting.propose("recovery_code")["proposal"]
    assert value(admin, kept) not in (None, setting.tags[0], sha256(setting.tags[0]))
    setting.judge("recovery_code", proposal)
    assert value(admin, kept) is None
    [stolen, *_] = ask(admin, "SELECT digest FROM vault.recovery_codes")
    assert guess_code(setting.web, setting.attempt, stolen["digest"])["status"] == "wrong"


def test_attempt_of_another_process_opens_no_second_factor(
    setting: Setting, login: Login, admin: psycopg.Connection
) -> None:
    """An operator signs in by passkey: their attempt opens nothing, and their role asks nothing."""
    with login("operator") as operator:
        proof = shown(operator, a_passkey(admin, setting.person, kind="operator"))
        for statement in _PROCEDURES.values():
            given = [proof.secret] * statement.count("%s")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                operator.execute(statement, given)
    web, more = setting.web, (NETWORK, AGENT, None)
    assert call(web, "api.propose_totp_v1", proof.secret, *more)["status"] == "gone"
    guessed = call(web, "api.propose_recovery_code_v1", proof.secret, setting.tags[0], *more)
    assert guessed["status"] == "gone"
    challenge = call(web, "api.recovery_code_challenge_v1", proof.secret)
    assert (challenge.pop("status"), set(challenge.values())) == ("gone", {None})
    assert open_session(web, proof) == "gone"
