"""A consent that is taken back: what the wiki was given is dead, whoever was faster."""

from typing import Any

import psycopg
import pytest

from tests.database.asking import (
    Login,
    a_person,
    a_session,
    a_wiki,
    ask,
    call,
    issue,
    random_32,
    redeem,
    sha256,
    value,
)
from tests.database.consenting import FOREIGN, a_foreign_wiki, give, withdraw
from tests.database.racing import raced

ORIGIN = ("192.0.2.0/24", "Firefox")


def _told(admin: psycopg.Connection) -> list[tuple[str, str]]:
    """Which wiki is told of the end of which session."""
    rows = ask(
        admin,
        "SELECT payload ->> 'client_id' AS wiki, payload ->> 'sid' AS sid FROM vault.outbox"
        " WHERE kind = 'backchannel_logout' ORDER BY id",
    )
    return [(row["wiki"], row["sid"]) for row in rows]


def test_consent_withdrawn_kills_what_that_wiki_was_given_and_nothing_else(
    admin: psycopg.Connection, login: Login
) -> None:
    """Codes and tokens of this account at this wiki, of every session; the sessions go on."""
    with login("web") as web:
        a_wiki(admin)
        a_foreign_wiki(admin)
        ada, bob = a_person(web), a_person(web, "Bob")
        here, there, other = a_session(web, ada), a_session(web, ada), a_session(web, bob)
        assert give(web, here) == "given"
        assert give(web, other) == "given"
        dead = [issue(web, session, client_id=FOREIGN) for session in (here, there, there)]
        alive = [issue(web, other, client_id=FOREIGN), issue(web, here)]
        wikis = (FOREIGN, FOREIGN, "wiki-a")
        for issued, wiki in zip([dead[0], *alive], wikis, strict=True):
            assert redeem(web, issued["code"], client_id=wiki)["status"] == "redeemed"
        assert withdraw(web, there) == "withdrawn"
        describe = "SELECT * FROM api.describe_grant_v1(%s)"
        assert ask(web, describe, dead[0]["grant"]) == []
        assert all(len(ask(web, describe, issued["grant"])) == 1 for issued in alive)
        for issued in dead[1:]:
            assert redeem(web, issued["code"], client_id=FOREIGN)["status"] == "dead"
        assert issue(web, here, client_id=FOREIGN)["status"] == "consent"
        assert issue(web, other, client_id=FOREIGN)["status"] == "issued"
        assert withdraw(web, here) == "unknown"
    events = value(
        admin,
        "SELECT array_agg(client_id) FROM vault.events WHERE tag = 'account:consent:withdrawn'",
    )
    assert events == [FOREIGN]


def test_consent_withdrawn_is_told_the_wiki_for_each_live_session_that_signed_in_there(
    admin: psycopg.Connection, login: Login
) -> None:
    """Not for one that never did, nor again for one that has ended; no other wiki hears of it."""
    with login("web") as web:
        a_wiki(admin)
        a_foreign_wiki(admin)
        ada = a_person(web)
        live, ended, never = (a_session(web, ada) for _ in range(3))
        assert give(web, never) == "given"
        for session in (live, ended):
            assert issue(web, session, client_id=FOREIGN)["status"] == "issued"
            assert issue(web, session)["status"] == "issued"
        call(web, "api.end_session_v1", ended, *ORIGIN)
        before = _told(admin)
        assert withdraw(web, never) == "withdrawn"
        sid = value(admin, "SELECT sid FROM vault.sessions WHERE secret_hash = %s", sha256(live))
    assert _told(admin)[len(before) :] == [(FOREIGN, str(sid))]


def test_consent_withdrawn_while_a_code_is_issued_finds_it(
    admin: psycopg.Connection, login: Login
) -> None:
    """Withdrawing waits for who holds the consent, and then revokes what they have made."""
    with login("web") as web, login("web") as leaving:
        a_foreign_wiki(admin)
        session = a_session(web, a_person(web))
        assert give(web, session) == "given"
        web.execute("BEGIN")
        issued = issue(web, session, client_id=FOREIGN)
        assert issued["status"] == "issued"
        leaving.execute("SET statement_timeout = '500ms'")
        with pytest.raises((psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)):
            withdraw(leaving, session)
        web.execute("COMMIT")
        leaving.execute("RESET statement_timeout")
        assert withdraw(leaving, session) == "withdrawn"
        assert redeem(web, issued["code"], client_id=FOREIGN)["status"] == "dead"
    assert len(_told(admin)) == 1


def test_code_issued_while_a_consent_is_withdrawn_waits_and_is_refused(
    admin: psycopg.Connection, login: Login
) -> None:
    """The other order: what was withdrawn first is not there any more for who waited."""
    with login("web") as web, login("web") as leaving:
        a_foreign_wiki(admin)
        session = a_session(web, a_person(web))
        assert give(web, session) == "given"
        leaving.execute("BEGIN")
        assert withdraw(leaving, session) == "withdrawn"
        web.execute("SET statement_timeout = '500ms'")
        with pytest.raises((psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)):
            issue(web, session, client_id=FOREIGN)
        leaving.execute("COMMIT")
        web.execute("RESET statement_timeout")
        assert issue(web, session, client_id=FOREIGN)["status"] == "consent"


@pytest.mark.parametrize("_round", range(3))
def test_consent_withdrawn_amid_codes_and_refreshes_leaves_nothing_alive(
    admin: psycopg.Connection, login: Login, _round: int
) -> None:
    """Twelve at once issue, refresh and withdraw: whoever was first, all of it is dead after."""
    scopes = ["openid", "offline_access"]
    with login("web") as web:
        a_foreign_wiki(admin)
        session = a_session(web, a_person(web))
        assert give(web, session, scopes=scopes) == "given"
        tokens = [_a_refresh_token(web, session, scopes) for _ in range(4)]
        acts: list[Any] = [
            *[lambda c: withdraw(c, session)] * 4,
            *[lambda c: issue(c, session, client_id=FOREIGN, scopes=scopes)["status"]] * 4,
            *[lambda c, one=one: _refresh(c, *one) for one in tokens],
        ]

        def act(connection: psycopg.Connection) -> str:
            return str(acts.pop()(connection))

        answers = raced(12, login, act)
        assert (answers.count("withdrawn"), answers.count("unknown")) == (1, 3)
        alive = "SELECT count(*) FROM vault.grants g WHERE vault.is_grant_alive(g)"
        assert value(admin, alive) == 0
        assert {_refresh(web, *one) for one in tokens} <= {"dead", "replayed"}


def _a_refresh_token(
    web: psycopg.Connection, session: bytes, scopes: list[str]
) -> tuple[Any, bytes]:
    issued = issue(web, session, client_id=FOREIGN, scopes=scopes)
    assert redeem(web, issued["code"], client_id=FOREIGN)["status"] == "redeemed"
    token = random_32()
    made = call(
        web, "api.issue_refresh_token_v1", issued["grant"], sha256(token), random_32(), "t1"
    )
    assert made["status"] == "issued"
    return issued["grant"], token


def _refresh(connection: psycopg.Connection, grant: Any, token: bytes) -> str:
    new = (sha256(random_32()), random_32(), "t1")
    answer = call(connection, "api.rotate_refresh_token_v1", token, grant, FOREIGN, *new)
    return str(answer["status"])
