"""The rest of the table of ``revocations``: credentials that were taken away, and operators."""

import time
from collections.abc import Callable
from typing import Any

from tests.database.asking import (
    ask,
    call,
    prove,
    random_32,
    sha256,
)
from tests.database.factors import (
    a_passkey,
    an_app,
    prove_passkey,
    right_totp,
)
from tests.database.operating import an_operator, freshly
from tests.database.revocations import ORIGIN, Case, Vault
from vault.totp_codes import step_at

# --- Credentials that were taken away ----------------------------------------------------------


def _fresh(at: Vault, passkey: bytes) -> tuple[bytes, bytes]:
    secret = random_32()
    again = {"purpose": "reauthenticate", "session": at.session, "attempt_hash": sha256(secret)}
    assert prove_passkey(at.web, passkey, **again)["status"] == "right"
    return at.session, secret


def passkey_removed(at: Vault) -> Case:
    """By its owner."""
    passkey, other = a_passkey(at.admin, at.ada), a_passkey(at.admin, at.ada)

    def revoke() -> None:
        given = (*_fresh(at, other), passkey, "en", *ORIGIN)
        assert call(at.web, "api.remove_passkey_v1", *given)["status"] == "removed"

    return Case(revoke, lambda: prove_passkey(at.web, passkey)["status"], good="right")


def app_removed(at: Vault) -> Case:
    """By its owner."""
    app, passkey = an_app(at.admin, at.ada), a_passkey(at.admin, at.ada)

    def revoke() -> None:
        given = (*_fresh(at, passkey), app, "en", *ORIGIN)
        assert call(at.web, "api.remove_totp_v1", *given)["status"] == "removed"

    def use() -> str:
        secret = prove(at.web, at.ada).secret
        status: str = right_totp(at.web, secret, app, step_at())["status"]
        return status

    return Case(revoke, use, good="right")


def app_password_revoked(at: Vault) -> Case:
    """By its owner."""
    secret, [app_password] = b"x" * 20, ask(at.admin, "SELECT gen_random_uuid() AS id")
    proof = prove(at.web, at.ada, purpose="reauthenticate", session=at.session)
    now = int(time.time())
    given: tuple[Any, ...] = (
        at.session,
        proof.secret,
        app_password["id"],
        sha256(secret),
        "Bot",
        ["edit"],
        [],
    )
    more = (now, now + 9000, random_32(), "t1", "en", *ORIGIN)
    assert call(at.web, "api.add_app_password_v1", *given, *more)["status"] == "added"

    def use() -> Any:
        proposed = call(at.web, "api.propose_app_password_v1", "Ada", secret, *ORIGIN)
        answer = call(at.web, "api.judge_app_password_v1", proposed["proposal"], "192.0.2.7")
        return answer["status"]

    revoking = (at.session, app_password["id"], *ORIGIN)
    return Case(lambda: call(at.web, "api.revoke_app_password_v1", *revoking), use, good="right")


# --- Operators ---------------------------------------------------------------------------------


def operator_revoked(at: Vault) -> Case:
    """Somebody who was one looks at the site by a session of then."""
    session = an_operator(at.admin, at.web, at.operator)
    question = "SELECT * FROM api.resume_operator_session_v1(%s)"
    return Case(
        lambda: at.admin.execute("UPDATE vault.operators SET revoked_at = clock_timestamp()"),
        lambda: len(ask(at.operator, question, session)),
        good=1,
    )


def operators_proof_used(at: Vault) -> Case:
    """One passkey shown is for one measure."""
    session = freshly(at.operator, an_operator(at.admin, at.web, at.operator))

    def act() -> Any:
        given = (session, at.ada.account_id, "drill")
        return call(at.operator, "api.end_account_sessions_v1", *given)["status"]

    return Case(act, act, good="ended")


CASES: list[Callable[[Vault], Case]] = [
    passkey_removed,
    app_removed,
    app_password_revoked,
    operator_revoked,
    operators_proof_used,
]
