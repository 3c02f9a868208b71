"""Arguments with which the functions of second factors do their work."""

import secrets
from typing import Any
from uuid import uuid4

import psycopg

from tests.database.asking import AGENT, NETWORK, a_person, a_session, prove, random_32, sha256
from tests.database.factors import (
    RECOVERY_SET,
    a_passkey,
    an_app,
    opened,
    passkey_arguments,
    propose_code,
    propose_totp,
    prove_passkey,
    some_codes,
)
from vault.totp_codes import step_at

ORIGIN = [NETWORK, AGENT]


def web_arguments(admin: psycopg.Connection, web: psycopg.Connection) -> dict[str, list[Any]]:
    """Those of web's functions: of somebody who holds one of each, and has just shown a passkey."""
    eve = a_person(web, "Eve")
    session, proof = a_session(web, eve), random_32()
    app, passkey = an_app(admin, eve), a_passkey(admin, eve)
    [tag, *_] = some_codes(admin, eve)
    again = {"purpose": "reauthenticate", "session": session, "attempt_hash": sha256(proof)}
    assert prove_passkey(web, passkey, **again)["status"] == "right"
    attempt = prove(web, eve).secret
    fresh, guess = [session, proof], [*ORIGIN, random_32()]
    new = [random_32() for _ in range(10)]
    return {
        "list_totp": [session],
        "add_totp": [
            *(*fresh, uuid4(), "Phone", secrets.token_bytes(60), random_32(), "t1", step_at()),
            *("en", *ORIGIN),
        ],
        "rename_totp": [session, app, "Old phone"],
        "remove_totp": [*fresh, app, "en", *ORIGIN],
        "propose_totp": [attempt, *guess],
        "open_totp": [propose_totp(web, attempt)["proposal"]],
        "accept_totp": [attempt, opened(web, attempt)["opening"], app, step_at()],
        "refuse_totp": [attempt, opened(web, attempt)["opening"]],
        "recovery_code_challenge": [attempt],
        "count_recovery_codes": [session],
        "own_subject": [session],
        "replace_recovery_codes": [*fresh, *RECOVERY_SET, new, new, "en", *ORIGIN, True],
        "propose_recovery_code": [attempt, tag, *guess],
        "judge_recovery_code": [propose_code(web, attempt, tag)["proposal"]],
        "offer_passkeys": [attempt],
        "list_passkeys": [session],
        "add_passkey": [*fresh, *passkey_arguments().values(), "en", *ORIGIN, True, True],
        "rename_passkey": [session, passkey, "Blue key"],
        "remove_passkey": [*fresh, passkey, "en", *ORIGIN],
        "find_passkey": [passkey],
        "prove_passkey": [passkey, 7, True, True, "sign_in", None, random_32(), session, *ORIGIN],
    }


def operator_arguments(admin: psycopg.Connection, web: psycopg.Connection) -> dict[str, list[Any]]:
    """Those of the operator's functions."""
    passkey = a_passkey(admin, a_person(web, "Oda"), kind="operator")
    return {
        "spend_challenge": [random_32()],
        "find_passkey": [passkey],
        "prove_passkey": [passkey, 7, True, True, "operator", None, random_32(), None, *ORIGIN],
    }
