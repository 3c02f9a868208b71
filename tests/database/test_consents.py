"""Consent to wikis that are none of the family's own: nothing is issued without it, or lives on
after it."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
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
from tests.database.consenting import FOREIGN, a_foreign_wiki, consents, give, withdraw
from tests.database.people import sign_in, sign_up
from tests.database.racing import raced
from vault import wikis
from vault.consents import find
from vault.consents import give as give_by_mac
from vault.events import NOWHERE
from vault.sessions import Session
from vault.wikis import Wiki

Playing = Callable[[str], AbstractContextManager[None]]
ORIGIN = ("192.0.2.0/24", "Firefox")


def _told(admin: psycopg.Connection) -> list[tuple[str, str]]:
    """Which wiki is told of the end of which session."""
    rows = ask(
        admin,
        "SELECT payload ->> 'client_id' AS wiki, payload ->> 'sid' AS sid FROM vault.outbox"
        " WHERE kind = 'backchannel_logout' ORDER BY id",
    )
    return [(row["wiki"], row["sid"]) for row in rows]


def test_code_for_a_foreign_wiki_needs_a_consent_that_covers_its_scopes(
    admin: psycopg.Connection, login: Login
) -> None:
    """Looked at in the statement that issues: none, too little, another's, enough."""
    with login("web") as web:
        a_foreign_wiki(admin)
        a_foreign_wiki(admin, "wiki-g")
        ada, bob = a_session(web, a_person(web)), a_session(web, a_person(web, "Bob"))
        wanted: dict[str, Any] = {"client_id": FOREIGN, "scopes": ["openid", "email"]}
        assert issue(web, ada, **wanted)["status"] == "consent"
        assert give(web, bob, scopes=["openid", "email"]) == "given"
        assert give(web, ada, client_id="wiki-g", scopes=["openid", "email"]) == "given"
        assert issue(web, ada, **wanted)["status"] == "consent"
        assert give(web, ada, scopes=["openid"], mac=(first := random_32())) == "given"
        assert issue(web, ada, **wanted)["status"] == "consent"
        assert issue(web, ada, client_id=FOREIGN)["status"] == "issued"
        assert give(web, ada, scopes=["openid", "email"], old_mac=first) == "given"
        assert issue(web, ada, **wanted)["status"] == "issued"


def test_code_for_a_wiki_of_the_family_needs_none(admin: psycopg.Connection, login: Login) -> None:
    """And none can be given: it would say nothing."""
    with login("web") as web:
        a_wiki(admin)
        session = a_session(web, a_person(web))
        assert issue(web, session)["status"] == "issued"
        assert give(web, session, client_id="wiki-a") == "refused"
    assert consents(admin) == []


@pytest.mark.parametrize(
    ("registered", "asked", "status"),
    [
        ({}, {"scopes": ["openid", "admin"]}, "refused"),
        ({}, {"client_id": "no-such-wiki"}, "refused"),
        ({"state": "suspended"}, {}, "refused"),
        ({}, {"scopes": []}, "bad_request"),
        ({}, {"scopes": [None]}, "refused"),
        ({}, {"given_at": 1}, "bad_request"),
        ({}, {"mac": b"x"}, "bad_request"),
        ({}, {"mac_key": None}, "bad_request"),
        ({}, {"question": None}, "bad_request"),
        ({}, {"old_mac": b"x" * 32}, "moved"),
        ({}, {"session": b"x" * 32}, "no_session"),
    ],
)
def test_consent_beyond_what_can_be_asked_for_is_not_given(
    admin: psycopg.Connection,
    login: Login,
    registered: dict[str, Any],
    asked: dict[str, Any],
    status: str,
) -> None:
    """By the registration as it is now, by a live session, whole or not at all; no line is left."""
    with login("web") as web:
        a_foreign_wiki(admin, **registered)
        session = a_session(web, a_person(web))
        assert give(web, **{"session": session, **asked}) == status
    assert consents(admin) == []
    assert value(admin, "SELECT count(*) FROM vault.spent_challenges") == 0
    tag = "account:consent:given"
    assert value(admin, "SELECT count(*) FROM vault.events WHERE tag = %s", tag) == 0


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE vault.sessions SET ended_at = clock_timestamp()",
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "UPDATE vault.site SET epoch = epoch + 1",
    ],
)
def test_consent_of_a_session_that_has_ended_is_neither_given_found_nor_withdrawn(
    admin: psycopg.Connection, login: Login, meanwhile: str
) -> None:
    """Each of the functions goes by the session's secret alone."""
    with login("web") as web:
        a_foreign_wiki(admin)
        session = a_session(web, a_person(web))
        assert give(web, session) == "given"
        assert len(ask(web, "SELECT * FROM api.list_consents_v1(%s)", session)) == 1
        admin.execute(meanwhile)
        assert give(web, session, scopes=["openid", "email"]) == "no_session"
        assert withdraw(web, session) == "gone"
        for question in ("find_consent_v1(%s, 'wiki-f')", "list_consents_v1(%s)"):
            assert ask(web, f"SELECT * FROM api.{question}", session) == []
        assert ask(web, "SELECT * FROM api.consented_wikis_v1(%s)", session) == []
    assert consents(admin) == [["openid"]]


def test_consent_of_somebody_else_is_neither_found_nor_listed_nor_withdrawn(
    admin: psycopg.Connection, login: Login
) -> None:
    """There is no way to name another's."""
    with login("web") as web:
        a_foreign_wiki(admin)
        ada, bob = a_session(web, a_person(web)), a_session(web, a_person(web, "Bob"))
        assert give(web, ada) == "given"
        assert ask(web, "SELECT * FROM api.find_consent_v1(%s, %s)", bob, FOREIGN) == []
        assert ask(web, "SELECT * FROM api.list_consents_v1(%s)", bob) == []
        assert withdraw(web, bob) == "unknown"
    assert consents(admin) == [["openid"]]


def test_page_that_asked_is_answered_once(admin: psycopg.Connection, login: Login) -> None:
    """Sent again after the consent was taken back, the same form gives nothing."""
    with login("web") as web:
        a_foreign_wiki(admin)
        session, question = a_session(web, a_person(web)), sha256(random_32())
        assert give(web, session, question=question) == "given"
        assert give(web, session, question=question, scopes=["openid", "email"]) == "answered"
        assert consents(admin) == [["openid"]]
        assert withdraw(web, session) == "withdrawn"
        assert give(web, session, question=question) == "answered"
    assert consents(admin) == []


def test_page_that_asked_and_found_the_consent_moved_can_be_answered_still(
    admin: psycopg.Connection, login: Login
) -> None:
    """Only an answer that was kept spends the page."""
    with login("web") as web:
        a_foreign_wiki(admin)
        session, question = a_session(web, a_person(web)), sha256(random_32())
        assert give(web, session, question=question, old_mac=random_32()) == "moved"
        assert give(web, session, question=question) == "given"


def test_page_answered_by_ten_at_once_is_kept_once(admin: psycopg.Connection, login: Login) -> None:
    """Whoever presses twice has pressed once."""
    with login("web") as web:
        a_foreign_wiki(admin)
        session, question = a_session(web, a_person(web)), sha256(random_32())
        answers = raced(10, login, lambda c: give(c, session, question=question))
    assert Counter(answers) == {"given": 1, "answered": 9}
    tag = "account:consent:given"
    assert value(admin, "SELECT count(*) FROM vault.events WHERE tag = %s", tag) == 1


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


def test_wiki_taken_into_the_family_is_not_listed_among_those_that_know_somebody(
    admin: psycopg.Connection, login: Login
) -> None:
    """Nothing was agreed with it any more that could be taken back."""
    with login("web") as web:
        a_foreign_wiki(admin)
        session = a_session(web, a_person(web))
        assert give(web, session) == "given"
        admin.execute("UPDATE vault.wikis SET first_party = true")
        assert ask(web, "SELECT * FROM api.list_consents_v1(%s)", session) == []
        assert ask(web, "SELECT * FROM api.consented_wikis_v1(%s)", session) == []


def test_consents_given_in_two_tabs_at_once_are_both_kept(
    admin: psycopg.Connection, login: Login
) -> None:
    """Whoever finds it moved reads it again: no word of the person's is lost."""
    with login("web"):
        a_foreign_wiki(admin)
    session = sign_in(sign_up("Ada"))
    wiki = wikis.find(FOREIGN)
    assert wiki is not None
    asked = [("openid", scope) for scope in ("profile", "email", "offline_access")] * 2
    given = raced(
        6, login, lambda _c: _give_by_python(session, wiki, asked.pop(), random_32().hex())
    )
    assert set(given) == {"given"}
    assert consents(admin) == [["email", "offline_access", "openid", "profile"]]
    assert find(session, FOREIGN) is not None, "and its MAC is that of what stands there"


def _give_by_python(session: Session, wiki: Wiki, scopes: Any, question: str) -> str:
    return give_by_mac(session, wiki, scopes, question=question, origin=NOWHERE)


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        ({"name": "Renamed"}, True),
        ({"redirect_uris": ("https://wiki.example/callback", "https://wiki.example/new")}, True),
        ({"redirect_uris": ("https://elsewhere.example/callback",)}, False),
        ({"redirect_uris": ("https://wiki.example:8443/callback",)}, False),
        ({"scopes": ("openid", "offline_access")}, False),
        ({"scopes": ("openid", "profile")}, True),
    ],
)
def test_consent_ends_where_the_wiki_becomes_another_than_people_agreed_to(
    admin: psycopg.Connection, playing: Playing, change: dict[str, Any], stays: bool
) -> None:
    """They saw a host, and what it would know: elsewhere, or for other things, they are asked."""
    a_foreign_wiki(admin)
    session = sign_in(sign_up("Ada"))
    wiki = wikis.find(FOREIGN)
    assert wiki is not None
    given = give_by_mac(session, wiki, ("openid", "profile"), question="page", origin=NOWHERE)
    assert given == "given"
    with playing("owner"):
        registered = wikis.registered(FOREIGN)
        assert registered is not None
        assert wikis.change(replace(registered[0], **change), registered[1]) == "changed"
    assert consents(admin) == ([["openid", "profile"]] if stays else [])
