"""Authorization codes: redeemed once, by the wiki, address and verifier they were made for."""

from collections import Counter
from typing import Any
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
    call,
    issue,
    random_32,
    redeem,
    value,
)
from tests.database.racing import raced


def _is_alive(connection: psycopg.Connection, grant: Any) -> bool:
    """Whether what was redeemed still says anything at userinfo."""
    return bool(ask(connection, "SELECT * FROM api.describe_grant_v1(%s)", grant))


def test_code_redeemed_by_its_wiki_names_the_person(
    admin: psycopg.Connection, login: Login
) -> None:
    """What the ID token says comes from the session that was asked, and from nowhere else."""
    with login("web") as web:
        ada = a_person(web)
        a_wiki(admin)
        issued = issue(web, a_session(web, ada), nonce="mine")
        answer = redeem(web, issued["code"])
        assert _is_alive(web, issued["grant"])
    assert answer["status"] == "redeemed"
    assert answer["account_id"] == ada.account_id
    assert answer["sid"] == value(admin, "SELECT sid FROM vault.sessions")
    assert (answer["nonce"], answer["amr"], answer["scopes"]) == ("mine", ["pwd"], ["openid"])
    assert answer["sealed_address"] is None


def test_code_presented_twice_revokes_what_the_first_gave(
    admin: psycopg.Connection, login: Login
) -> None:
    """A replay is refused, and the access token of the first redemption is dead (V-replay)."""
    with login("web") as web:
        a_wiki(admin)
        issued = issue(web, a_session(web, a_person(web)))
        assert redeem(web, issued["code"])["status"] == "redeemed"
        for _ in range(2):
            assert redeem(web, issued["code"])["status"] == "replayed"
        assert not _is_alive(web, issued["grant"])


def test_code_raced_by_twenty_is_redeemed_once_and_revoked(
    admin: psycopg.Connection, login: Login
) -> None:
    """Exactly one success; the other nineteen are replays, which revoke it (V-race)."""
    with login("web") as web:
        a_wiki(admin)
        issued = issue(web, a_session(web, a_person(web)))
        answers = raced(20, login, lambda c: redeem(c, issued["code"])["status"])
        assert Counter(answers) == {"redeemed": 1, "replayed": 19}
        assert not _is_alive(web, issued["grant"])
    assert value(admin, "SELECT count(*) FROM vault.events WHERE tag = 'wiki:code:redeemed'") == 1


def test_code_presented_by_another_wiki_is_refused_and_left_alone(
    admin: psycopg.Connection, login: Login
) -> None:
    """Another wiki neither redeems a code nor spoils it for its owner."""
    with login("web") as web:
        a_wiki(admin)
        a_wiki(admin, "wiki-b")
        issued = issue(web, a_session(web, a_person(web)))
        for other in ("wiki-b", "no-such-wiki", None):
            assert redeem(web, issued["code"], client_id=other)["status"] == "other_wiki"
        assert redeem(web, issued["code"])["status"] == "redeemed"
        assert redeem(web, issued["code"], client_id="wiki-b")["status"] == "other_wiki"
        assert _is_alive(web, issued["grant"])


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"redirect_uri": "https://wiki.example/other"}, "redirect_uri"),
        ({"redirect_uri": REDIRECT + "/"}, "redirect_uri"),
        ({"redirect_uri": REDIRECT.upper()}, "redirect_uri"),
        ({"redirect_uri": None}, "redirect_uri"),
        ({"challenge": "d" * 43}, "challenge"),
        ({"challenge": ""}, "challenge"),
        ({"challenge": None}, "challenge"),
    ],
)
def test_code_with_a_wrong_or_missing_part_is_refused_and_spent(
    admin: psycopg.Connection, login: Login, changes: dict[str, Any], status: str
) -> None:
    """One try: a wrong address or verifier spends the code, so that none can be guessed at."""
    with login("web") as web:
        a_wiki(admin)
        issued = issue(web, a_session(web, a_person(web)))
        assert redeem(web, issued["code"], **changes)["status"] == status
        assert redeem(web, issued["code"])["status"] == "replayed"
        assert not _is_alive(web, issued["grant"])


def test_code_made_without_a_challenge_refuses_a_verifier(
    admin: psycopg.Connection, login: Login
) -> None:
    """A verifier that nobody asked for is an error, not a bonus (V-pkce)."""
    with login("web") as web:
        a_wiki(admin, require_pkce=False)
        session = a_session(web, a_person(web))
        first, second = (issue(web, session, challenge=None) for _ in range(2))
        assert redeem(web, first["code"])["status"] == "challenge"
        assert redeem(web, second["code"], challenge=None)["status"] == "redeemed"


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE vault.sessions SET ended_at = clock_timestamp()",
        "UPDATE vault.sessions SET expires_at = clock_timestamp()",
        "UPDATE vault.sessions SET last_seen_at = clock_timestamp() - interval '1 day'",
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "UPDATE vault.site SET epoch = epoch + 1",
        "UPDATE vault.wikis SET state = 'suspended'",
    ],
)
def test_code_and_what_came_of_one_die_with_session_account_epoch_and_wiki(
    admin: psycopg.Connection, login: Login, meanwhile: str
) -> None:
    """What ends a session or a wiki ends its codes and tokens at once (V-disabled, V-revoke)."""
    with login("web") as web:
        a_wiki(admin)
        session = a_session(web, a_person(web))
        waiting, used = issue(web, session), issue(web, session)
        assert redeem(web, used["code"])["status"] == "redeemed"
        admin.execute(meanwhile)
        assert redeem(web, waiting["code"])["status"] == "dead"
        assert not _is_alive(web, used["grant"])
        assert issue(web, session)["status"] in ("no_session", "refused")


def test_code_after_its_minute_is_expired(admin: psycopg.Connection, login: Login) -> None:
    """Sixty seconds, by the vault's clock."""
    with login("web") as web:
        a_wiki(admin)
        issued = issue(web, a_session(web, a_person(web)))
        assert issued["expires_in"] == 60
        assert (
            value(admin, "SELECT extract(epoch FROM expires_at - issued_at) FROM vault.grants")
            == 60
        )
        admin.execute("UPDATE vault.grants SET expires_at = clock_timestamp()")
        assert redeem(web, issued["code"])["status"] == "expired"


@pytest.mark.parametrize("code", [b"", b"x", bytes(32), None])
def test_code_that_was_never_issued_is_unknown(
    vault: None, login: Login, code: bytes | None
) -> None:
    """Neither an empty code nor a missing one matches the grants that have none."""
    with login("web") as web:
        assert redeem(web, code)["status"] == "unknown"  # type: ignore[arg-type]


def test_grant_of_an_assertion_at_once_has_no_code_to_redeem(
    admin: psycopg.Connection, login: Login
) -> None:
    """id_token by form_post: nothing is left that could be presented."""
    with login("web") as web:
        a_wiki(admin, response_types=["id_token"])
        issued = issue(web, a_session(web, a_person(web)), code_hash=None, challenge=None)
        assert issued["status"] == "issued"
        for code in (None, b"", issued["code"]):
            assert redeem(web, code)["status"] == "unknown"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        ({}, {"redirect_uri": "https://evil.example/"}),
        ({}, {"redirect_uri": REDIRECT + "?x"}),
        ({}, {"client_id": "no-such-wiki"}),
        ({}, {"challenge": None}),
        ({}, {"scopes": ["openid", "email"]}),
        ({}, {"scopes": [None]}),
        ({}, {"code_hash": None}),
        ({"require_pkce": False}, {"challenge": None, "nonce": None}),
        ({"response_types": ["id_token"]}, {}),
        ({"state": "suspended"}, {}),
    ],
)
def test_code_beyond_the_wikis_registration_is_not_issued(
    admin: psycopg.Connection, login: Login, registered: dict[str, Any], asked: dict[str, Any]
) -> None:
    """The vault holds each wiki to what was registered, whatever web was talked into."""
    with login("web") as web:
        a_wiki(admin, **registered)
        answer = issue(web, a_session(web, a_person(web)), **asked)
    assert answer["status"] == "refused"
    assert value(admin, "SELECT count(*) FROM vault.grants") == 0


def test_code_is_kept_as_a_digest_alone(admin: psycopg.Connection, login: Login) -> None:
    """Who reads the table cannot present what stands there."""
    with login("web") as web:
        a_wiki(admin)
        issue(web, a_session(web, a_person(web)))
        stored = value(admin, "SELECT code_hash FROM vault.grants")
        assert redeem(web, stored)["status"] == "unknown"


def test_wiki_that_signs_in_while_the_session_ends_is_told_or_refused(
    admin: psycopg.Connection, login: Login
) -> None:
    """A sign-out that waits for a sign-in in flight finds that wiki among those to tell."""
    with login("web") as web, login("web") as leaving:
        a_wiki(admin)
        session = a_session(web, a_person(web))
        web.execute("BEGIN")
        assert issue(web, session)["status"] == "issued"
        leaving.execute("SET statement_timeout = '500ms'")
        with pytest.raises((psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)):
            call(leaving, "api.end_session_v1", session, "", "")
        web.execute("COMMIT")
        leaving.execute("RESET statement_timeout")
        assert call(leaving, "api.end_session_v1", session, "", "")["status"] == ["A wiki"]
        assert issue(web, session)["status"] == "no_session"
    assert value(admin, "SELECT count(*) FROM vault.outbox WHERE kind = 'backchannel_logout'") == 1


def test_grant_that_was_never_redeemed_says_nothing(
    admin: psycopg.Connection, login: Login
) -> None:
    """An issued code is no token: userinfo answers only for what was redeemed."""
    with login("web") as web:
        a_wiki(admin)
        issued = issue(web, a_session(web, a_person(web)))
        assert not _is_alive(web, issued["grant"])
        assert not _is_alive(web, uuid4())
        assert len(CHALLENGE) == 43
        assert redeem(web, random_32())["status"] == "unknown"


def test_code_presented_by_a_name_too_long_for_a_wiki_leaves_no_line(
    admin: psycopg.Connection, login: Login
) -> None:
    """Megabytes of a made-up client id are not written into the trail, and spend nothing."""
    with login("web") as web:
        a_wiki(admin)
        issued = issue(web, a_session(web, a_person(web)))
        before = value(admin, "SELECT count(*) FROM vault.events")
        assert redeem(web, issued["code"], client_id="w" * 1_000_000)["status"] == "unknown"
        assert value(admin, "SELECT count(*) FROM vault.events") == before
        assert redeem(web, issued["code"])["status"] == "redeemed"
        assert issue(web, a_session(web, a_person(web, "Bo")), scopes=["openid"] * 21)[
            "status"
        ] == ("bad_request")
