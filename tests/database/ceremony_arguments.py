"""Arguments with which web's functions of passkeys and trusted browsers do their work."""

import time
from typing import Any
from uuid import uuid4

import psycopg

from tests.database.asking import (
    AGENT,
    NETWORK,
    a_person,
    a_session,
    call,
    open_session,
    prove,
    random_32,
    sha256,
    value,
)
from tests.database.consenting import consenting_arguments
from tests.database.factors import (
    RECOVERY_SET,
    a_passkey,
    an_attempt,
    passkey_arguments,
    prove_passkey,
    some_codes,
)

ORIGIN = [NETWORK, AGENT]


def web_arguments(admin: psycopg.Connection, web: psycopg.Connection) -> dict[str, list[Any]]:
    """Those about challenges and names, and of the three people below."""
    return {
        "spend_challenge": [random_32()],
        "check_name": ["Zoe", ["zoe"]],
        "register_with_passkey": _sign_up(),
        **consenting_arguments(admin, web),
        **_browsers(admin, web),
        **_password_given_up(admin, web),
        **_recovery(admin, web),
    }


def _sign_up() -> list[Any]:
    new = [random_32() for _ in range(10)]
    return [
        *(uuid4(), "Zoe", random_32(), "t1", ["zoe"]),
        *passkey_arguments().values(),
        *(*RECOVERY_SET, new, new),
        *(uuid4(), b"s" * 60, random_32(), "t1"),
        *(random_32(), "en", random_32(), *ORIGIN),
    ]


def _browsers(admin: psycopg.Connection, web: psycopg.Connection) -> dict[str, list[Any]]:
    """Of Tina, who has just shown a code in the browser that she trusts."""
    tina, session, device = a_person(web, "Tina"), random_32(), random_32()
    proof = an_attempt(admin, tina, ["password", "totp"])
    changes = {"secret_hash": sha256(session), "device": device}
    assert open_session(web, proof, **changes) == "opened"
    until = int(time.time()) + 86400
    trusting = [session, device, until, "Firefox", random_32(), "t1", *ORIGIN]
    assert value(web, "SELECT api.trust_browser_v1(%s, %s, %s, %s, %s, %s, %s, %s)", *trusting) == (
        "trusted"
    )
    return {
        "trust_browser": trusting,
        "spare_code": [prove(web, tina).secret, device, *ORIGIN],
        "list_trusted_browsers": [session, device],
        "distrust_browser": [session, None, *ORIGIN],
        "offer_passkey": [session, device],
        "end_other_sessions": [session, *ORIGIN],
    }


def _password_given_up(admin: psycopg.Connection, web: psycopg.Connection) -> dict[str, list[Any]]:
    """Of Petra, who has what it takes to do without a password, and has just shown a passkey."""
    petra = a_person(web, "Petra")
    session, proof = a_session(web, petra), random_32()
    passkey, _spare = (a_passkey(admin, petra, knows_user=True) for _ in range(2))
    some_codes(admin, petra)
    again = {"purpose": "reauthenticate", "session": session, "attempt_hash": sha256(proof)}
    assert prove_passkey(web, passkey, **again)["status"] == "right"
    return {"remove_password": [session, proof, "en", *ORIGIN]}


def _recovery(admin: psycopg.Connection, web: psycopg.Connection) -> dict[str, list[Any]]:
    """Of Nora, who has no password, but recovery codes."""
    nora = a_person(web, "Nora")
    [tag, *_] = some_codes(admin, nora)
    admin.execute("DELETE FROM vault.password_verifiers WHERE account_id = %s", [nora.account_id])
    guess = ["Nora", tag, random_32(), *ORIGIN, None]
    proposal = call(web, "api.propose_recovery_v1", *guess)["proposal"]
    attempt = an_attempt(admin, nora, ["recovery_code"], purpose="recover")
    return {
        "recovery_challenge": ["Nora"],
        "propose_recovery": guess,
        "judge_recovery": [proposal],
        "mend_with_passkey": [
            *(attempt.secret, *passkey_arguments().values(), "en", *ORIGIN),
        ],
    }
