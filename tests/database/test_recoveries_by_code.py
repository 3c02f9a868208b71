"""Getting back in without a password: name and recovery code open an attempt, and no session."""

from collections import Counter
from typing import Any

import psycopg
import pytest

from tests.database.asking import (
    AGENT,
    NETWORK,
    Login,
    Person,
    a_person,
    ask,
    call,
    random_32,
    reported,
    sha256,
    value,
)
from tests.database.factors import (
    a_passkey,
    enrol_codes,
    enrol_passkey,
    new_passkey,
    passkey_arguments,
    presented,
    some_codes,
)
from tests.database.people import Member, attempt_of, sign_up
from tests.database.racing import raced
from vault import recoveries, sessions
from vault.events import NOWHERE, Origin

PROPOSE, JUDGE = "api.propose_recovery_v1", "api.judge_recovery_v1"
MORE: dict[str, Any] = {"language": "en", "origin": NOWHERE}


def passwordless(admin: psycopg.Connection, person: Person) -> Person:
    """Takes somebody's password away behind the vault's back."""
    admin.execute("DELETE FROM vault.password_verifiers WHERE account_id = %s", [person.account_id])
    return person


@pytest.fixture
def ada(vault: None, admin: psycopg.Connection) -> tuple[Member, tuple[str, ...]]:
    """Somebody with a passkey, recovery codes and no password."""
    member = sign_up("Ada")
    codes = enrol_codes(member)
    enrol_passkey(member)
    admin.execute("DELETE FROM vault.password_verifiers")
    return member, codes


def guess(web: psycopg.Connection, name: str, tag: bytes, device: bytes | None = None) -> Any:
    """A whole guess in two transactions; gives the last answer."""
    asked = call(web, PROPOSE, name, tag, random_32(), NETWORK, AGENT, device)
    return call(web, JUDGE, asked["proposal"]) if asked["proposal"] else asked


def test_right_code_opens_an_attempt_to_recover_and_no_session(
    ada: tuple[Member, tuple[str, ...]], admin: psycopg.Connection
) -> None:
    """W14: it mends credentials alone, and is used up."""
    member, codes = ada
    verdict = recoveries.prove("Ada", codes[3].lower(), origin=NOWHERE)
    assert verdict.status == "right"
    attempt = verdict.attempt
    assert attempt is not None
    assert (attempt.account_id, attempt.purpose) == (member.account_id, "recover")
    assert (attempt.proofs, attempt.amr) == (("recovery_code",), ("otp",))
    assert sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE) is None
    assert recoveries.prove("Ada", codes[3], origin=NOWHERE).status == "wrong"
    assert value(admin, "SELECT count(*) FROM vault.recovery_codes") == 9


def test_new_passkey_by_a_recovery_ends_everything_else(
    ada: tuple[Member, tuple[str, ...]], admin: psycopg.Connection
) -> None:
    """And the attempt with it: the second passkey by the same code is refused."""
    _, codes = ada
    attempt = recoveries.prove("Ada", codes[0], origin=NOWHERE).attempt
    assert attempt is not None
    status = recoveries.mend_with_passkey(attempt, new_passkey(), name="New", **MORE)
    assert status == "added"
    again = recoveries.mend_with_passkey(attempt, new_passkey(), name="Newer", **MORE)
    assert again == "gone"
    assert value(admin, "SELECT count(*) FROM vault.sessions WHERE ended_at IS NULL") == 0
    assert value(admin, "SELECT epoch FROM vault.accounts") == 2
    assert value(admin, "SELECT count(*) FROM vault.passkeys") == 2


def test_account_with_a_password_is_not_led_back_by_a_code_alone(vault: None) -> None:
    """There the code comes after the password: nothing less is ever enough."""
    member = sign_up("Grace")
    codes = enrol_codes(member)
    enrol_passkey(member)
    assert recoveries.prove("Grace", codes[0], origin=NOWHERE).status == "wrong"


def test_attempts_of_other_kinds_mend_nothing(
    ada: tuple[Member, tuple[str, ...]], admin: psycopg.Connection
) -> None:
    """V-confuse: a sign-in is no recovery, and what a writer of rows makes of one is no proof."""
    grace = sign_up("Grace")
    key = enrol_passkey(grace)
    attempts = [attempt_of(grace), presented(key)]
    for attempt in attempts:
        assert recoveries.mend_with_passkey(attempt, new_passkey(), name="x", **MORE) == "gone"
    admin.execute("UPDATE vault.attempts SET purpose = 'recover', proofs = '{recovery_code}'")
    for attempt in attempts:  # with a password, a letter has to be proven as well
        assert recoveries.mend_with_passkey(attempt, new_passkey(), name="x", **MORE) == "weak"


def test_code_that_a_hundred_present_at_once_leads_back_once(
    admin: psycopg.Connection, login: Login
) -> None:
    """V-race: propose and judge by a hundred connections."""
    with login("web") as web:
        person = passwordless(admin, a_person(web))
    a_passkey(admin, person)
    tags = some_codes(admin, person)

    def once(connection: psycopg.Connection) -> str:
        return str(guess(connection, person.username, tags[0])["status"])

    admin.execute("DELETE FROM vault.guess_budgets")
    heard = Counter(raced(100, login, once))
    assert heard["right"] == 1
    assert value(admin, "SELECT count(*) FROM vault.attempts WHERE purpose = 'recover'") == 1
    assert value(admin, "SELECT count(*) FROM vault.recovery_codes") == 9


def test_passkey_that_fifty_make_by_one_recovery_is_one(
    admin: psycopg.Connection, login: Login
) -> None:
    """V-race: the attempt is over with the first."""
    with login("web") as web:
        person = passwordless(admin, a_person(web))
    secret = random_32()
    admin.execute(
        "INSERT INTO vault.attempts (secret_hash, account_id, account_epoch, site_epoch, purpose,"
        " proofs, amr, authenticated_at, expires_at) SELECT %s, %s, 1, epoch, 'recover',"
        " '{recovery_code}', '{otp}', clock_timestamp(), clock_timestamp() + interval '1 minute'"
        " FROM vault.site",
        [sha256(secret), person.account_id],
    )

    def mend(connection: psycopg.Connection) -> str:
        given = passkey_arguments().values()
        name = "api.mend_with_passkey_v1"
        return str(call(connection, name, secret, *given, "en", NETWORK, AGENT)[name[4:]])

    assert Counter(raced(50, login, mend)) == {"added": 1, "gone": 49}


def test_guesses_end_at_a_hundred_a_day_and_are_apart_from_the_others(
    admin: psycopg.Connection, login: Login
) -> None:
    """V-limit: a stranger needs no password for these, so they use up no other budget."""
    with login("web") as web:
        person = passwordless(admin, a_person(web))
        for _ in range(100):
            assert guess(web, person.username, random_32())["status"] == "wrong"
            admin.execute("UPDATE vault.guess_budgets SET next_at = NULL, in_a_row = 1")
        assert guess(web, person.username, random_32())["status"] == "wait"
    assert value(admin, "SELECT count(*) FROM vault.guess_budgets WHERE day_count >= 100") == 1
    assert value(admin, "SELECT max(octet_length(subject)) FROM vault.guess_budgets") == 17


def test_guess_taken_back_is_never_judged(admin: psycopg.Connection, login: Login) -> None:
    """Trap 1: neither in the same transaction, nor after it was rolled back."""
    with login("web") as web:
        person = passwordless(admin, a_person(web))
        tags = some_codes(admin, person)
        given = [person.username, tags[0], random_32(), NETWORK, AGENT]
        with web.transaction():
            asked = call(web, PROPOSE, *given)
            assert call(web, JUDGE, asked["proposal"])["status"] == "early"
        with web.transaction(force_rollback=True):
            gone = call(web, PROPOSE, *given)
        assert call(web, JUDGE, gone["proposal"])["status"] == "unknown"
        assert call(web, JUDGE, asked["proposal"])["status"] == "right"
        assert call(web, JUDGE, asked["proposal"])["status"] == "unknown"


def test_names_that_nobody_has_are_charged_and_answered_alike(
    admin: psycopg.Connection, login: Login
) -> None:
    """V-enum: unknown, with a password, without: one challenge each that never changes."""
    with login("web") as web:
        passwordless(admin, a_person(web, "Ada"))
        a_person(web, "Grace")
        for name in ("Ada", "Grace", "Nobody"):
            first, again = (call(web, "api.recovery_challenge_v1", name) for _ in range(2))
            assert first == again
            assert len(first["subject"]) == 32
            assert guess(web, name, random_32())["status"] == "wrong"
    rows = ask(admin, "SELECT in_a_row FROM vault.guess_budgets WHERE in_a_row > 0")
    assert [row["in_a_row"] for row in rows] == [1, 1, 1]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("UPDATE vault.accounts SET state = 'locked'", "locked"),
        ("UPDATE vault.site SET sign_in_open = false", "closed"),
        ("UPDATE vault.recovery_codes SET proof = sha256('x')", "wrong"),
        ("UPDATE vault.accounts SET mac = sha256('x')", "wrong"),
        ("UPDATE vault.recovery_codes SET digest = sha256('x')", "wrong"),
    ],
)
def test_right_code_of_who_may_not_come_in_leads_nowhere(
    ada: tuple[Member, tuple[str, ...]], admin: psycopg.Connection, change: str, status: str
) -> None:
    """V-disabled, and rows that are not ours."""
    _, codes = ada
    admin.execute(change)
    verdict = recoveries.prove("Ada", codes[0], origin=NOWHERE)
    assert (verdict.status, verdict.attempt) == (status, None)
    assert bool(reported(admin)) == ("proof" in change or "mac" in change)


def test_operators_process_recovers_nobody(admin: psycopg.Connection, login: Login) -> None:
    """It may not even ask."""
    with login("operator") as operator, pytest.raises(psycopg.errors.InsufficientPrivilege):
        call(operator, PROPOSE, "Ada", random_32(), random_32(), NETWORK, AGENT, None)


def test_known_browser_keeps_a_budget_of_its_own(
    ada: tuple[Member, tuple[str, ...]], admin: psycopg.Connection
) -> None:
    """W6: strangers cannot keep the owner out where they have signed in before."""
    member, codes = ada
    device = random_32()
    here = Origin(network="192.0.2.1/32", agent="x", device=device)
    admin.execute(
        "INSERT INTO vault.device_credentials (secret_hash, account_id) VALUES (%s, %s)",
        [sha256(device), member.account_id],
    )
    admin.execute(
        "INSERT INTO vault.guess_budgets (subject, day, day_count, in_a_row)"
        " SELECT uuid_send(id) || '\\x03', vault.today(), 100, 100 FROM vault.accounts"
    )
    assert recoveries.prove("Ada", codes[0], origin=NOWHERE).status == "known_only"
    assert recoveries.prove("Ada", codes[0], origin=here).status == "right"
