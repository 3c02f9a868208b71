"""A hundred at once, each with a connection of its own: exactly one success (V-race)."""

import secrets
from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import (
    AGENT,
    NETWORK,
    Login,
    Person,
    Proof,
    a_person,
    a_session,
    ask,
    call,
    open_session,
    prove,
    random_32,
    sha256,
    value,
)
from tests.database.factors import (
    RECOVERY_SET,
    a_passkey,
    an_app,
    an_attempt,
    guess_code,
    opened,
    passkey_arguments,
    propose_code,
    propose_totp,
    prove_passkey,
    reauthenticated,
    some_codes,
    wrong_factor,
)
from tests.database.racing import raced
from vault.totp_codes import step_at

MANY = 100


@pytest.fixture
def web(vault: None, login: Login) -> Iterator[psycopg.Connection]:
    """Web's own connection."""
    with login("web") as connection:
        yield connection


@pytest.fixture
def ada(web: psycopg.Connection) -> Person:
    """Somebody with an account."""
    return a_person(web)


def _attempts(admin: psycopg.Connection, person: Person, count: int = MANY) -> list[bytes]:
    """So many tabs in which the password was right, and a budget that lets them all try."""
    admin.execute(
        "INSERT INTO vault.guess_budgets (subject, day, in_a_row, day_count)"
        " VALUES (uuid_send(%s) || '\\x02'::bytea, vault.today(), -1000, -1000)",
        [person.account_id],
    )
    return [an_attempt(admin, person, ["password"]).secret for _ in range(count)]


def _charged(admin: psycopg.Connection) -> int:
    count: int = value(admin, "SELECT sum(day_count) + 1000 FROM vault.guess_budgets")
    return count


def _session_of(web: psycopg.Connection, credential: bytes) -> bytes:
    """A session of somebody who holds a passkey."""
    attempt, session = random_32(), random_32()
    verdict = prove_passkey(web, credential, attempt_hash=sha256(attempt))
    status = open_session(web, Proof(attempt, verdict), secret_hash=sha256(session))
    assert status == "opened"
    return session


def test_step_that_a_hundred_present_at_once_is_accepted_once(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person, login: Login
) -> None:
    """The secrets are opened for all of them before the first says what its code was."""
    app = an_app(admin, ada)
    ready = [
        (attempt, opened(web, attempt)["opening"], app, step_at())
        for attempt in _attempts(admin, ada)
    ]

    def accept(connection: psycopg.Connection) -> str:
        return str(call(connection, "api.accept_totp_v1", *ready.pop())["status"])

    assert Counter(raced(MANY, login, accept)) == {"right": 1, "replayed": MANY - 1}
    assert value(admin, "SELECT count(*) FROM vault.attempts WHERE 'totp' = ANY (proofs)") == 1


def test_step_of_two_apps_at_once_is_accepted_once(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person, login: Login
) -> None:
    """One account's steps are one account's, whatever app each code is of."""
    apps, step = [an_app(admin, ada), an_app(admin, ada)] * (MANY // 2), step_at()
    ready = [
        (attempt, opened(web, attempt)["opening"], app, step)
        for attempt, app in zip(_attempts(admin, ada), apps, strict=True)
    ]

    def accept(connection: psycopg.Connection) -> str:
        return str(call(connection, "api.accept_totp_v1", *ready.pop())["status"])

    assert Counter(raced(MANY, login, accept)) == {"right": 1, "replayed": MANY - 1}
    steps = ask(admin, "SELECT last_step FROM vault.totp_devices ORDER BY last_step")
    assert [row["last_step"] for row in steps] == [-1, step]


def test_recovery_code_that_a_hundred_present_at_once_is_spent_once(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person, login: Login
) -> None:
    """All are charged and proposed before the first is judged."""
    [tag, *others] = some_codes(admin, ada)
    ready = [propose_code(web, attempt, tag)["proposal"] for attempt in _attempts(admin, ada)]

    def judge(connection: psycopg.Connection) -> str:
        return str(call(connection, "api.judge_recovery_code_v1", ready.pop())["status"])

    assert Counter(raced(MANY, login, judge)) == {"right": 1, "wrong": MANY - 1}
    assert value(admin, "SELECT count(*) FROM vault.recovery_codes") == len(others)
    opened_by = "SELECT count(*) FROM vault.attempts WHERE 'recovery_code' = ANY (proofs)"
    assert value(admin, opened_by) == 1


def test_recovery_codes_used_at_once_are_each_spent_once(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person, login: Login
) -> None:
    """Ten codes, ten times each: ten successes, and none is left."""
    ready = [
        propose_code(web, attempt, tag)["proposal"]
        for attempt, tag in zip(_attempts(admin, ada), some_codes(admin, ada) * 10, strict=True)
    ]

    def judge(connection: psycopg.Connection) -> str:
        return str(call(connection, "api.judge_recovery_code_v1", ready.pop())["status"])

    assert Counter(raced(MANY, login, judge)) == {"right": 10, "wrong": 90}
    assert value(admin, "SELECT count(*) FROM vault.recovery_codes") == 0


def test_recovery_codes_replaced_while_one_is_used_do_not_deadlock(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person, login: Login
) -> None:
    """Everybody gets an answer, and one whole set is there at the end."""
    tags = some_codes(admin, ada)
    session, proof = reauthenticated(web, ada)
    attempts = _attempts(admin, ada, 40)
    jobs = ["use", "replace"] * 20

    def either(connection: psycopg.Connection) -> str:
        if jobs.pop() == "use":
            return str(guess_code(connection, attempts.pop(), tags[0])["status"])
        new = [random_32() for _ in range(10)]
        return str(
            call(
                connection,
                "api.replace_recovery_codes_v1",
                *(session, proof.secret, *RECOVERY_SET, new, [random_32() for _ in new]),
                *("en", NETWORK, AGENT),
            )["status"]
        )

    heard = Counter(raced(40, login, either))
    assert heard["replaced"] == 20
    assert heard["right"] <= 1
    assert value(admin, "SELECT count(*) FROM vault.recovery_codes") == 10


def test_secret_that_a_hundred_add_at_once_is_added_once(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person, login: Login
) -> None:
    """One app; every other is told that it exists."""
    session = a_session(web, ada)
    credential = a_passkey(admin, ada)
    proof = random_32()
    given = {"purpose": "reauthenticate", "session": session, "attempt_hash": sha256(proof)}
    assert prove_passkey(web, credential, **given)["status"] == "right"
    sealed, digest = secrets.token_bytes(60), random_32()

    def add(connection: psycopg.Connection) -> str:
        return str(
            call(
                connection,
                "api.add_totp_v1",
                *(session, proof, uuid4(), "Phone", sealed, digest, "t1", step_at()),
                *("en", NETWORK, AGENT),
            )["status"]
        )

    assert Counter(raced(MANY, login, add)) == {"added": 1, "exists": MANY - 1}
    assert value(admin, "SELECT count(*) FROM vault.totp_devices") == 1


def test_passkey_that_a_hundred_add_at_once_is_added_once(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person, login: Login
) -> None:
    """By a proof that has a passkey, since the account holds one from the first on."""
    session = a_session(web, ada)
    credential = a_passkey(admin, ada)
    proof = random_32()
    given = {"purpose": "reauthenticate", "session": session, "attempt_hash": sha256(proof)}
    assert prove_passkey(web, credential, **given)["status"] == "right"
    new = passkey_arguments()

    def add(connection: psycopg.Connection) -> str:
        return str(
            call(
                connection,
                "api.add_passkey_v1",
                *(session, proof, *new.values(), "en", NETWORK, AGENT),
            )["status"]
        )

    assert Counter(raced(MANY, login, add)) == {"added": 1, "exists": MANY - 1}


def test_counter_of_a_passkey_that_a_hundred_present_at_once_is_taken_once(
    admin: psycopg.Connection, ada: Person, login: Login
) -> None:
    """One signature, replayed a hundred times: one attempt."""
    credential = a_passkey(admin, ada, sign_count=6)

    def present(connection: psycopg.Connection) -> str:
        return str(prove_passkey(connection, credential, sign_count=7)["status"])

    assert Counter(raced(MANY, login, present)) == {"right": 1, "counter": MANY - 1}
    assert value(admin, "SELECT count(*) FROM vault.attempts WHERE 'hwk' = ANY (proofs)") == 1


def test_passkey_that_is_removed_while_it_is_used_does_not_deadlock(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person, login: Login
) -> None:
    """Everybody gets an answer; whoever comes after the removal finds nothing."""
    credential = a_passkey(admin, ada)
    session = _session_of(web, credential)
    proof = random_32()
    given = {"purpose": "reauthenticate", "session": session, "attempt_hash": sha256(proof)}
    assert prove_passkey(web, credential, **given)["status"] == "right"
    jobs = ["use"] * 30 + ["remove"] + ["use"] * 30

    def either(connection: psycopg.Connection) -> str:
        if jobs.pop() == "use":
            return str(prove_passkey(connection, credential)["status"])
        more = (session, proof, credential, "en", NETWORK, AGENT)
        return str(call(connection, "api.remove_passkey_v1", *more)["status"])

    heard = Counter(raced(61, login, either))
    assert heard["removed"] == 1
    assert heard["right"] + heard["unknown"] == 60


def test_wrong_factors_at_once_cost_one_each(
    admin: psycopg.Connection, ada: Person, login: Login
) -> None:
    """V-otp: ten at once in ten tabs are ten, in the budget and in their attempts."""
    an_app(admin, ada)
    attempts = _attempts(admin, ada, 10)
    given = list(attempts)
    heard = raced(10, login, lambda c: str(wrong_factor(c, given.pop())["status"]))
    assert Counter(heard) == {"wrong": 10}
    assert _charged(admin) == 10
    wrong = ask(admin, "SELECT wrong_factors FROM vault.attempts WHERE proofs = '{password}'")
    assert Counter(row["wrong_factors"] for row in wrong)[1] == 10


def test_wrong_factors_of_one_attempt_at_once_are_ten_at_the_most(
    admin: psycopg.Connection, ada: Person, login: Login
) -> None:
    """V-otp: sixty at once in one tab open the secrets ten times, end it, and write one letter."""
    an_app(admin, ada)
    [attempt] = _attempts(admin, ada, 1)
    heard = Counter(raced(60, login, lambda c: str(propose_totp(c, attempt)["status"])))
    assert heard["proposed"] == 10
    assert heard["ended"] == 1
    assert heard["gone"] == 49
    assert _charged(admin) == 10
    exhausted = "SELECT count(*) FROM vault.events WHERE tag = 'account:factor:exhausted'"
    assert value(admin, exhausted) == 1


def test_guesses_of_strangers_at_once_are_ten_in_a_row_at_the_most(
    admin: psycopg.Connection, web: psycopg.Connection, ada: Person, login: Login
) -> None:
    """V-limit: fifty tabs at once get ten openings: no two of them share a unit."""
    an_app(admin, ada)
    attempts = [prove(web, ada).secret for _ in range(50)]
    heard = raced(50, login, lambda c: str(propose_totp(c, attempts.pop())["status"]))
    assert Counter(heard) == {"proposed": 10, "wait": 40}
