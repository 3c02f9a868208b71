"""A request that brings the id of its grant is answered once, however it is raced (RFC 9126)."""

from collections import Counter
from uuid import uuid4

import psycopg
import pytest

from tests.database.asking import (
    CHALLENGE,
    REDIRECT,
    Login,
    a_person,
    a_session,
    a_wiki,
    ask,
    issue,
    redeem,
    value,
)
from tests.database.people import Member, sign_in, sign_up
from tests.database.racing import raced
from tests.database.vouched import ada, answer, wiki
from vault import grants
from vault.wikis import Wiki

__all__ = ["ada", "wiki"]
GRANTS = "SELECT count(*) FROM vault.grants"
ISSUED = "SELECT count(*) FROM vault.events WHERE tag = 'wiki:sign_in:issued'"


def test_request_raced_by_fifty_is_answered_with_one_code(
    admin: psycopg.Connection, login: Login
) -> None:
    """V-race: one grant, one event, and the one code that was given is good."""
    grant = uuid4()
    with login("web") as web:
        a_wiki(admin)
        session = a_session(web, a_person(web))
        answers = raced(50, login, lambda connection: issue(connection, session, grant=grant))
        assert Counter(one["status"] for one in answers) == {"issued": 1, "spent": 49}
        assert (value(admin, GRANTS), value(admin, ISSUED)) == (1, 1)
        for one in answers:
            expected = "redeemed" if one["status"] == "issued" else "unknown"
            assert redeem(web, one["code"])["status"] == expected


@pytest.mark.parametrize("code_hash", [None, b"x" * 32])
def test_request_that_was_answered_gives_nothing_to_anybody_else(
    admin: psycopg.Connection, login: Login, code_hash: bytes | None
) -> None:
    """Not to another session or wiki either, nor as an assertion; what was given stays as it is."""
    grant = uuid4()
    with login("web") as web:
        for client_id in ("wiki-a", "wiki-b"):
            a_wiki(admin, client_id, response_types=["code", "id_token"])
        session, other = (a_session(web, a_person(web, name)) for name in ("Ada", "Bo"))
        assert issue(web, session, grant=grant)["status"] == "issued"
        before = ask(admin, "SELECT * FROM vault.grants")
        for holder, client_id in ((session, "wiki-a"), (other, "wiki-a"), (other, "wiki-b")):
            again = issue(web, holder, client_id, grant=grant, code_hash=code_hash)
            assert again["status"] == "spent"
        assert ask(admin, "SELECT * FROM vault.grants") == before
    assert value(admin, "SELECT count(*) FROM vault.session_wikis") == 1, "no wiki more to tell"


def test_request_that_was_refused_is_not_spent(admin: psycopg.Connection, login: Login) -> None:
    """Nothing was given for it."""
    grant = uuid4()
    with login("web") as web:
        a_wiki(admin)
        session = a_session(web, a_person(web))
        for wrong in ({"redirect_uri": "https://evil.example/"}, {"scopes": ["openid", "email"]}):
            assert issue(web, session, grant=grant, **wrong)["status"] == "refused"
        assert issue(web, session, grant=grant)["status"] == "issued"


def test_request_whose_transaction_was_undone_is_not_spent(
    admin: psycopg.Connection, login: Login
) -> None:
    """A code that no wiki got cannot be redeemed, and its request is as good as before."""
    grant = uuid4()
    with login("web") as web:
        a_wiki(admin)
        session = a_session(web, a_person(web))
        web.execute("BEGIN")
        lost = issue(web, session, grant=grant)
        web.execute("ROLLBACK")
        assert redeem(web, lost["code"])["status"] == "unknown"
        assert issue(web, session, grant=grant)["status"] == "issued"


def test_request_that_is_spent_is_an_answer_of_its_own(
    admin: psycopg.Connection, ada: Member, wiki: Wiki
) -> None:
    """The site tells the wiki then, where anything else would be an error page."""
    session, grant = sign_in(ada), uuid4()
    assert answer(session, wiki, grant_id=grant).grant_id == grant
    other = sign_in(sign_up("Other"))
    for holder in (session, other):
        again = grants.issue(
            holder,
            wiki,
            response_type="code",
            redirect_uri=REDIRECT,
            code_challenge=CHALLENGE,
            nonce="n",
            scopes=("openid",),
            grant_id=grant,
        )
        assert again == "spent"
    assert value(admin, GRANTS) == 1


def test_request_that_was_answered_stays_so_for_a_day(
    admin: psycopg.Connection, login: Login
) -> None:
    """Its grant is kept that long however dead: twice what any request of it is good for."""
    grant = uuid4()
    with login("web") as web, login("worker") as worker:
        a_wiki(admin)
        session = a_session(web, a_person(web))
        assert issue(web, session, grant=grant)["status"] == "issued"
        admin.execute("UPDATE vault.grants SET revoked_at = clock_timestamp()")
        admin.execute("UPDATE vault.grants SET issued_at = issued_at - interval '23 hours'")
        worker.execute("SELECT api.prune_v1()")
        assert issue(web, session, grant=grant)["status"] == "spent"
