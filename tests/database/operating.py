"""Operators for tests: as bare SQL, and through Python's face of the vault.

Signatures are verified elsewhere: here the operator's process vouches for them.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID, uuid4

import psycopg

from tests.database.asking import (
    Proof,
    Row,
    a_person,
    ask,
    call,
    random_32,
    session_parameters,
    sha256,
)
from tests.database.factors import a_passkey, new_passkey, presented, prove_passkey
from vault import operator_passkeys, operators, passkeys
from vault.events import NOWHERE
from vault.operators import Level, Operator
from vault.passkeys import Passkey

Playing = Callable[[str], AbstractContextManager[None]]

# --- Bare SQL ----------------------------------------------------------------------------------


def an_operator(
    admin: psycopg.Connection,
    web: psycopg.Connection,
    operator: psycopg.Connection,
    *,
    username: str = "Olga",
    level: str = "chief",
) -> bytes:
    """The secret of a live operator's session."""
    person = a_person(web, username)
    answer = call(admin, "api.grant_operator_v1", person.account_id, level, 1, random_32(), "t1")
    assert answer["status"] == "granted"
    credential = a_passkey(admin, person, kind="operator")
    secret = random_32()
    parameters = opening(shown(operator, credential), secret)
    answer = call(operator, "api.open_operator_session_v1", *parameters.values())
    assert answer["status"] == "opened"
    return secret


def opening(proof: Proof, secret: bytes, **changes: Any) -> Row:
    """The arguments of ``open_operator_session_v1``, in order."""
    expires_at = int(time.time()) + 3600
    parameters = session_parameters(proof, secret, uuid4(), expires_at=expires_at, **changes)
    del parameters["kept"]
    return parameters


def shown(operator: psycopg.Connection, credential: bytes, **changes: Any) -> Proof:
    """What a passkey of the operator's site opens, as its process vouches for it."""
    secret = random_32()
    given = {"purpose": "operator", "attempt_hash": sha256(secret), **changes}
    verdict = prove_passkey(operator, credential, **given)
    assert verdict["status"] == "right"
    return Proof(secret, verdict)


def passkey_of(operator: psycopg.Connection, session: bytes) -> bytes:
    """The credential id of an operator's oldest passkey."""
    own = ask(operator, "SELECT * FROM api.list_operator_passkeys_v1(%s)", session)
    credential: bytes = own[0]["credential_id"]
    return credential


def freshly(operator: psycopg.Connection, session: bytes) -> bytes:
    """The session, in which its operator has just shown their passkey: good for one lockout."""
    attempt = shown(operator, passkey_of(operator, session)).secret
    assert call(operator, "api.prove_operator_v1", session, attempt)["status"] == "proven"
    return session


# --- Through Python ----------------------------------------------------------------------------


def enrolled(playing: Playing, account_id: UUID, level: Level = "chief") -> Passkey:
    """Makes an account's person an operator, by a link as the console prints it."""
    with playing("owner"):
        operators.grant(account_id, level)
        token = operator_passkeys.invite(account_id)
    assert token is not None
    with playing("operator"):
        invite = operator_passkeys.find_invite(token)
        assert invite is not None
        made = new_passkey(knows_user=True)
        assert operator_passkeys.enrol(invite, made, name="Key", origin=NOWHERE) == "enrolled"
        found = passkeys.find(made.credential_id)
    assert found is not None
    return found


def signed_in(playing: Playing, passkey: Passkey) -> Operator:
    """A new session at the operator's site."""
    with playing("operator"):
        attempt = presented(passkey, purpose="operator")
        session = operators.sign_in(attempt, agent_label="Firefox", origin=NOWHERE)
        assert session is not None
        operator = operators.resume(session.secret)
    assert operator is not None
    return operator


def shows(operator: Operator, passkey: Passkey) -> Operator:
    """The operator, who has just shown their passkey; plays the operator's process already."""
    attempt = presented(passkey, purpose="operator")
    assert operators.prove(operator.session, attempt)
    return operator
