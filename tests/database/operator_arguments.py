"""Arguments with which the operator's functions do their work."""

import time
from typing import Any

import psycopg

from tests.database import factor_arguments
from tests.database.asking import (
    NETWORK,
    Person,
    a_person,
    a_wiki,
    call,
    random_32,
    sha256,
    value,
)
from tests.database.factors import a_passkey, passkey_arguments
from tests.database.mail_arguments import an_address
from tests.database.operating import an_operator, freshly, opening, passkey_of, shown

ORIGIN = [NETWORK, "Firefox"]


def operator_arguments(
    admin: psycopg.Connection, web: psycopg.Connection, operator: psycopg.Connection
) -> dict[str, list[Any]]:
    """Each is tried in a transaction that is undone, so that one fresh proof does for all."""
    other = an_operator(admin, web, operator, username="Oskar")
    olga = an_operator(admin, web, operator)
    ada = a_person(web)
    an_address(admin, ada)
    a_wiki(admin)
    freshly(operator, olga)
    return {
        **factor_arguments.operator_arguments(admin, web),
        **_passkey_arguments(admin, operator, olga),
        "find_operator": [ada.account_id],
        "resume_operator_session": [olga],
        "end_operator_session": [other, *ORIGIN],
        "lock_account": [olga, ada.account_id, "because", None, False, ""],
        "unlock_account": [olga, ada.account_id, "because"],
        "send_reset": [olga, ada.account_id, "because"],
        "end_account_sessions": [olga, ada.account_id, "because"],
        "find_by_address": [olga, [_digest_of(admin, ada)]],
        "published_keys": [],
        "find_leaked": [olga, [sha256(olga)], [], [], []],
        "describe_leaked": [olga, "operator_session", *_session_of(admin, "Oskar")],
        "revoke_leaked": [olga, "operator_session", *_session_of(admin, "Oskar"), "because"],
        "set_wiki_state": [olga, "wiki-a", "suspended", "because", None],
        "operator_wiki": [olga, "wiki-a"],
        "register_wiki": [olga, _a_registration(admin, "wiki-b"), "because"],
        "change_wiki": [
            olga,
            _a_registration(admin, "wiki-a"),
            _mac_of(admin, "wiki-a"),
            "because",
        ],
        "named_accounts": [olga, ["Ada"]],
        "lock_accounts": [olga, [ada.account_id], "because", None, False, ""],
        "unlock_accounts": [olga, _a_list(admin), "because"],
        "close_door": [olga, "sign_up", "because", None],
        "open_door": [olga, _a_closed_door(admin), "because"],
        "end_all_sessions": [olga, "because"],
        "lock_signing_keys": [olga, "because", None],
        "restore_signing_keys": [olga, "because"],
        "sign_in_counts": [olga],
        "lockout_reach": [olga, "sessions", "", []],
        "end_backends": [olga, "authsite_worker"],
        "acknowledge_alert": [olga, _an_alert(admin), "seen"],
        "revive_outbox": [olga, _a_dead_job(admin), "mended"],
        "drop_outbox": [olga, _a_dead_job(admin), "too late"],
        "report_row": ["session", "7"],
    }


def _digest_of(admin: psycopg.Connection, person: Person) -> bytes:
    found: bytes = value(
        admin,
        "SELECT lookup_digest FROM vault.email_addresses WHERE account_id = %s",
        person.account_id,
    )
    return found


def _session_of(admin: psycopg.Connection, username: str) -> list[Any]:
    """The account of an operator, and their session's id."""
    return list(
        admin.execute(
            "SELECT a.id, s.sid FROM vault.sessions s JOIN vault.accounts a ON a.id = s.account_id"
            " WHERE a.username = %s AND s.kind = 'operator'",
            [username],
        ).fetchone()
        or []
    )


def _passkey_arguments(
    admin: psycopg.Connection, operator: psycopg.Connection, olga: bytes
) -> dict[str, list[Any]]:
    """Those about operators' own passkeys and links."""
    account = value(admin, "SELECT id FROM vault.accounts WHERE username = 'Olga'")
    a_passkey(admin, Person(account, "Olga", b""), kind="operator")
    token, until, proof = random_32(), int(time.time()) + 3600, random_32()
    invite = [account, sha256(token), until, random_32(), "t1"]
    assert call(admin, "api.invite_operator_v1", *invite)["status"] == "invited"
    passkey = passkey_of(operator, olga)
    shown(operator, passkey, attempt_hash=sha256(proof))
    opened = opening(shown(operator, passkey), random_32())
    return {
        "find_operator_invite": [token],
        "enrol_operator_passkey": [token, account, until, *passkey_arguments().values(), *ORIGIN],
        "list_operator_passkeys": [olga],
        "remove_operator_passkey": [olga, passkey, "lost"],
        "prove_operator": [olga, proof],
        "open_operator_session": list(opened.values()),
    }


def _a_registration(admin: psycopg.Connection, client_id: str) -> str:
    """What the operator's process hands over to have a wiki registered."""
    row: str = value(
        admin,
        "SELECT (to_jsonb(w) || jsonb_build_object('client_id', %s::text))::text"
        " FROM vault.wikis w WHERE w.client_id = 'wiki-a'",
        client_id,
    )
    return row


def _mac_of(admin: psycopg.Connection, client_id: str) -> bytes:
    found: bytes = value(admin, "SELECT mac FROM vault.wikis WHERE client_id = %s", client_id)
    return found


def _a_list(admin: psycopg.Connection) -> int:
    listed: int = value(
        admin,
        "INSERT INTO vault.lockouts (kind, reason) VALUES ('accounts', 'because') RETURNING id",
    )
    return listed


def _a_closed_door(admin: psycopg.Connection) -> str:
    admin.execute("INSERT INTO vault.lockouts (kind, reason) VALUES ('sign_in', 'because')")
    return "sign_in"


def _an_alert(admin: psycopg.Connection) -> int:
    alert: int = value(
        admin, "INSERT INTO vault.alerts (kind, count) VALUES ('unjudged', 3) RETURNING id"
    )
    return alert


def _a_dead_job(admin: psycopg.Connection) -> int:
    job: int = value(
        admin,
        "INSERT INTO vault.outbox (kind, payload, buried_at) VALUES ('letter', '{}', now())"
        " RETURNING id",
    )
    return job
