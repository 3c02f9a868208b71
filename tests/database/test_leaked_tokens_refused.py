"""Leaked tokens: to whom they are named, who may end them, and what is written down of that."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from accounts.services.sessions import cookie_value, encoded
from demo.postgres import Server
from emergency.actions.leaked_tokens import revoke
from emergency.errors import AlreadyDead, NotAllowed, NotProven, ReasonMissing, TargetUnknown
from tests.conftest import superuser
from tests.database import vouched
from tests.database.asking import Login, ask, call, random_32, sha256, value
from tests.database.leaks import Duty, Playing, locker, on_duty, ref
from tests.database.operating import shows
from tests.database.refreshing import session, wiki
from vault import sessions
from vault.sessions import Session
from vault.wikis import Wiki

__all__ = ["locker", "session", "wiki"]


def test_looking_takes_a_locker_and_is_in_the_trail_without_the_token(
    locker: Duty, playing: Playing, session: Session, admin: psycopg.Connection
) -> None:
    """A looker is refused; each search is recorded with what it found, or that it found nothing."""
    looker = on_duty(playing, "Lola", "looker")
    with pytest.raises(NotAllowed):
        looker.examine(cookie_value(session))
    assert ask(admin, "SELECT FROM vault.events WHERE tag = 'operator:token:examined'") == []
    locker.examine(cookie_value(session))
    locker.examine(encoded(random_32()))
    rows = ask(
        admin, "SELECT * FROM vault.events WHERE tag = 'operator:token:examined' ORDER BY id"
    )
    assert [row["detail"] for row in rows] == [
        {"kind": "session", "state": "live"},
        {"kind": "unknown"},
    ]
    assert [row["account_id"] for row in rows] == [session.account_id, None]
    assert {row["actor_id"] for row in rows} == {locker.operator.session.account_id}
    trail = str(ask(admin, "SELECT e::text FROM vault.events e"))
    assert cookie_value(session) not in trail
    assert session.secret.hex() not in trail
    assert sha256(session.secret).hex() not in trail


def test_revoking_takes_a_reason_and_a_passkey_shown_for_it(
    locker: Duty, session: Session, admin: psycopg.Connection, playing: Playing
) -> None:
    """Without either nothing ends; with both there is one line, with the reason."""
    found = locker.only(cookie_value(session))
    with playing("operator"), pytest.raises(NotProven):
        revoke(ref(found), "because", by=locker.operator)
    with pytest.raises(ReasonMissing):
        locker.revoke(found, " ")
    assert sessions.resume(session.secret) is not None
    locker.revoke(found, "seen in a screenshot")
    rows = ask(admin, "SELECT * FROM vault.events WHERE tag = 'lockout:token:revoked'")
    assert [row["detail"] for row in rows] == [
        {"reason": "seen in a screenshot", "kind": "session"}
    ]
    assert rows[0]["actor_id"] == locker.operator.session.account_id
    assert rows[0]["account_id"] == session.account_id


def test_revoking_what_is_dead_or_somebody_elses_changes_nothing(
    locker: Duty, session: Session, playing: Playing
) -> None:
    """Once; and an id under another account is nothing."""
    found = locker.only(cookie_value(session))
    with playing("operator"):
        for target in (
            ("session", session.account_id, uuid4()),
            ("session", locker.operator.session.account_id, session.sid),
            ("grant", session.account_id, session.sid),
            ("operator_session", session.account_id, session.sid),
        ):
            shows(locker.operator, locker.passkey)
            with pytest.raises(TargetUnknown):
                revoke(target, "because", by=locker.operator)
    assert sessions.resume(session.secret) is not None
    locker.revoke(found)
    with pytest.raises(AlreadyDead):
        locker.revoke(found)


def test_revoking_is_not_for_what_belongs_to_a_higher_operator(
    locker: Duty, playing: Playing
) -> None:
    """One bad operator must not keep out those who could stop them; the console can."""
    chief = on_duty(playing, "Cleo", "chief")
    found = locker.only(cookie_value(chief.operator.session))
    with pytest.raises(NotAllowed):
        locker.revoke(found)
    with playing("owner"):
        assert revoke(ref(found), "leaked", by=None).status == "revoked"


def test_functions_answer_no_session_but_a_live_lockers(
    locker: Duty, playing: Playing, session: Session, login: Login
) -> None:
    """Asked as the bare role: nothing is said to a looker, a web session, or nobody."""
    looker = on_duty(playing, "Lola", "looker")
    digests = [sha256(session.secret)]
    thing = ("session", session.account_id, session.sid)
    with login("operator") as connection:
        for secret in (looker.operator.session.secret, session.secret, random_32(), None):
            row = call(connection, "api.find_leaked_v1", secret, digests, [], [], [])
            assert (row["status"], row["account_id"]) == ("forbidden", None)
            statement = "SELECT * FROM api.describe_leaked_v1(%s, %s, %s, %s)"
            assert ask(connection, statement, secret, *thing) == []
            answer = call(connection, "api.revoke_leaked_v1", secret, *thing, "because")
            assert answer["status"] == "forbidden"
    with login("web") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        call(connection, "api.find_leaked_v1", session.secret, digests, [], [], [])
    assert sessions.resume(session.secret) is not None


def test_search_takes_no_long_list(locker: Duty, login: Login) -> None:
    """Nobody tries digests by the thousand, or names things of any kind."""
    secret = locker.operator.session.secret
    with login("operator") as connection:
        for given in (
            ([random_32()] * 101, [], [], []),
            ([], ["session"] * 101, [uuid4()] * 101, [uuid4()] * 101),
            ([], ["session"], [], []),
            ([], ["app_password"], [uuid4()], [uuid4()]),
            (None, [], [], []),
        ):
            row = call(connection, "api.find_leaked_v1", secret, *given)
            assert row["status"] == "bad_request"


def test_secret_in_the_table_is_none_to_paste(
    locker: Duty, session: Session, admin: psycopg.Connection
) -> None:
    """Whoever has read the digests cannot look up by them."""
    stored: bytes = value(
        admin, "SELECT secret_hash FROM vault.sessions WHERE sid = %s", session.sid
    )
    assert locker.examine(encoded(stored)).found == ()


def test_revoking_a_grant_waits_for_its_redeeming_and_never_against_it(
    locker: Duty, session: Session, wiki: Wiki, server: Server
) -> None:
    """Whoever redeems holds the grant, then asks for the account: it must be free."""
    code = vouched.a_code(session, wiki)
    found = locker.only(code)
    with superuser(server) as redeeming, ThreadPoolExecutor(1) as pool:
        with redeeming.transaction():
            redeeming.execute("SELECT FROM vault.grants WHERE id = %s FOR UPDATE", [ref(found)[2]])
            revoking = pool.submit(locker.revoke, found)
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            while not value(redeeming, waiting) and not revoking.done():
                time.sleep(0.01)
            redeeming.execute("SET LOCAL lock_timeout = '200ms'")
            redeeming.execute(
                "SELECT FROM vault.accounts WHERE id = %s FOR SHARE", [session.account_id]
            )
        assert revoking.result() == "revoked"
    assert vouched.redeem(code, wiki) == "dead"
