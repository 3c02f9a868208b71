"""The page that asks for a consent: it is answered once, and no answer is lost."""

from collections import Counter
from typing import Any

import psycopg

from tests.database.asking import (
    Login,
    a_person,
    a_session,
    random_32,
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
