"""What an operator has to prove: to get in, and anew for each lockout. By the role's own login."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.database.asking import (
    Login,
    Person,
    a_person,
    a_session,
    a_wiki,
    ask,
    call,
    judge,
    open_session,
    propose,
    prove,
    random_32,
    sha256,
    value,
)
from tests.database.factors import a_passkey, an_attempt, prove_passkey
from tests.database.operating import an_operator, freshly, opening, passkey_of, shown
from tests.database.racing import raced
from vault.connection import close_pools


@pytest.fixture
def operator(login: Login, vault: None) -> Iterator[psycopg.Connection]:
    """The operator's process's login."""
    with login("operator") as connection:
        yield connection


@pytest.fixture
def web(login: Login, vault: None) -> Iterator[psycopg.Connection]:
    """The public site's login."""
    with login("web") as connection:
        yield connection


@pytest.fixture
def olga(admin: psycopg.Connection, web: psycopg.Connection, operator: psycopg.Connection) -> bytes:
    """A chief's session."""
    return an_operator(admin, web, operator)


def account_of(admin: psycopg.Connection, username: str) -> Person:
    """Somebody by their name."""
    account = value(admin, "SELECT id FROM vault.accounts WHERE username = %s", username)
    return Person(account, username, b"")


def lockouts(
    admin: psycopg.Connection, victim: Person, session: bytes
) -> dict[str, tuple[list[Any], Any]]:
    """Every lockout, with arguments on which it would be done, and its word for unproven."""
    job = value(
        admin,
        "INSERT INTO vault.outbox (kind, payload, buried_at) VALUES ('letter', '{}', now())"
        " RETURNING id",
    )
    a_wiki(admin)
    a_passkey(admin, account_of(admin, "Olga"), kind="operator")
    [wiki] = ask(admin, "SELECT to_jsonb(w)::text AS row, mac FROM vault.wikis w")
    browser = value(
        admin,
        "INSERT INTO vault.device_credentials (secret_hash, account_id) VALUES (%s, %s)"
        " RETURNING id",
        random_32(),
        victim.account_id,
    )
    return {
        "revoke_leaked": ([session, "browser", victim.account_id, browser, "x"], "unproven"),
        "lock_account": ([session, victim.account_id, "x"], "unproven"),
        "unlock_account": ([session, victim.account_id, "x"], "unproven"),
        "send_reset": ([session, victim.account_id, "x"], "unproven"),
        "end_account_sessions": ([session, victim.account_id, "x"], "unproven"),
        "set_wiki_state": ([session, "wiki-a", "suspended", "x"], "unproven"),
        "register_wiki": ([session, wiki["row"].replace("wiki-a", "wiki-b"), "x"], "unproven"),
        "change_wiki": ([session, wiki["row"], wiki["mac"], "x"], "unproven"),
        "lock_accounts": ([session, [victim.account_id], "x", None, False, ""], "unproven"),
        "unlock_accounts": ([session, 1, "x"], "unproven"),
        "close_door": ([session, "sign_up", "x", None], "unproven"),
        "open_door": ([session, "sign_up", "x"], "unproven"),
        "lock_signing_keys": ([session, "x", None], "unproven"),
        "restore_signing_keys": ([session, "x"], "unproven"),
        "end_backends": ([session, "authsite_worker"], -1),
        "drop_outbox": ([session, job, "x"], "unproven"),
        "remove_operator_passkey": (
            [session, value(admin, "SELECT max(credential_id) FROM vault.passkeys"), "x"],
            "unproven",
        ),
        # Ends the operator's own session as well.
        "end_all_sessions": ([session, "x"], "unproven"),
    }


# --- For a lockout -----------------------------------------------------------------------------


def test_lockout_without_a_passkey_shown_for_it_changes_nothing(
    admin: psycopg.Connection, web: psycopg.Connection, operator: psycopg.Connection, olga: bytes
) -> None:
    """Each of them, by a live chief's session alone; and each is done once that was shown."""
    victim = a_person(web, "Victim")
    a_session(web, victim)
    known = lockouts(admin, victim, olga)
    state = (
        "SELECT (SELECT string_agg(a::text, ' ' ORDER BY id) FROM vault.accounts a),"
        " (SELECT string_agg(w::text, ' ') FROM vault.wikis w),"
        " (SELECT count(*) FROM vault.outbox WHERE kind IN ('letter', 'reset_request')),"
        " (SELECT count(*) FROM vault.passkeys),"
        " (SELECT count(*) FROM vault.device_credentials),"
        " (SELECT count(*) FROM vault.sessions WHERE ended_at IS NOT NULL)"
    )
    before = ask(admin, state)
    for name, (arguments, unproven) in known.items():
        assert call(operator, f"api.{name}_v1", *arguments)["status"] == unproven, name
    assert ask(admin, state) == before
    assert value(admin, "SELECT count(*) FROM vault.events WHERE tag LIKE 'lockout:%%'") == 0
    for name, (arguments, _) in known.items():
        freshly(operator, olga)
        done = call(operator, f"api.{name}_v1", *arguments)["status"]
        assert done not in ("unproven", "forbidden", "bad_request", -1), (name, done)


def test_every_lockout_is_tried_above(admin: psycopg.Connection, web: psycopg.Connection) -> None:
    """A new function that takes a fresh proof belongs into the list of those tried without."""
    found = {
        row["name"]
        for row in ask(
            admin,
            "SELECT proname AS name FROM pg_proc WHERE pronamespace = 'api'::regnamespace"
            " AND prosrc LIKE '%%vault.proven_operator(%%'",
        )
    }
    a_person(web, "Olga")
    known = lockouts(admin, a_person(web), random_32())
    assert found == {f"{name}_v1" for name in known}


def test_proof_raced_by_twenty_lockouts_is_one_lockouts(
    admin: psycopg.Connection, login: Login, operator: psycopg.Connection, olga: bytes
) -> None:
    """V-race: whatever is asked at once by one session, one is done."""
    with login("web") as web:
        victims = [a_person(web, f"Victim {n}").account_id for n in range(20)]
    freshly(operator, olga)

    def lock(connection: psycopg.Connection) -> str:
        return str(call(connection, "api.lock_account_v1", olga, victims.pop(), "x")["status"])

    assert Counter(raced(20, login, lock, role="operator")) == {"locked": 1, "unproven": 19}
    assert value(admin, "SELECT count(*) FROM vault.accounts WHERE state = 'locked'") == 1


def test_operators_who_lock_each_other_out_at_once_do_so_once(
    admin: psycopg.Connection,
    web: psycopg.Connection,
    operator: psycopg.Connection,
    login: Login,
    olga: bytes,
) -> None:
    """V-race: one wins, the other is out by then; neither waits for the other for ever."""
    oskar = an_operator(admin, web, operator, username="Oskar")
    an_operator(admin, web, operator, username="Third")
    pairs = [
        (freshly(operator, olga), account_of(admin, "Oskar").account_id),
        (freshly(operator, oskar), account_of(admin, "Olga").account_id),
    ]

    def lock(connection: psycopg.Connection) -> str:
        return str(call(connection, "api.lock_account_v1", *pairs.pop(), "x")["status"])

    assert sorted(raced(2, login, lock, role="operator")) == ["forbidden", "locked"]


def test_lockout_is_not_stopped_by_who_holds_the_operators_account(
    admin: psycopg.Connection,
    web: psycopg.Connection,
    operator: psycopg.Connection,
    login: Login,
    olga: bytes,
) -> None:
    """Code inside web keeps a guess at the operator's password open: lockouts go on."""
    victim = a_person(web, "Victim")
    guess = propose(web, "Olga", random_32())
    with login("web") as thief:
        thief.execute("SET idle_in_transaction_session_timeout = 0")
        thief.execute("BEGIN")
        assert judge(thief, guess["proposal"])["status"] == "wrong"
        freshly(operator, olga)
        locked = call(operator, "api.lock_account_v1", olga, victim.account_id, "x")
        assert locked["status"] == "locked"
        freshly(operator, olga)
        assert call(operator, "api.end_backends_v1", olga, "authsite_web")["status"] >= 1
        with pytest.raises(psycopg.OperationalError):
            thief.execute("COMMIT")
    close_pools()  # this process's own connections were web's too


def test_passkeys_that_remove_each_other_at_once_leave_one(
    admin: psycopg.Connection, operator: psycopg.Connection, login: Login, olga: bytes
) -> None:
    """V-race: from two sessions of one operator, each with a proof of its own."""
    first, account = passkey_of(operator, olga), account_of(admin, "Olga")
    second, other = a_passkey(admin, account, kind="operator"), random_32()
    proof = shown(operator, second)
    opened = call(operator, "api.open_operator_session_v1", *opening(proof, other).values())
    assert opened["status"] == "opened"
    pairs = [(freshly(operator, olga), second), (freshly(operator, other), first)]

    def remove(connection: psycopg.Connection) -> str:
        session, credential = pairs.pop()
        found = call(connection, "api.remove_operator_passkey_v1", session, credential, "x")
        return str(found["status"])

    assert sorted(raced(2, login, remove, role="operator")) == ["forbidden", "removed"]
    assert value(admin, "SELECT count(*) FROM vault.passkeys") == 1


def test_proof_is_an_attempt_of_ones_own_and_used_up(
    admin: psycopg.Connection, web: psycopg.Connection, operator: psycopg.Connection, olga: bytes
) -> None:
    """Another operator's, one used before, one that opened a session, and none at all."""
    oskar = an_operator(admin, web, operator, username="Oskar")
    foreign = shown(operator, passkey_of(operator, oskar))
    own = shown(operator, passkey_of(operator, olga))

    def proves(session: bytes | None, attempt: bytes | None) -> str:
        return str(call(operator, "api.prove_operator_v1", session, attempt)["status"])

    assert proves(olga, foreign.secret) == "gone"
    assert proves(olga, random_32()) == proves(olga, None) == proves(None, own.secret) == "gone"
    assert proves(olga, own.secret) == "proven"
    assert proves(olga, own.secret) == "gone"
    used = shown(operator, passkey_of(operator, olga))
    opened = call(operator, "api.open_operator_session_v1", *opening(used, random_32()).values())
    assert opened["status"] == "opened"
    assert proves(olga, used.secret) == "gone"


def test_proof_of_a_session_that_is_over_or_of_the_public_site_is_none(
    admin: psycopg.Connection, web: psycopg.Connection, operator: psycopg.Connection, olga: bytes
) -> None:
    """Signed out, or a session of the same person elsewhere."""
    credential, olga_at_web = passkey_of(operator, olga), random_32()
    proof = an_attempt(admin, account_of(admin, "Olga"), ["hwk", "uv"])
    assert open_session(web, proof, secret_hash=sha256(olga_at_web)) == "opened"
    call(operator, "api.end_operator_session_v1", olga, "", "")
    for session in (olga, olga_at_web):
        attempt = shown(operator, credential).secret
        assert call(operator, "api.prove_operator_v1", session, attempt)["status"] == "gone"


def test_proof_that_is_old_or_of_another_kind_is_none(
    admin: psycopg.Connection, operator: psycopg.Connection, olga: bytes
) -> None:
    """Five minutes, a verified user, and this purpose."""
    credential, person = passkey_of(operator, olga), account_of(admin, "Olga")

    def proves(attempt: bytes) -> str:
        return str(call(operator, "api.prove_operator_v1", olga, attempt)["status"])

    old = shown(operator, credential).secret
    admin.execute(
        "UPDATE vault.attempts SET authenticated_at = authenticated_at - interval '5 minutes'"
    )
    assert proves(old) == "gone"
    assert proves(shown(operator, credential, user_verified=False).secret) == "unfinished"
    for proofs in (["password"], ["password", "totp"], ["hwk"], ["uv"], []):
        made = an_attempt(admin, person, proofs, purpose="operator")
        assert proves(made.secret) == "unfinished", proofs
    for purpose in ("sign_in", "reauthenticate", "recover"):
        made = an_attempt(admin, person, ["hwk", "uv"], purpose=purpose)
        assert proves(made.secret) == "gone", purpose


# --- To get in ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "proofs",
    [["password"], ["password", "totp"], ["password", "recovery_code"], ["password", "hwk"], ["uv"],
     ["hwk"], ["swk"], []],
)  # fmt: skip
def test_operators_session_opens_by_a_passkey_that_knew_its_user_alone(
    admin: psycopg.Connection, operator: psycopg.Connection, olga: bytes, proofs: list[str]
) -> None:
    """Whatever else was proven, and whoever put it there, is unfinished."""
    made = an_attempt(admin, account_of(admin, "Olga"), proofs, purpose="operator")
    parameters = opening(made, random_32())
    answer = call(operator, "api.open_operator_session_v1", *parameters.values())
    assert answer["status"] == "unfinished"


def test_passkeys_of_the_two_sites_are_unknown_to_each_other(
    admin: psycopg.Connection, web: psycopg.Connection, operator: psycopg.Connection, olga: bytes
) -> None:
    """Neither found nor proven by the other's process, and neither listed there."""
    ada = a_person(web)
    session = a_session(web, ada)
    of_web, of_operator = a_passkey(admin, ada), passkey_of(operator, olga)
    for asking, foreign, purpose in (
        (operator, of_web, "operator"),
        (web, of_operator, "sign_in"),
    ):
        assert ask(asking, "SELECT * FROM api.find_passkey_v1(%s)", foreign) == []
        assert prove_passkey(asking, foreign, purpose=purpose)["status"] == "unknown"
    assert [
        row["credential_id"] for row in ask(web, "SELECT * FROM api.list_passkeys_v1(%s)", session)
    ] == [of_web]
    assert ask(operator, "SELECT * FROM api.list_operator_passkeys_v1(%s)", session) == []


def test_passkey_of_the_operators_site_is_no_factor_of_the_account(
    admin: psycopg.Connection, web: psycopg.Connection
) -> None:
    """At the public site an operator signs in as before: it cannot ask for that passkey."""
    ada = a_person(web)
    a_passkey(admin, ada, kind="operator")
    assert prove(web, ada).verdict["factors"] == []
