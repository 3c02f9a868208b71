"""What was proven, against what a wiki asks for: the vault's own word, and the grant's MAC."""

from itertools import combinations
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings

from accounts.services.assurance import LEVELS, level_of, reaches
from tests.database.asking import (
    CHALLENGE,
    REDIRECT,
    Login,
    Person,
    a_person,
    a_session,
    a_wiki,
    call,
    issue,
    open_session,
    random_32,
    reported,
    sha256,
    value,
)
from tests.database.factors import an_attempt
from tests.database.people import Member, sign_in
from tests.database.vouched import a_code, ada, answer, redeem, redeemed, wiki
from vault import grants, wikis
from vault.seals import mac, optional
from vault.wikis import Wiki

__all__ = ["ada", "wiki"]
PROVEN = [
    ("aal1", ["password"]),
    ("aal2", ["password", "totp"]),
    ("aal2", ["password", "recovery_code"]),
    ("phr", ["password", "hwk"]),
    ("phr", ["swk", "uv"]),
]


def session_of(
    admin: psycopg.Connection, web: psycopg.Connection, person: Person, proofs: list[str]
) -> bytes:
    """The secret of a session of which this was proven."""
    secret = random_32()
    proof = an_attempt(admin, person, proofs)
    assert open_session(web, proof, secret_hash=sha256(secret)) == "opened"
    return secret


# --- The wiki's least level --------------------------------------------------------------------


@pytest.mark.parametrize(("level", "proofs"), PROVEN)
def test_grant_is_issued_from_the_wikis_least_level_on(
    admin: psycopg.Connection, login: Login, level: Any, proofs: list[str]
) -> None:
    """Whatever web was talked into; a refusal leaves no grant and no wiki among those to tell."""
    with login("web") as web:
        session = session_of(admin, web, a_person(web), proofs)
        for least in LEVELS:
            a_wiki(admin, least, least_acr=least)
            given = issue(web, session, least)["status"]
            assert given == ("issued" if reaches(level, least) else "weak"), least
    for table in ("grants", "session_wikis"):
        rows = admin.execute(f"SELECT client_id FROM vault.{table}").fetchall()
        assert {least for (least,) in rows} == {each for each in LEVELS if reaches(level, each)}


def test_grant_of_an_assertion_at_once_is_held_to_the_least_level_too(
    admin: psycopg.Connection, login: Login
) -> None:
    """id_token by form_post takes the same way."""
    with login("web") as web:
        a_wiki(admin, response_types=["id_token"], least_acr="aal2")
        session = a_session(web, a_person(web))
        weak = issue(web, session, code_hash=None, challenge=None)
    assert weak["status"] == "weak"


def test_level_that_nobody_knows_is_reached_by_nothing(
    admin: psycopg.Connection, login: Login
) -> None:
    """A slip in the row keeps everybody out, and lets nobody in."""
    with login("web") as web:
        session = session_of(admin, web, a_person(web), ["hwk", "uv"])
        for number, least in enumerate(("", "aal3", "AAL1")):
            a_wiki(admin, f"wiki-{number}", least_acr=least)
            assert issue(web, session, f"wiki-{number}")["status"] == "weak"


def test_levels_of_the_vault_are_those_of_python(admin: psycopg.Connection) -> None:
    """Both sides read the same out of every set of proofs."""
    words = ("password", "totp", "recovery_code", "letter", "hwk", "swk", "uv", "browser")
    for count in range(len(words) + 1):
        for proofs in combinations(words, count):
            amr = value(admin, "SELECT vault.amr_of(%s)", list(proofs))
            reached = value(
                admin,
                "SELECT array_agg(level) FROM unnest(%s::text[]) level"
                " WHERE vault.reaches_acr(%s, level)",
                *(list(LEVELS), amr),
            )
            assert reached == [each for each in LEVELS if reaches(level_of(amr), each)], proofs
    for amr, acr in ((None, "aal2"), (["mfa"], None), (None, None), ([None], "phr")):
        assert value(admin, "SELECT vault.reaches_acr(%s, %s)", amr, acr) is False


def test_session_too_weak_is_an_answer_of_its_own(
    admin: psycopg.Connection, ada: Member, wiki: Wiki
) -> None:
    """The site asks for more then, where anything else would be an error page."""
    a_wiki(admin, "strict", least_acr="aal2")
    strict = wikis.find("strict")
    assert strict is not None
    asked = {"redirect_uri": REDIRECT, "code_challenge": CHALLENGE, "nonce": "n"}
    given = grants.issue(sign_in(ada), strict, response_type="code", scopes=("openid",), **asked)
    assert given == "weak"


# --- What was asked for ------------------------------------------------------------------------


def test_levels_asked_for_come_back_with_the_code_in_their_order(ada: Member, wiki: Wiki) -> None:
    """The ID token is made when the code is redeemed, and says what was asked before."""
    session = sign_in(ada)
    for asked in ((), ("aal2",), ("phr", "aal1", "aal2")):
        assert redeemed(a_code(session, wiki, acr_values=asked), wiki).acr_values == asked


@pytest.mark.parametrize(
    "asked", [None, [None], ["aal2", None], ["gold"], ["AAL2"], ["aal1"] * 4, [""]]
)
def test_levels_that_are_none_are_not_stored(
    admin: psycopg.Connection, login: Login, asked: Any
) -> None:
    """Web has left out what nobody knows: this can only be a fault."""
    with login("web") as web:
        a_wiki(admin)
        session = a_session(web, a_person(web))
        assert issue(web, session, acr_values=asked)["status"] == "bad_request"
    assert value(admin, "SELECT count(*) FROM vault.grants") == 0


def test_grant_by_a_process_of_the_release_before_is_issued(
    admin: psycopg.Connection, login: Login
) -> None:
    """During an upgrade it names no levels: none were asked for."""
    with login("web") as web:
        a_wiki(admin)
        issued = issue(web, a_session(web, a_person(web)))
        assert issued["status"] == "issued"
        came_back = call(web, "api.redeem_code_v1", issued["code"], "wiki-a", REDIRECT, CHALLENGE)
        assert came_back["acr_values"] == []


def test_mac_of_a_grant_that_asked_for_nothing_is_the_one_of_before(
    admin: psycopg.Connection, ada: Member, wiki: Wiki
) -> None:
    """Codes and access tokens outlive an upgrade: these are the fields that it had."""
    session = sign_in(ada)
    given = answer(session, wiki)
    code_hash, vouched, key = admin.execute(
        "SELECT code_hash, mac, mac_key FROM vault.grants"
    ).fetchone() or (b"", b"", "")
    fields = (
        *(given.grant_id, optional(code_hash), wiki.client_id, session.sid, session.account_id),
        *(session.account_epoch, session.site_epoch, REDIRECT, (CHALLENGE,), ("n",), ("openid",)),
    )
    assert vouched == mac(settings.SESSION_KEYS, key, "grant", *fields)


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ((), "{aal1}"),
        ((), "{phr}"),
        (("aal2",), "{}"),
        (("aal2",), "{aal1}"),
        (("aal2", "aal1"), "{aal1,aal2}"),
        (("aal2", "aal1"), "{aal2aal1}"),
    ],
)
def test_levels_that_a_database_writer_changed_are_refused(
    admin: psycopg.Connection, ada: Member, wiki: Wiki, asked: tuple[str, ...], written: str
) -> None:
    """At the code and at userinfo: nobody makes an ID token name another level than was asked."""
    session = sign_in(ada)
    waiting, used = (a_code(session, wiki, acr_values=asked) for _ in range(2))
    grant: UUID = redeemed(used, wiki).grant_id
    admin.execute("UPDATE vault.grants SET acr_values = %s", [written])
    assert redeem(waiting, wiki) == "unknown"
    assert grants.describe(grant) is None
    assert {what for what, _ in reported(admin)} == {"grant"}
