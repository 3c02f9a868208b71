"""Consent to wikis that are none of the family's own: nothing is issued without it, and nobody but
its person gives it."""

from typing import Any

import psycopg
import pytest

from tests.database.asking import (
    Login,
    a_person,
    a_session,
    a_wiki,
    ask,
    issue,
    random_32,
    value,
)
from tests.database.consenting import FOREIGN, a_foreign_wiki, consents, give, withdraw


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
