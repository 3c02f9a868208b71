"""Claims that a wiki asked for by name: what it may be told, and the grant's MAC over them."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings

from tests.database.asking import (
    CHALLENGE,
    REDIRECT,
    Login,
    a_person,
    a_session,
    a_wiki,
    issue,
    reported,
    value,
)
from tests.database.people import Member, sign_in
from tests.database.refreshing import SCOPES, a_token, find_wiki, rotated, session
from tests.database.vouched import a_code, ada, answer, redeem, redeemed, wiki
from vault import grants
from vault.seals import mac, optional
from vault.sessions import Session
from vault.wikis import Wiki

__all__ = ["ada", "session", "wiki"]
EMAIL = (
    "userinfo.email",
    "userinfo.email_verified",
    "id_token.email",
    "id_token.email_verified",
)
PROFILE = ("userinfo.name", "userinfo.preferred_username", "id_token.name")


@pytest.mark.parametrize("claim", [*PROFILE, *EMAIL])
def test_claim_is_granted_within_what_the_wiki_is_registered_for(
    admin: psycopg.Connection, login: Login, claim: str
) -> None:
    """One of the family: by its registration; the vault looks itself."""
    with login("web") as web:
        session = a_session(web, a_person(web))
        scope = "profile" if claim in PROFILE else "email"
        for number, scopes in enumerate((["openid"], ["openid", "profile"], ["openid", "email"])):
            a_wiki(admin, f"wiki-{number}", scopes=scopes)
            asked = issue(web, session, f"wiki-{number}", acr_values=[], claims=[claim])
            assert asked["status"] == ("issued" if scope in scopes else "refused"), scopes


@pytest.mark.parametrize(
    "asked",
    [
        None,
        [None],
        ["userinfo.email", None],
        ["userinfo.address"],
        ["email"],
        [""],
        ["userinfo.EMAIL"],
        ["id_token.preferred_username"],
        ["userinfo.email"] * 8,
    ],
)
def test_claims_that_are_none_are_not_stored(
    admin: psycopg.Connection, login: Login, asked: Any
) -> None:
    """Web has left out what nobody knows: this can only be a fault."""
    with login("web") as web:
        a_wiki(admin, scopes=["openid", "profile", "email"])
        session = a_session(web, a_person(web))
        given = issue(web, session, acr_values=[], claims=asked)
        assert given["status"] in ("bad_request", "refused")
    assert value(admin, "SELECT count(*) FROM vault.grants") == 0


def test_claims_asked_for_come_back_with_the_code_at_userinfo_and_after_a_refresh(
    admin: psycopg.Connection, session: Session
) -> None:
    """The address with them, though no scope asked for it."""
    wiki = find_wiki(a_wiki(admin, "wiki-b", scopes=list(SCOPES)))
    asked = ("userinfo.email", "id_token.name")
    code = a_code(session, wiki, scopes=("openid", "offline_access"), claims=asked)
    found = redeemed(code, wiki)
    assert found.claims.asked == asked
    assert (found.claims.email, found.claims.email_verified) == ("ada@example.org", True)
    assert grants.describe(found.grant_id) == (wiki.client_id, found.claims)
    swapped = rotated(a_token(found.grant_id), wiki)
    assert swapped.redeemed.claims == found.claims


@pytest.mark.parametrize("claims", [(), PROFILE])
def test_address_that_nobody_asked_for_is_not_read(
    wiki: Wiki, session: Session, claims: tuple[str, ...]
) -> None:
    """Neither by a scope nor by name: it does not leave the vault."""
    found = redeemed(a_code(session, wiki, claims=claims), wiki)
    assert found.claims.email is None


def test_mac_of_a_grant_without_claims_is_the_one_of_before(
    admin: psycopg.Connection, ada: Member, wiki: Wiki
) -> None:
    """Codes and access tokens outlive an upgrade: these are the fields that it had."""
    session = sign_in(ada)
    given = answer(session, wiki, acr_values=("aal2",))
    code_hash, vouched, key = admin.execute(
        "SELECT code_hash, mac, mac_key FROM vault.grants"
    ).fetchone() or (b"", b"", "")
    fields = (
        *(given.grant_id, optional(code_hash), wiki.client_id, session.sid, session.account_id),
        *(session.account_epoch, session.site_epoch, REDIRECT, (CHALLENGE,), ("n",), ("openid",)),
        ("aal2",),
    )
    assert vouched == mac(settings.SESSION_KEYS, key, "grant", *fields)


@pytest.mark.parametrize(
    ("asked", "change"),
    [
        ((), "claims = '{userinfo.email}'"),
        (("userinfo.name",), "claims = '{}'"),
        (("userinfo.name",), "claims = '{userinfo.email}'"),
        (("userinfo.name",), "claims = '{}', acr_values = '{userinfo.name}'"),
        (("userinfo.name", "userinfo.email"), "claims = '{userinfo.nameuserinfo.email}'"),
        (("userinfo.name", "userinfo.email"), "claims = '{userinfo.email,userinfo.name}'"),
    ],
)
def test_claims_that_a_database_writer_changed_are_refused(
    admin: psycopg.Connection, ada: Member, wiki: Wiki, asked: tuple[str, ...], change: str
) -> None:
    """At the code and at userinfo: nobody gets a wiki told more than it asked for."""
    session = sign_in(ada)
    waiting, used = (a_code(session, wiki, claims=asked) for _ in range(2))
    grant: UUID = redeemed(used, wiki).grant_id
    admin.execute(f"UPDATE vault.grants SET {change}")
    assert redeem(waiting, wiki) == "unknown"
    assert grants.describe(grant) is None
    assert {what for what, _ in reported(admin)} == {"grant"}
