"""Accounts whose way in is a passkey: made in one step, never left without a way in."""

from collections import Counter
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import AGENT, NETWORK, Login, call, random_32, value
from tests.database.factors import (
    RECOVERY_SET,
    enrol_codes,
    enrol_passkey,
    fresh_attempt,
    new_passkey,
    passkey_arguments,
    presented,
    sign_in_with,
)
from tests.database.people import Member, sign_up
from tests.database.racing import raced
from vault import passkey_accounts, passkeys, passwords, recovery_codes, sessions
from vault.accounts import prepare
from vault.attempts import Attempt
from vault.events import NOWHERE
from vault.passkey_accounts import NewKeys
from vault.passkeys import NewPasskey, Passkey
from vault.sessions import Session

REGISTER = "api.register_with_passkey_v1"
MORE: dict[str, Any] = {"language": "en", "origin": NOWHERE}


def register(name: str, passkey: NewPasskey | None = None) -> Attempt | str:
    """Signs somebody up with a passkey and one recovery code."""
    return passkey_accounts.register(
        prepare(),
        username=name,
        skeletons=frozenset({name.casefold()}),
        keys=NewKeys(passkey or new_passkey(), "Key", recovery_codes.new_codes()[:1]),
        address=None,
        origin=NOWHERE,
    )


def arguments(username: str, **changes: Any) -> list[Any]:
    """What the function takes, in order."""
    passkey = passkey_arguments()
    given = {
        "account": uuid4(),
        "username": username,
        "name_mac": random_32(),
        "name_mac_key": "t1",
        "skeletons": [username.casefold()],
        **passkey,
        "set": RECOVERY_SET,
        "tags": [random_32()],
        "proofs": [random_32()],
        "address": (None, None, None, None),
        "browser_hash": random_32(),
        "language": "en",
        "attempt_hash": random_32(),
        "network": NETWORK,
        "agent": AGENT,
        **changes,
    }
    flat: list[Any] = []
    for one in given.values():
        flat += one if isinstance(one, tuple) else (one,)
    return flat


def test_account_without_a_password_is_made_with_all_that_it_needs(
    vault: None, admin: psycopg.Connection
) -> None:
    """The attempt has proven the passkey; a session opens at once."""
    attempt = register("Ada")
    assert isinstance(attempt, Attempt)
    assert (attempt.proofs, attempt.amr) == (("hwk", "uv"), ("hwk", "user", "mfa"))
    session = sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE)
    assert session is not None
    assert [key.knows_user for key in passkeys.own_passkeys(session)] == [True]
    assert value(admin, "SELECT count(*) FROM vault.password_verifiers") == 0
    own = recovery_codes.own_codes(session)
    assert own is not None
    assert own.codes_left == 1


def test_name_or_passkey_that_is_somebodys_makes_no_account(
    vault: None, admin: psycopg.Connection
) -> None:
    """Nothing of it is left behind, and the name of a refused one stays free."""
    key = new_passkey()
    register("Ada", key)
    assert register("Ada") == "taken"
    assert register("ADA") == "alike"
    assert register("Grace", key) == "exists"
    assert passkey_accounts.name_state("Grace", frozenset({"grace"})) == "free"
    assert passkey_accounts.name_state("Ada", frozenset({"ada"})) == "taken"
    assert passkey_accounts.name_state("aDa", frozenset({"ada"})) == "alike"
    admin.execute("UPDATE vault.site SET sign_up_open = false")
    assert register("Grace") == "closed"
    assert passkey_accounts.name_state("Grace", frozenset({"grace"})) == "closed"
    assert value(admin, "SELECT count(*) FROM vault.accounts") == 1
    assert value(admin, "SELECT count(*) FROM vault.passkeys") == 1


def test_name_that_a_hundred_sign_up_with_at_once_is_one_account(
    admin: psycopg.Connection, login: Login
) -> None:
    """V-race: and one passkey, and one set of codes."""

    def once(connection: psycopg.Connection) -> str:
        return str(call(connection, REGISTER, *arguments("Ada"))["status"])

    assert Counter(raced(100, login, once)) == {"created": 1, "taken": 99}
    for table in ("accounts", "passkeys", "recovery_code_sets", "attempts"):
        assert value(admin, f"SELECT count(*) FROM vault.{table}") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": []},
        {"tags": None},
        {"credential": b"short"},
        {"public_key": b""},
        {"mac": None},
        {"attempt_hash": b"x"},
        {"account": None},
        {"skeletons": []},
        {"name": ""},
        {"sign_count": -1},
    ],
    ids=str,
)
def test_account_with_a_part_missing_is_refused_whole(
    admin: psycopg.Connection, login: Login, changes: dict[str, Any]
) -> None:
    """A status word, and nothing stored."""
    with login("web") as web:
        assert call(web, REGISTER, *arguments("Ada", **changes))["status"] == "bad_request"
    for table in ("accounts", "usernames", "skeletons", "passkeys", "recovery_codes"):
        assert value(admin, f"SELECT count(*) FROM vault.{table}") == 0


# --- Doing without a password --------------------------------------------------------------------


@pytest.fixture
def ada(vault: None) -> Member:
    """Somebody with a password and recovery codes."""
    member = sign_up("Ada")
    enrol_codes(member)
    return member


def again(key: Passkey, session: Session) -> Attempt:
    """A fresh proof by a passkey."""
    return presented(key, purpose="reauthenticate", session_secret=session.secret)


def test_password_is_removed_once_two_passkeys_know_their_user(
    ada: Member, admin: psycopg.Connection
) -> None:
    """W19: with one, or with one that only needs a touch, or without codes, it stays."""
    key = enrol_passkey(ada)
    session = sign_in_with(key)
    assert passwords.remove(session, again(key, session), **MORE) == "few"
    status = passkeys.add(session, again(key, session), new_passkey(), name="x", **MORE)
    assert status == "added"
    assert passwords.remove(session, again(key, session), **MORE) == "few"
    admin.execute("UPDATE vault.passkeys SET knows_user = true")
    codes = list(admin.execute("DELETE FROM vault.recovery_codes RETURNING *"))
    assert passwords.remove(session, again(key, session), **MORE) == "few"
    for row in codes:
        admin.execute("INSERT INTO vault.recovery_codes VALUES (%s, %s, %s, %s, %s)", row)
    assert passwords.remove(session, again(key, session), **MORE) == "removed"
    assert passwords.remove(session, again(key, session), **MORE) == "none"
    assert passwords.prove("Ada", ada.password, purpose="sign_in", origin=NOWHERE).status == "wrong"


def test_password_is_removed_by_no_lesser_proof(ada: Member, admin: psycopg.Connection) -> None:
    """Of the password alone, of another session, or of a trusted browser."""
    key = enrol_passkey(ada)
    session = sign_in_with(key)
    passkeys.add(session, again(key, session), new_passkey(), name="x", **MORE)
    admin.execute("UPDATE vault.passkeys SET knows_user = true")
    other = sign_in_with(key)
    assert passwords.remove(session, fresh_attempt(ada, session), **MORE) == "weak"
    assert passwords.remove(session, again(key, other), **MORE) == "gone"
    assert value(admin, "SELECT count(*) FROM vault.password_verifiers") == 1


def test_last_passkey_that_knows_its_user_stays_where_there_is_no_password(
    vault: None, admin: psycopg.Connection
) -> None:
    """Two tabs cannot take both: the account's row orders them."""
    attempt = register("Ada")
    assert isinstance(attempt, Attempt)
    session = sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE)
    assert session is not None
    [first] = passkeys.own_passkeys(session)
    found = passkeys.find(first.credential_id)
    assert found is not None
    proof = again(found, session)
    assert passkeys.remove(session, proof, first.credential_id, **MORE) == "last"
    touch = new_passkey(knows_user=False)
    passkeys.add(session, proof, touch, name="Touch", **MORE)
    assert passkeys.remove(session, proof, first.credential_id, **MORE) == "last"
    second = new_passkey(knows_user=True)
    passkeys.add(session, proof, second, name="Second", **MORE)
    assert passkeys.remove(session, proof, first.credential_id, **MORE) == "removed"
    assert passkeys.remove(session, proof, second.credential_id, **MORE) == "last"
    assert passkeys.remove(session, proof, touch.credential_id, **MORE) == "removed"


def test_two_last_passkeys_removed_at_once_leave_one(
    admin: psycopg.Connection, login: Login
) -> None:
    """V-race: of fifty who remove either, one wins."""
    attempt = register("Ada")
    assert isinstance(attempt, Attempt)
    session = sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE)
    assert session is not None
    [first] = passkeys.own_passkeys(session)
    found = passkeys.find(first.credential_id)
    assert found is not None
    proof, second = again(found, session), new_passkey(knows_user=True)
    passkeys.add(session, proof, second, name="Second", **MORE)
    keys = [first.credential_id, second.credential_id] * 25

    def remove(connection: psycopg.Connection) -> str:
        name = "api.remove_passkey_v1"
        given = [session.secret, proof.secret, keys.pop(), "en", NETWORK, AGENT]
        return str(call(connection, name, *given)[name[4:]])

    heard = Counter(raced(50, login, remove))
    assert heard["removed"] == 1
    assert value(admin, "SELECT count(*) FROM vault.passkeys") == 1
