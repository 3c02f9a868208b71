"""Sessions: whose row is trusted, and how long it lives."""

import time
from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import (
    Login,
    a_person,
    a_session,
    a_wiki,
    ask,
    call,
    is_live,
    issue,
    open_session,
    prove,
    random_32,
    sha256,
    value,
)
from tests.database.factors import a_passkey
from tests.database.operating import shown
from tests.database.people import Member, attempt_of, sign_in, sign_up
from tests.database.racing import raced
from vault import sessions
from vault.events import NOWHERE
from vault.keys import KeyRing, new_key

HOUR, DAY = 3600, 86400


@pytest.fixture
def ada(vault: None) -> Member:
    """Somebody with an account."""
    return sign_up("Ada")


# Who made the row.


def test_session_row_that_a_database_writer_made_is_refused(
    admin: psycopg.Connection, ada: Member
) -> None:
    """The vault answers a complete, live row whose secret the writer knows; its MAC is not ours."""
    secret = random_32()
    admin.execute(
        "INSERT INTO vault.sessions (sid, secret_hash, kind, account_id, account_epoch, site_epoch,"
        " amr, authenticated_at, created_at, expires_at, idle_seconds, kept, last_seen_at, mac,"
        " mac_key) VALUES (%s, %s, 'web', %s, 1, 1, '{pwd}', now(), now(), now() + '1 h', 600,"
        " false, now(), %s, 't1')",
        [uuid4(), sha256(secret), ada.account_id, random_32()],
    )
    assert value(admin, "SELECT count(*) FROM vault.live_session(%s, 'web')", secret) == 1
    assert sessions.resume(secret) is None


@pytest.mark.parametrize(
    "change",
    [
        "account_id = (SELECT id FROM vault.accounts WHERE username = 'Victim')",
        "expires_at = expires_at + interval '1 year'",
        "idle_seconds = idle_seconds + 1",
        "authenticated_at = now() + interval '1 minute'",
        "created_at = created_at + interval '1 minute'",
        "amr = '{pwd,otp}'",
        "kept = true",
        "sid = gen_random_uuid()",
        "mac_key = 'other'",
        "mac = sha256('x')",
        "secret_hash = sha256('known to the writer')",
    ],
)
def test_session_row_that_a_database_writer_changed_is_refused(
    admin: psycopg.Connection, ada: Member, change: str
) -> None:
    """Given to somebody else, stretched, strengthened or moved: the row is dead, not different."""
    sign_up("Victim")
    session = sign_in(ada)
    admin.execute(f"UPDATE vault.sessions SET {change}")
    for secret in (session.secret, b"known to the writer"):
        assert sessions.resume(secret) is None


def test_session_row_with_another_rows_mac_is_refused(
    admin: psycopg.Connection, ada: Member
) -> None:
    """A genuine MAC vouches for its own row alone."""
    first, second = sign_in(ada), sign_in(ada)
    admin.execute(
        "UPDATE vault.sessions SET mac = (SELECT mac FROM vault.sessions WHERE sid = %s)",
        [first.sid],
    )
    assert sessions.resume(first.secret) == first
    assert sessions.resume(second.secret) is None


def test_session_of_a_key_that_was_taken_out_is_refused(ada: Member) -> None:
    """Taking a key out of the ring ends what was made with it; adding one does not."""
    session = sign_in(ada)
    fresh = new_key("t2")
    from django.conf import settings

    old: KeyRing = settings.SESSION_KEYS
    with override_settings(SESSION_KEYS=KeyRing.parse("AUTHSITE_SESSION_KEYS", fresh)):
        assert sessions.resume(session.secret) is None
    both = replace(KeyRing.parse("AUTHSITE_SESSION_KEYS", fresh), _keys={**old._keys})
    with override_settings(SESSION_KEYS=both):
        assert sessions.resume(session.secret) == session


def test_session_of_web_is_none_on_the_operators_site(
    admin: psycopg.Connection, login: Login, ada: Member
) -> None:
    """The kinds are apart: a public session, even one turned over by a writer, acts for nobody."""
    session = sign_in(ada)
    with login("operator") as operator:
        question = "SELECT * FROM api.resume_operator_session_v1(%s)"
        assert ask(operator, question, session.secret) == []
    admin.execute("UPDATE vault.sessions SET kind = 'operator'")
    assert sessions.resume(session.secret) is None


# How long it lives.


@pytest.mark.parametrize(
    "change",
    [
        "last_seen_at = clock_timestamp() - make_interval(secs => idle_seconds)",
        "expires_at = clock_timestamp() - interval '1 second'",
        "ended_at = clock_timestamp()",
        "account_epoch = account_epoch - 1",
        "site_epoch = site_epoch - 1",
    ],
)
def test_session_past_a_limit_is_dead_on_the_server(
    admin: psycopg.Connection, login: Login, change: str
) -> None:
    """Idle, absolute, ended or of an older epoch: the vault itself no longer answers."""
    with login("web") as web:
        session = a_session(web, a_person(web))
        a_wiki(admin)
        assert is_live(web, session)
        admin.execute(f"UPDATE vault.sessions SET {change}")
        assert not is_live(web, session)
        assert issue(web, session)["status"] == "no_session"
        assert ask(web, "SELECT * FROM api.list_sessions_v1(%s)", session) == []
        assert call(web, "api.end_own_session_v1", session, uuid4(), "", "")["status"] == "gone"


@pytest.mark.parametrize("table", ["accounts", "site"])
def test_session_after_an_epoch_was_raised_is_dead(
    admin: psycopg.Connection, login: Login, table: str
) -> None:
    """One number ends all sessions of an account, or of everybody."""
    with login("web") as web:
        session = a_session(web, a_person(web))
        admin.execute(f"UPDATE vault.{table} SET epoch = epoch + 1")
        assert not is_live(web, session)


def test_session_that_is_used_does_not_idle_out_yet_ends_at_its_limit(
    admin: psycopg.Connection, login: Login
) -> None:
    """Use keeps it awake; nothing moves the absolute end."""
    with login("web") as web:
        session = a_session(web, a_person(web))
        end = value(admin, "SELECT expires_at FROM vault.sessions")
        admin.execute("UPDATE vault.sessions SET last_seen_at = last_seen_at - interval '9 min'")
        assert is_live(web, session)
        assert value(admin, "SELECT last_seen_at > now() - interval '1 min' FROM vault.sessions")
        assert value(admin, "SELECT expires_at FROM vault.sessions") == end


@pytest.mark.parametrize(
    "changes",
    [
        {"idle_seconds": 12 * HOUR + 1},
        {"expires_at": DAY + 600},
        {"kept": True, "idle_seconds": 30 * DAY + 1},
        {"kept": True, "expires_at": 366 * DAY},
        {"idle_seconds": 0},
        {"idle_seconds": None},
        {"expires_at": -600},
        {"created_at": 600, "expires_at": DAY + 600},
        {"created_at": -600},
    ],
)
def test_session_that_would_outlive_the_policy_is_not_opened(
    vault: None, login: Login, changes: dict[str, Any]
) -> None:
    """The upper bounds stand in the vault: no web process opens a longer session."""
    now = int(time.time())
    changes = {k: now + v if k.endswith("_at") else v for k, v in changes.items()}
    with login("web") as web:
        proof = prove(web, a_person(web))
        assert open_session(web, proof, **changes) == "bad_request"
        assert open_session(web, proof) == "opened"


@pytest.mark.parametrize(
    "changes",
    [
        {"amr": ["pwd", "otp"]},
        {"amr": []},
        {"amr": None},
        {"authenticated_at": int(time.time()) + 60},
        {"account_epoch": 2},
        {"site_epoch": None},
    ],
)
def test_session_that_claims_more_than_its_attempt_proved_is_not_opened(
    admin: psycopg.Connection, login: Login, changes: dict[str, Any]
) -> None:
    """amr and auth_time are the attempt's, whatever the caller says."""
    with login("web") as web:
        proof = prove(web, a_person(web))
        assert open_session(web, proof, **changes) == "changed"
    assert value(admin, "SELECT count(*) FROM vault.sessions") == 0


# Attempts.


def test_attempt_raced_by_twenty_opens_one_session(admin: psycopg.Connection, login: Login) -> None:
    """A proof is consumed by what it opens (V-race)."""
    with login("web") as web:
        proof = prove(web, a_person(web))
    answers = raced(20, login, lambda c: open_session(c, proof))
    assert Counter(answers) == {"opened": 1, "gone": 19}
    assert value(admin, "SELECT count(*) FROM vault.sessions") == 1


@pytest.mark.parametrize("purpose", ["reauthenticate", "operator"])
def test_attempt_of_another_purpose_opens_no_session(
    admin: psycopg.Connection, login: Login, purpose: str
) -> None:
    """A proof made for one thing is none for another (V-replay)."""
    with login("web") as web, login("operator") as operator:
        ada = a_person(web)
        session = a_session(web, ada)
        if purpose == "operator":
            proof = shown(operator, a_passkey(admin, ada, kind="operator"))
        else:
            proof = prove(web, ada, purpose=purpose, session=session)
        assert open_session(web, proof) == "gone"


def test_attempt_that_expired_opens_no_session(admin: psycopg.Connection, login: Login) -> None:
    """Ten minutes after the first proof it must be given again."""
    with login("web") as web:
        proof = prove(web, a_person(web))
        expiry = "SELECT expires_at - authenticated_at FROM vault.attempts ORDER BY expires_at"
        assert value(admin, f"{expiry} DESC LIMIT 1").total_seconds() == 600
        admin.execute("UPDATE vault.attempts SET expires_at = clock_timestamp()")
        assert open_session(web, proof) == "gone"


def test_attempt_that_a_database_writer_gave_to_another_opens_nothing_for_them(
    admin: psycopg.Connection, ada: Member
) -> None:
    """The MAC covers whom web saw proving: a row turned over afterwards makes no session."""
    victim = sign_up("Victim")
    attempt = attempt_of(ada)
    admin.execute("UPDATE vault.attempts SET account_id = %s", [victim.account_id])
    session = sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE)
    assert session is None or sessions.resume(session.secret) is None
