"""The vault's functions as bare SQL: what code that runs inside a limited role can do with them.

A tag is any 32 bytes here, so that nothing is hashed; times and rows are moved by the superuser.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.test import override_settings
from psycopg.rows import dict_row

from tests.environment import environment_for
from vault import wikis
from vault.keys import KeyRing

Row = dict[str, Any]
Login = Callable[[str], AbstractContextManager[psycopg.Connection]]

REDIRECT = "https://wiki.example/callback"
CHALLENGE = "c" * 43
NETWORK, AGENT = "192.0.2.0/24", "Firefox on Linux"


def random_32() -> bytes:
    """A tag, a secret or a MAC that nobody has seen."""
    return secrets.token_bytes(32)


def sha256(value: bytes) -> bytes:
    """What the vault keeps of a secret."""
    return hashlib.sha256(value).digest()


def ask(connection: psycopg.Connection, statement: str, *parameters: Any) -> list[Row]:
    """All rows of a statement, bound on the server."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def call(connection: psycopg.Connection, function: str, *parameters: Any) -> Row:
    """The one row that a function answers; its only value under the name ``status`` too."""
    marks = ", ".join(["%s"] * len(parameters))
    [row] = ask(connection, f"SELECT * FROM {function}({marks})", *parameters)
    if len(row) == 1:
        row["status"] = next(iter(row.values()))
    return row


def value(connection: psycopg.Connection, statement: str, *parameters: Any) -> Any:
    """The first column of a statement's only row."""
    row = connection.execute(statement, parameters).fetchone()
    assert row is not None
    return row[0]


@dataclass(frozen=True)
class Person:
    """Somebody with an account, and the tag that their password makes."""

    account_id: UUID
    username: str
    tag: bytes


def register(
    connection: psycopg.Connection,
    username: str,
    *,
    skeletons: list[str] | None = None,
    account: UUID | None = None,
    tag: bytes | None = None,
    attempt: bytes | None = None,
    name_mac: bytes | None = b"m" * 32,
    name_mac_key: str | None = "t1",
    address: Sequence[Any] = (None, None, None, None),
) -> Row:
    """Signs somebody up as web would; gives the status row."""
    return call(
        connection,
        "api.register_account_v1",
        *(account or uuid4(), username, name_mac, name_mac_key),
        skeletons or [username.casefold()],
        *(random_32()[:16], 19456, 2, 1, "t1", tag or random_32(), random_32()),
        *address,
        *(random_32(), "en", sha256(attempt or random_32()), NETWORK, AGENT),
    )


def a_person(connection: psycopg.Connection, username: str = "Ada") -> Person:
    """A new account with a password."""
    person = Person(uuid4(), username, random_32())
    answer = register(connection, username, account=person.account_id, tag=person.tag)
    assert answer["status"] == "created"
    return person


def propose(
    connection: psycopg.Connection,
    username: str,
    tag: bytes,
    *,
    purpose: str = "sign_in",
    attempt: bytes | None = None,
    session: bytes | None = None,
) -> Row:
    """The first half of a guess: status, proposal, wait_seconds."""
    return call(
        connection,
        "api.propose_password_v1",
        *(username, tag, purpose, sha256(attempt or random_32()), session, NETWORK, AGENT),
    )


def judge(connection: psycopg.Connection, proposal: UUID) -> Row:
    """The second half: status, and the attempt's fields when it is right."""
    return call(connection, "api.judge_password_v1", proposal)


def guess(
    connection: psycopg.Connection,
    username: str,
    tag: bytes,
    *,
    purpose: str = "sign_in",
    attempt: bytes | None = None,
    session: bytes | None = None,
) -> Row:
    """A whole guess in two transactions; gives the verdict, or the proposal's refusal."""
    proposed = propose(connection, username, tag, purpose=purpose, attempt=attempt, session=session)
    return judge(connection, proposed["proposal"]) if proposed["proposal"] else proposed


@dataclass(frozen=True)
class Proof:
    """An open attempt: its secret, and what the verdict said of it."""

    secret: bytes
    verdict: Row


def prove(
    connection: psycopg.Connection,
    person: Person,
    *,
    purpose: str = "sign_in",
    session: bytes | None = None,
) -> Proof:
    """A right guess."""
    secret = random_32()
    verdict = guess(
        connection, person.username, person.tag, purpose=purpose, attempt=secret, session=session
    )
    assert verdict["status"] == "right"
    return Proof(secret, verdict)


def session_parameters(proof: Proof, secret: bytes, sid: UUID, **changes: Any) -> Row:
    """The arguments of ``open_session_v1``, in order."""
    now = int(time.time())
    return {
        "attempt": proof.secret,
        "sid": sid,
        "secret_hash": sha256(secret),
        "amr": proof.verdict["amr"],
        "authenticated_at": proof.verdict["authenticated_at"],
        "account_epoch": proof.verdict["account_epoch"],
        "site_epoch": proof.verdict["site_epoch"],
        "created_at": now,
        "expires_at": now + 3600,
        "idle_seconds": 600,
        "kept": False,
        "agent_label": AGENT,
        "mac": random_32(),
        "mac_key": "t1",
        "old_secret": None,
        "network": NETWORK,
        "agent": AGENT,
        **changes,
    }


def open_session(connection: psycopg.Connection, proof: Proof, **changes: Any) -> str:
    """Tries to turn an attempt into a session; gives the status."""
    parameters = session_parameters(proof, random_32(), uuid4(), **changes)
    status: str = call(connection, "api.open_session_v1", *parameters.values())["status"]
    return status


def a_session(connection: psycopg.Connection, person: Person) -> bytes:
    """The secret of a new session of somebody's."""
    secret = random_32()
    assert open_session(connection, prove(connection, person), secret_hash=sha256(secret)) == (
        "opened"
    )
    return secret


def is_live(connection: psycopg.Connection, secret: bytes) -> bool:
    """Whether the vault still answers for a session."""
    return bool(ask(connection, "SELECT * FROM api.resume_session_v1(%s)", secret))


def a_wiki(admin: psycopg.Connection, client_id: str = "wiki-a", **changes: Any) -> str:
    """Registers a wiki behind the vault's back."""
    row = {
        "client_id": client_id,
        "name": "A wiki",
        "first_party": True,
        "token_endpoint_auth_method": "client_secret_basic",
        "home_uri": "https://wiki.example/",
        "redirect_uris": [REDIRECT, "https://wiki.example/other"],
        "post_logout_redirect_uris": [],
        "backchannel_logout_uri": "https://wiki.example/backchannel",
        "response_types": ["code"],
        "require_pkce": True,
        "id_token_alg": "RS256",
        "scopes": ["openid", "profile"],
        **changes,
    }
    admin.execute(
        f"INSERT INTO vault.wikis ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )
    vouch_for_wikis(admin)
    return client_id


def vouch_for_wikis(admin: psycopg.Connection) -> None:
    """Gives every wiki the MAC of what its row says now, as the owner would have."""
    ring = KeyRing.parse("AUTHSITE_WIKI_KEYS", environment_for("owner")["AUTHSITE_WIKI_KEYS"])
    with override_settings(WIKI_KEYS=ring):
        for row in ask(admin, "SELECT * FROM vault.wikis"):
            admin.execute(
                "UPDATE vault.wikis SET mac = %s, mac_key = %s WHERE client_id = %s",
                [*wikis.wiki_mac(wikis.from_row(row)), row["client_id"]],
            )


def reported(admin: psycopg.Connection) -> set[tuple[str, str]]:
    """Which rows were written down as not ours: what, and which one."""
    rows = ask(
        admin,
        "SELECT detail ->> 'what' AS what, detail ->> 'subject' AS subject FROM vault.events"
        " WHERE tag = 'site:row:refused'",
    )
    return {(row["what"], row["subject"]) for row in rows}


def whose(connection: psycopg.Connection, session: bytes) -> Row:
    """What a grant says of its session, for web to put under its MAC; anything once it is dead."""
    names = ("sid", "account_id", "account_epoch", "site_epoch")
    for row in ask(connection, "SELECT * FROM api.resume_session_v1(%s)", session):
        return {name: row[name] for name in names}
    return dict(zip(names, (uuid4(), uuid4(), 1, 1), strict=True))


def issue(
    connection: psycopg.Connection, session: bytes, client_id: str = "wiki-a", **changes: Any
) -> Row:
    """Answers an authorization request; gives status, grant and code."""
    code, grant = random_32(), uuid4()
    parameters = {
        "session": session,
        "grant": grant,
        "client_id": client_id,
        "code_hash": sha256(code),
        "redirect_uri": REDIRECT,
        "challenge": CHALLENGE,
        "nonce": "n",
        "scopes": ["openid"],
        **whose(connection, session),
        "mac": random_32(),
        "mac_key": "t1",
        **changes,
    }
    answer = call(connection, "api.issue_grant_v1", *parameters.values())
    return {**answer, "grant": grant, "code": code}


def redeem(connection: psycopg.Connection, code: bytes, **changes: Any) -> Row:
    """Presents a code as its wiki would."""
    parameters = {
        "code": code,
        "client_id": "wiki-a",
        "redirect_uri": REDIRECT,
        "challenge": CHALLENGE,
        **changes,
    }
    return call(connection, "api.redeem_code_v1", *parameters.values())


@contextmanager
def granted(admin: psycopg.Connection, what: str) -> Iterator[None]:
    """Widens web's rights for a moment, to show that a second wall stands behind the first."""
    admin.execute(f"GRANT {what} TO authsite_web")
    try:
        yield
    finally:
        admin.execute(f"REVOKE {what} FROM authsite_web")
