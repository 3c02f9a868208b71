"""Arguments with which the functions of letters, app passwords and refresh tokens do their work."""

import time
from typing import Any
from uuid import UUID, uuid4

import psycopg

from tests.database.asking import (
    AGENT,
    CHALLENGE,
    NETWORK,
    REDIRECT,
    Person,
    a_person,
    a_session,
    a_wiki,
    call,
    issue,
    prove,
    random_32,
    redeem,
    sha256,
    value,
)

ORIGIN = [NETWORK, AGENT]
BROWSER = b"b" * 32


def an_address(admin: psycopg.Connection, person: Person, *, confirmed: bool = True) -> UUID:
    """Gives somebody an address behind web's back; the first is the primary one."""
    address: UUID = value(
        admin,
        "INSERT INTO vault.email_addresses (account_id, sealed, lookup_digest, lookup_key,"
        " is_primary, verified_at) SELECT %s, %s, %s, 't1',"
        " NOT EXISTS (SELECT FROM vault.email_addresses WHERE account_id = %s),"
        " CASE WHEN %s THEN clock_timestamp() END RETURNING id",
        *(person.account_id, b"s" * 60, random_32(), person.account_id, confirmed),
    )
    return address


def a_token(
    admin: psycopg.Connection,
    person: Person,
    address: UUID,
    purpose: str,
    secret: bytes | None,
    *,
    sid: UUID | None = None,
    code: bytes = b"",
) -> UUID:
    """Gives somebody a token behind web's back; armed where it has a secret."""
    token: UUID = value(
        admin,
        "INSERT INTO vault.mailed_tokens (purpose, account_id, address_id, account_epoch,"
        " site_epoch, browser_hash, token_hash, code_hash, sid, token_key, mac, mac_key, mailed_to,"
        " expires_at)"
        " SELECT %s, id, %s, epoch, 1, sha256(%s), sha256(%s), sha256(%s), %s, 't1', 'm', 't1',"
        " 'a', clock_timestamp() + interval '1 hour' FROM vault.accounts WHERE id = %s"
        " RETURNING id",
        *(purpose, address, BROWSER, secret, code or random_32()[:10], sid, person.account_id),
    )
    return token


def a_request(admin: psycopg.Connection, web: psycopg.Connection, username: str) -> int:
    """A request for a reset that waits for the worker."""
    asked = [username, None, sha256(BROWSER), "en", *ORIGIN]
    assert call(web, "api.request_reset_v1", *asked)["status"] == "asked"
    job: int = value(admin, "SELECT max(id) FROM vault.outbox WHERE kind = 'reset_request'")
    return job


def web_arguments(admin: psycopg.Connection, web: psycopg.Connection) -> dict[str, list[Any]]:
    """Those of web's functions."""
    lena, rita = a_person(web, "Lena"), a_person(web, "Rita")
    session = a_session(web, lena)
    fresh = prove(web, lena, purpose="reauthenticate", session=session).secret
    proof = [session, fresh]
    first, second, third = (
        an_address(admin, lena, confirmed=confirmed) for confirmed in (True, True, False)
    )
    confirming, resetting, reset = random_32(), random_32(), random_32()
    confirmation = a_token(admin, lena, third, "confirm", confirming)
    home = an_address(admin, rita)
    request, other = (a_token(admin, rita, home, "reset", secret) for secret in (resetting, reset))
    undoing, disowning = random_32(), random_32()
    undo = a_token(admin, lena, first, "undo", undoing)
    sid = value(admin, "SELECT sid FROM vault.sessions WHERE secret_hash = sha256(%s)", session)
    disown = a_token(admin, lena, first, "disown", disowning, sid=sid)
    attempt = random_32()
    answer = call(web, "api.redeem_reset_v1", other, reset, BROWSER, None, sha256(attempt), *ORIGIN)
    assert answer["status"] == "right"
    now = int(time.time())
    app_password, other_app_password = (
        [
            *(uuid4(), random_32(), "Bot", ["edit"], ["192.0.2.0/24"], now, now + 60),
            *(random_32(), "t1", "en", *ORIGIN),
        ]
        for _ in range(2)
    )
    assert call(web, "api.add_app_password_v1", *proof, *other_app_password)["status"] == "added"
    proposal = call(web, "api.propose_app_password_v1", "Lena", b"x" * 20, *ORIGIN)["proposal"]
    password = [random_32()[:16], 19457, 2, 1, "t1", random_32(), random_32()]
    digest = random_32()
    return {
        "list_app_passwords": [session],
        "add_app_password": [*proof, *app_password],
        "revoke_app_password": [session, other_app_password[0], *ORIGIN],
        "propose_app_password": ["Lena", b"x" * 20, *ORIGIN],
        "judge_app_password": [proposal, "192.0.2.1"],
        "add_address": [
            *(*proof, uuid4(), b"s" * 60, digest, "t1", [digest], BROWSER, "en", *ORIGIN)
        ],
        "request_confirmation": [session, third, BROWSER, "en", *ORIGIN],
        "confirm_address": [*(confirmation, confirming, BROWSER, None, random_32(), "t1", *ORIGIN)],
        "set_primary_address": [*proof, second, "en", *ORIGIN, random_32()],
        "remove_address": [*proof, first, "en", *ORIGIN, random_32()],
        "restore_address": [undo, undoing, "en", *ORIGIN],
        "disown_session": [disown, disowning, *ORIGIN],
        "request_reset": ["Rita", None, sha256(BROWSER), "en", *ORIGIN],
        "find_token": [resetting, BROWSER],
        "redeem_reset": [request, resetting, BROWSER, None, random_32(), *ORIGIN],
        "recovery_subject": [attempt],
        "reset_password": [attempt, *password, "en", *ORIGIN],
        **refresh_arguments(admin, web, session),
    }


def refresh_arguments(
    admin: psycopg.Connection, web: psycopg.Connection, session: bytes
) -> dict[str, list[Any]]:
    """Those of web's functions about refresh tokens."""
    a_wiki(admin, "wiki-r", scopes=["openid", "offline_access"])
    granted = []
    for _ in range(2):
        issued = issue(web, session, "wiki-r", scopes=["openid", "offline_access"])
        answer = redeem(
            web, issued["code"], client_id="wiki-r", redirect_uri=REDIRECT, challenge=CHALLENGE
        )
        assert answer["status"] == "redeemed"
        granted.append(issued["grant"])
    token = random_32()
    stored = (sha256(token), random_32(), "t1")
    assert call(web, "api.issue_refresh_token_v1", granted[0], *stored)["status"] == "issued"
    return {
        "issue_refresh_token": [granted[1], random_32(), random_32(), "t1"],
        "find_refresh_token": [token, granted[0], "wiki-r"],
        "revoke_grant": [granted[1], "wiki-r", None],
        "rotate_refresh_token": [token, granted[0], "wiki-r", random_32(), random_32(), "t1"],
    }


def worker_arguments(admin: psycopg.Connection, web: psycopg.Connection) -> dict[str, list[Any]]:
    """Those of the worker's functions."""
    lena = a_person(web, "Lena")
    address = an_address(admin, lena)
    token = a_token(admin, lena, address, "reset", None)
    request = a_request(admin, web, "Lena")
    return {
        "token_to_arm": [token],
        "arm_token": [token, random_32(), random_32(), "t1", random_32(), "t1", random_32()],
        "reset_request": [request],
        "answer_reset": [request, [address], [0]],
    }
