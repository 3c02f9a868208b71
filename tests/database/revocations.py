"""How whatever can be revoked, spent or used up is revoked, and how it is used: a table.

Bare SQL, in which no MAC is looked at: what refuses is the vault itself.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg

from tests.database.asking import (
    CHALLENGE,
    Person,
    Proof,
    ask,
    call,
    guess,
    is_live,
    issue,
    prove,
    random_32,
    redeem,
    session_parameters,
    sha256,
    value,
)
from tests.database.factors import (
    an_app,
    guess_code,
    right_totp,
    some_codes,
)
from tests.database.mail_arguments import BROWSER, a_token, an_address
from vault.totp_codes import step_at

ORIGIN = ("192.0.2.0/24", "Firefox")
SCOPES = ["openid", "offline_access"]


@dataclass
class Vault:
    """The roles' own connections, and somebody with an account and a session."""

    admin: psycopg.Connection
    web: psycopg.Connection
    operator: psycopg.Connection
    ada: Person
    session: bytes


@dataclass(frozen=True)
class Case:
    """How something is revoked, how it is used, and what its use answers while it is good."""

    revoke: Callable[[], Any]
    use: Callable[[], Any]
    good: Any


def _opened(at: Vault, proof: Proof, secret: bytes | None = None, **changes: Any) -> Any:
    """Turns a proof into a session, with the time that its row says."""
    [row] = ask(
        at.admin,
        "SELECT vault.epoch_seconds(authenticated_at) AS seconds FROM vault.attempts"
        " WHERE secret_hash = sha256(%s)",
        proof.secret,
    )
    given = session_parameters(proof, secret or random_32(), changes.pop("sid", uuid4()), **changes)
    given["authenticated_at"] = row["seconds"]
    return call(at.web, "api.open_session_v1", *given.values())["status"]


def _console(at: Vault, function: str, *given: Any) -> None:
    call(at.admin, f"api.console_{function}_v1", *given, "drill")


# --- Sessions, epochs, locks -------------------------------------------------------------------


def session_ended(at: Vault) -> Case:
    """Its owner signed out."""
    return Case(
        lambda: call(at.web, "api.end_session_v1", at.session, *ORIGIN),
        lambda: is_live(at.web, at.session),
        good=True,
    )


def account_epoch(at: Vault) -> Case:
    """An operator ended all sessions of the account."""
    return Case(
        lambda: _console(at, "end_account_sessions", at.ada.account_id),
        lambda: is_live(at.web, at.session),
        good=True,
    )


def account_epoch_and_a_pending_sign_in(at: Vault) -> Case:
    """A proof of before opens nothing after."""
    proof = prove(at.web, at.ada)
    return Case(
        lambda: _console(at, "end_account_sessions", at.ada.account_id),
        lambda: _opened(at, proof),
        good="opened",
    )


def site_epoch(at: Vault) -> Case:
    """Everybody's sessions were ended."""
    return Case(
        lambda: at.admin.execute("SELECT api.console_end_all_sessions_v1('drill')"),
        lambda: is_live(at.web, at.session),
        good=True,
    )


def lock(at: Vault) -> Case:
    """The right password of a locked account."""
    return Case(
        lambda: _console(at, "lock_account", at.ada.account_id),
        lambda: guess(at.web, "Ada", at.ada.tag)["status"],
        good="right",
    )


def lock_and_a_session(at: Vault) -> Case:
    """What the lock ended, also once it is lifted."""

    def revoke() -> None:
        _console(at, "lock_account", at.ada.account_id)
        _console(at, "unlock_account", at.ada.account_id)

    return Case(revoke, lambda: is_live(at.web, at.session), good=True)


def session_renewed(at: Vault) -> Case:
    """The secret from before a new proof."""
    sid = value(at.admin, "SELECT sid FROM vault.sessions")
    return Case(
        lambda: _opened(at, prove(at.web, at.ada), sid=sid, old_secret=at.session),
        lambda: is_live(at.web, at.session),
        good=True,
    )


# --- What wikis hold ---------------------------------------------------------------------------


def _suspend(at: Vault) -> None:
    _console(at, "set_wiki_state", "wiki-a", "suspended")


def wiki_suspended(at: Vault) -> Case:
    """It asks for somebody who is signed in."""
    return Case(lambda: _suspend(at), lambda: issue(at.web, at.session)["status"], good="issued")


def code_of_a_wiki_that_was_suspended(at: Vault) -> Case:
    """In service again, it comes with a code of before."""
    code = issue(at.web, at.session)["code"]

    def revoke() -> None:
        _suspend(at)
        _console(at, "set_wiki_state", "wiki-a", "active")

    return Case(revoke, lambda: redeem(at.web, code)["status"], good="redeemed")


def code_spent(at: Vault) -> Case:
    """A code that was redeemed."""
    code = issue(at.web, at.session)["code"]
    return Case(
        lambda: redeem(at.web, code), lambda: redeem(at.web, code)["status"], good="redeemed"
    )


def _granted(at: Vault) -> tuple[UUID, bytes]:
    """A grant that was redeemed, and its first refresh token."""
    issued = issue(at.web, at.session, scopes=SCOPES)
    assert redeem(at.web, issued["code"], challenge=CHALLENGE)["status"] == "redeemed"
    token = random_32()
    stored = (sha256(token), random_32(), "t1")
    answer = call(at.web, "api.issue_refresh_token_v1", issued["grant"], *stored)
    assert answer["status"] == "issued"
    return issued["grant"], token


def _rotate(at: Vault, grant: UUID, token: bytes, successor: bytes) -> str:
    given = (token, grant, "wiki-a", sha256(successor), random_32(), "t1")
    status: str = call(at.web, "api.rotate_refresh_token_v1", *given)["status"]
    return status


def refresh_token_whose_successor_was_used(at: Vault) -> Case:
    """Shown by a thief."""
    grant, token = _granted(at)
    second = random_32()

    def revoke() -> None:
        assert _rotate(at, grant, token, second) == "rotated"
        assert _rotate(at, grant, second, random_32()) == "rotated"

    return Case(revoke, lambda: _rotate(at, grant, token, second), good="rotated")


def refresh_token_spent_two_minutes_ago(at: Vault) -> Case:
    """Too late for an answer that was lost, though nobody has used its successor."""
    grant, token = _granted(at)
    second = random_32()

    def revoke() -> None:
        assert _rotate(at, grant, token, second) == "rotated"
        at.admin.execute("UPDATE vault.refresh_tokens SET spent_at = spent_at - interval '2 min'")

    return Case(revoke, lambda: _rotate(at, grant, token, second), good="rotated")


def refresh_token_of_a_grant_that_was_revoked(at: Vault) -> Case:
    """The wiki gave it back."""
    grant, token = _granted(at)
    return Case(
        lambda: call(at.web, "api.revoke_grant_v1", grant, "wiki-a", None),
        lambda: _rotate(at, grant, token, random_32()),
        good="rotated",
    )


def access_token_of_a_grant_that_was_revoked(at: Vault) -> Case:
    """Asked for at userinfo, or by introspection."""
    grant, _ = _granted(at)
    question = "SELECT * FROM api.describe_grant_v1(%s)"
    return Case(
        lambda: call(at.web, "api.revoke_grant_v1", grant, "wiki-a", None),
        lambda: len(ask(at.web, question, grant)),
        good=1,
    )


# --- What works once ---------------------------------------------------------------------------


def attempt_consumed(at: Vault) -> Case:
    """A proof that has opened its session."""
    proof = prove(at.web, at.ada)
    return Case(lambda: _opened(at, proof), lambda: _opened(at, proof), good="opened")


def mailed_token_used(at: Vault) -> Case:
    """The link of a letter, once more."""
    secret = random_32()
    token = a_token(at.admin, at.ada, an_address(at.admin, at.ada), "reset", secret)

    def use() -> str:
        given = (token, secret, BROWSER, None, sha256(random_32()), *ORIGIN)
        status: str = call(at.web, "api.redeem_reset_v1", *given)["status"]
        return status

    return Case(use, use, good="right")


def challenge_spent(at: Vault) -> Case:
    """Of a passkey's ceremony."""
    challenge = random_32()

    def use() -> Any:
        return call(at.web, "api.spend_challenge_v1", challenge)["status"]

    return Case(use, use, good="spent")


def assertion_spent(at: Vault) -> Case:
    """With which a wiki proved itself."""
    digest, ends_at = random_32(), int(time.time()) + 60

    def use() -> Any:
        return call(at.web, "api.spend_assertion_v1", "wiki-a", digest, ends_at)["status"]

    return Case(use, use, good="spent")


def step_of_an_app_used(at: Vault) -> Case:
    """The code of a time step that the clock says a second time."""
    app, now = an_app(at.admin, at.ada), step_at()

    def use() -> Any:
        return right_totp(at.web, prove(at.web, at.ada).secret, app, now)["status"]

    return Case(use, use, good="right")


def recovery_code_used(at: Vault) -> Case:
    """Each is good once."""
    tag = some_codes(at.admin, at.ada)[0]

    def use() -> Any:
        return guess_code(at.web, prove(at.web, at.ada).secret, tag)["status"]

    return Case(use, use, good="right")


CASES: list[Callable[[Vault], Case]] = [
    session_ended,
    account_epoch,
    account_epoch_and_a_pending_sign_in,
    site_epoch,
    lock,
    lock_and_a_session,
    session_renewed,
    wiki_suspended,
    code_of_a_wiki_that_was_suspended,
    code_spent,
    refresh_token_whose_successor_was_used,
    refresh_token_spent_two_minutes_ago,
    refresh_token_of_a_grant_that_was_revoked,
    access_token_of_a_grant_that_was_revoked,
    attempt_consumed,
    mailed_token_used,
    challenge_spent,
    assertion_spent,
    step_of_an_app_used,
    recovery_code_used,
]
