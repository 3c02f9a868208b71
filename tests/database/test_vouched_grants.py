"""Grants under a MAC: whose they are, for whom, and what a code was bound to."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.database.asking import (
    Login,
    a_person,
    a_session,
    a_wiki,
    issue,
    reported,
    value,
)
from tests.database.people import Member, sign_in, sign_up
from tests.database.vouched import a_code, ada, answer, redeem, redeemed, wiki
from vault import grants, wikis
from vault.errors import VaultRefused
from vault.wikis import Wiki

__all__ = ["ada", "wiki"]
Playing = Callable[[str], AbstractContextManager[None]]


VICTIM = "(SELECT %s FROM vault.sessions s JOIN vault.accounts a ON a.id = s.account_id"
VICTIM += " WHERE a.username = 'Victim')"
ELSEWHERE = "https://wiki.example/other"
GRANT_CHANGES: list[tuple[str, dict[str, Any]]] = [
    (f"account_id = {VICTIM % 's.account_id'}", {}),
    (f"sid = {VICTIM % 's.sid'}, account_id = {VICTIM % 's.account_id'}", {}),
    (f"sid = {VICTIM % 's.sid'}", {}),
    ("id = gen_random_uuid()", {}),
    ("nonce = 'other'", {}),
    ("nonce = NULL", {}),
    ("scopes = '{openid,profile}'", {}),
    ("scopes = '{}'", {}),
    (f"redirect_uri = '{ELSEWHERE}'", {"redirect_uri": ELSEWHERE}),
    (f"code_challenge = '{'d' * 43}'", {"code_challenge": "d" * 43}),
    ("code_challenge = NULL", {"code_challenge": None}),
    ("mac = ''", {}),
    ("mac = sha256('x')", {}),
    ("mac_key = 'other'", {}),
]


@pytest.mark.parametrize(("change", "presented"), GRANT_CHANGES)
def test_grant_that_a_database_writer_changed_is_refused_at_thea_code(
    admin: psycopg.Connection, ada: Member, wiki: Wiki, change: str, presented: dict[str, Any]
) -> None:
    """Even when the vault's own checks find all as presented."""
    sign_in(sign_up("Victim"))
    code = a_code(sign_in(ada), wiki)
    admin.execute(f"UPDATE vault.grants SET {change}")
    grant = str(value(admin, "SELECT id FROM vault.grants"))
    assert redeem(code, wiki, **presented) == "unknown"
    assert reported(admin) == {("grant", grant)}
    assert value(admin, "SELECT redeemed_at IS NOT NULL FROM vault.grants"), "it is spent"


@pytest.mark.parametrize(("change", "presented"), GRANT_CHANGES)
def test_grant_that_a_database_writer_changed_is_refused_at_userinfo(
    admin: psycopg.Connection, ada: Member, wiki: Wiki, change: str, presented: dict[str, Any]
) -> None:
    """An access token that was given out says nothing of anybody else, and nothing more."""
    sign_in(sign_up("Victim"))
    redeemed(a_code(sign_in(ada), wiki), wiki)
    admin.execute(f"UPDATE vault.grants SET {change}")
    grant: UUID = value(admin, "SELECT id FROM vault.grants")
    assert grants.describe(grant) is None
    assert reported(admin) == {("grant", str(grant))}


def test_code_that_a_database_writer_chose_is_refused(
    admin: psycopg.Connection, ada: Member, wiki: Wiki
) -> None:
    """Its digest in a genuine grant, redeemed with the secret that goes with it."""
    a_code(sign_in(ada), wiki)
    admin.execute("UPDATE vault.grants SET code_hash = sha256(%s)", [bytes(32)])
    assert redeem("A" * 43, wiki) == "unknown"
    assert len(reported(admin)) == 1


def test_code_moved_to_another_wiki_is_refused(
    admin: psycopg.Connection, ada: Member, wiki: Wiki
) -> None:
    """A wiki that writes rows gets no code that was given to another."""
    other = wikis.find(a_wiki(admin, "wiki-b"))
    assert other is not None
    code = a_code(sign_in(ada), wiki)
    admin.execute("UPDATE vault.grants SET client_id = 'wiki-b'")
    assert redeem(code, other) == "unknown"
    assert len(reported(admin)) == 1


@pytest.mark.parametrize(
    "change",
    [
        "amr = '{pwd,hwk}'",
        "authenticated_at = now() + interval '1 minute'",
        "expires_at = expires_at + interval '1 year'",
        "kept = true",
        "idle_seconds = idle_seconds + 1",
        "created_at = created_at + interval '1 second'",
        "secret_hash = sha256('known to the writer')",
        "mac = ''",
    ],
)
def test_session_changed_between_a_code_and_its_redemption_gives_nothing(
    admin: psycopg.Connection, ada: Member, wiki: Wiki, change: str
) -> None:
    """What the ID token says of the sign-in stands under the session's MAC.

    Whose session it is, and of which kind, comes from the grant.
    """
    session = sign_in(ada)
    code = a_code(session, wiki)
    admin.execute(f"UPDATE vault.sessions SET {change}")
    assert redeem(code, wiki) == "dead"
    assert reported(admin) == {("session", str(session.sid))}


def test_grant_that_nobody_touched_says_what_was_asked(ada: Member, wiki: Wiki) -> None:
    """All the checks pass for what is ours: the claims, the nonce, the time of the sign-in."""
    session = sign_in(ada)
    code = a_code(session, wiki, scopes=("openid", "profile"), nonce=None)
    found = redeemed(code, wiki)
    assert (found.sid, found.nonce) == (session.sid, None)
    assert (found.amr, found.auth_time) == (session.amr, session.auth_time)
    assert found.session_expires_at == session.expires_at
    assert grants.describe(found.grant_id) == (wiki.client_id, found.claims)
    assert found.claims.username == "Ada"
    assert found.claims.scopes == ("openid", "profile")


@pytest.mark.parametrize("name", ["sid", "account_id", "account_epoch", "site_epoch"])
def test_grant_for_another_session_than_the_one_at_hand_is_not_issued(
    admin: psycopg.Connection, login: Login, name: str
) -> None:
    """Web names what its MAC covers, and is refused where the vault knows otherwise."""
    a_wiki(admin)
    with login("web") as web:
        session, other = a_session(web, a_person(web)), a_person(web, "Other")
        wrong = {"account_id": other.account_id, "sid": uuid4()}.get(name, 7)
        for claimed in (wrong, None):
            assert issue(web, session, **{name: claimed})["status"] == "changed"
    assert value(admin, "SELECT count(*) FROM vault.grants") == 0


def test_grant_whose_session_changed_under_web_is_an_error(
    admin: psycopg.Connection, ada: Member, wiki: Wiki
) -> None:
    """It can only be a fault or an intruder: nothing is answered."""
    session = sign_in(ada)
    admin.execute("UPDATE vault.sessions SET sid = gen_random_uuid()")
    with pytest.raises(VaultRefused, match="changed"):
        answer(session, wiki)


@pytest.mark.parametrize("mac", [None, b"", b"x" * 31])
def test_grant_without_a_mac_is_not_issued(
    admin: psycopg.Connection, login: Login, mac: bytes | None
) -> None:
    """It would be worth nothing."""
    a_wiki(admin)
    with login("web") as web:
        session = a_session(web, a_person(web))
        assert issue(web, session, mac=mac)["status"] == "bad_request"
