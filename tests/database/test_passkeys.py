"""Passkeys in the vault: whose they are, what they prove, and what their counter says.

Signatures are verified elsewhere; here web vouches for them.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from tests.database.asking import ask, value
from tests.database.factors import (
    enrol_passkey,
    new_passkey,
    present,
    presented,
    sign_in_with,
)
from tests.database.people import Member, attempt_of, sign_in, sign_up
from vault import passkeys, sessions
from vault.attempts import new_secret
from vault.errors import FactorMissing, VaultRefused
from vault.events import NOWHERE
from vault.passkeys import Verdict

Playing = Callable[[str], AbstractContextManager[None]]
_COUNTERS = "SELECT count(*) FROM vault.events WHERE tag = 'account:passkey:counter'"
MORE: dict[str, Any] = {"language": "en", "origin": NOWHERE}


@pytest.fixture
def ada(vault: None) -> Member:
    """Somebody with an account."""
    return sign_up("Ada")


# --- What it proves ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_synced", "user_verified", "proofs", "amr"),
    [
        (False, True, ("hwk", "uv"), ("hwk", "user", "mfa")),
        (True, True, ("swk", "uv"), ("swk", "user", "mfa")),
        (False, False, ("hwk",), ("hwk", "user")),
        (True, False, ("swk",), ("swk", "user")),
    ],
)
def test_passkey_opens_an_attempt_with_what_it_proves(
    ada: Member,
    is_synced: bool,
    user_verified: bool,
    proofs: tuple[str, ...],
    amr: tuple[str, ...],
) -> None:
    """RFC 8176's words: only one that knew its user is more than one factor."""
    passkey = enrol_passkey(ada, is_synced=is_synced)
    verdict = present(passkey, user_verified=user_verified)
    assert (verdict.status, verdict.proofs) == ("right", proofs)
    assert verdict.attempt is not None
    assert verdict.attempt.amr == amr
    assert verdict.attempt.username == "Ada"
    assert verdict.attempt.factors == ("passkey",)
    attempt = verdict.attempt
    if user_verified:
        assert sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE)
    else:
        with pytest.raises(FactorMissing):
            sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE)


def test_passkey_after_the_password_is_the_second_factor(ada: Member) -> None:
    """Added to the attempt that the password opened, without its knowing the user."""
    passkey = enrol_passkey(ada)
    attempt = attempt_of(ada)
    [offered] = passkeys.offer(attempt)
    assert offered == passkeys.Offered(passkey.credential_id, ("usb",))
    verdict = present(passkey, attempt=attempt, user_verified=False)
    assert (verdict.status, verdict.proofs) == ("right", ("password", "hwk"))
    assert verdict.attempt is not None
    assert verdict.attempt.secret == attempt.secret
    assert verdict.attempt.amr == ("pwd", "hwk", "user", "mfa")
    assert sessions.open_session(verdict.attempt, kept=False, agent_label="", origin=NOWHERE)


def test_passkey_proves_again_within_a_session_of_its_own_person(ada: Member) -> None:
    """A fresh proof, with which a second passkey is added."""
    passkey = enrol_passkey(ada)
    session = sign_in_with(passkey)
    proof = presented(passkey, purpose="reauthenticate", session_secret=session.secret)
    assert passkeys.add(session, proof, new_passkey(), name="Second", **MORE) == "added"
    mallory = sign_in(sign_up("Mallory"))
    for secret in (mallory.secret, new_secret(), None):
        assert present(passkey, purpose="reauthenticate", session_secret=secret).status == "gone"


def test_passkey_for_another_purpose_than_the_attempt_is_gone(
    ada: Member, admin: psycopg.Connection, playing: Playing
) -> None:
    """V-replay: what was begun for one thing is finished for no other."""
    passkey = enrol_passkey(ada)
    session = sign_in_with(passkey)
    for begun in ("sign_in", "reauthenticate"):
        more = {"session_secret": session.secret}
        attempt = attempt_of(ada, purpose=begun, **(more if begun == "reauthenticate" else {}))
        for asked in ("sign_in", "reauthenticate", "recover"):
            status = present(passkey, attempt=attempt, purpose=asked, **more).status
            assert status == ("right" if asked == begun else "gone")
    attempt = attempt_of(ada, purpose="reauthenticate", session_secret=session.secret)
    other = sign_in_with(passkey)
    given = present(passkey, attempt=attempt, purpose="reauthenticate", session_secret=other.secret)
    assert given.status == "gone", "it was begun within another session"


def test_passkey_opens_no_attempt_to_recover_or_of_another_process(
    ada: Member, playing: Playing
) -> None:
    """Web is refused an operator's, the operator's process all the others; a letter begins one."""
    passkey = enrol_passkey(ada)
    for purpose in ("operator", "recover", "", "x"):
        with pytest.raises(VaultRefused, match="bad_request"):
            present(passkey, purpose=purpose)
    with playing("operator"):
        assert passkeys.find(passkey.credential_id) is None
        assert present(passkey, purpose="operator").status == "unknown"
        for purpose in ("sign_in", "reauthenticate", "recover"):
            with pytest.raises(VaultRefused, match="bad_request"):
                present(passkey, purpose=purpose)


def test_passkey_is_the_second_factor_of_a_recovery(ada: Member, admin: psycopg.Connection) -> None:
    """An attempt that a letter has opened takes it."""
    passkey = enrol_passkey(ada)
    attempt = attempt_of(ada)
    admin.execute(
        "UPDATE vault.attempts SET purpose = 'recover', proofs = '{letter}', amr = '{}'"
        " WHERE secret_hash = sha256(%s)",
        [attempt.secret],
    )
    attempt = replace(attempt, purpose="recover", proofs=("letter",))
    verdict = present(passkey, attempt=attempt, purpose="recover", user_verified=False)
    assert (verdict.status, verdict.proofs) == ("right", ("letter", "hwk"))


# --- Whose, and when ---------------------------------------------------------------------------


def test_passkey_of_somebody_else_adds_nothing_to_an_attempt(ada: Member) -> None:
    """Mallory's password and Ada's passkey are one attempt of nobody's."""
    enrol_passkey(ada)
    hers = enrol_passkey(mallory := sign_up("Mallory"))
    attempt = attempt_of(ada)
    assert present(hers, attempt=attempt).status == "gone"
    assert [offered.credential_id for offered in passkeys.offer(attempt_of(mallory))] == [
        hers.credential_id
    ]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("UPDATE vault.attempts SET expires_at = clock_timestamp()", "gone"),
        ("UPDATE vault.attempts SET consumed_at = clock_timestamp()", "gone"),
        ("UPDATE vault.accounts SET epoch = epoch + 1", "gone"),
        ("UPDATE vault.site SET epoch = epoch + 1", "gone"),
        ("DELETE FROM vault.attempts", "gone"),
        ("UPDATE vault.accounts SET state = 'locked'", "locked"),
        ("UPDATE vault.site SET sign_in_open = false", "closed"),
        ("DELETE FROM vault.passkeys", "unknown"),
    ],
)
def test_passkey_within_an_attempt_that_is_over_is_refused(
    ada: Member, admin: psycopg.Connection, change: str, status: str
) -> None:
    """V-disabled: nothing is proven, and its counter stays where it was."""
    passkey = enrol_passkey(ada)
    attempt = attempt_of(ada)
    admin.execute(change)
    assert present(passkey, attempt=attempt, sign_count=7) == Verdict(status)
    assert not ask(admin, "SELECT FROM vault.passkeys WHERE sign_count <> 0")
    assert not ask(admin, "SELECT FROM vault.attempts WHERE proofs && '{hwk,swk}'")


@pytest.mark.parametrize("change", ["state = 'locked'", "epoch = epoch + 1"])
def test_passkey_of_an_account_that_is_locked_or_ended_opens_nothing_more(
    ada: Member, admin: psycopg.Connection, change: str
) -> None:
    """V-disabled: an attempt of before is dead, and a lock lets none begin."""
    passkey = enrol_passkey(ada)
    attempt = presented(passkey)
    admin.execute(f"UPDATE vault.accounts SET {change}")
    assert sessions.open_session(attempt, kept=False, agent_label="", origin=NOWHERE) is None
    assert present(passkey).status == ("locked" if "locked" in change else "right")


# --- The counter -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "given", "status"),
    [
        (0, 0, "right"),
        (0, 1, "right"),
        (5, 6, "right"),
        (5, 2**32 - 1, "right"),
        (5, 5, "counter"),
        (5, 4, "counter"),
        (5, 0, "counter"),
        (2**32 - 1, 2**32 - 1, "counter"),
    ],
)
def test_counter_goes_forward_or_is_never_used(
    ada: Member, admin: psycopg.Connection, stored: int, given: int, status: str
) -> None:
    """WebAuthn section 6.1.1: one that went back is perhaps a copy: refused and written down."""
    passkey = enrol_passkey(ada, sign_count=stored)
    verdict = present(passkey, sign_count=given)
    assert verdict.status == status
    if status == "counter":
        assert verdict.attempt is None
        given = stored
        assert value(admin, _COUNTERS) == 1
    assert value(admin, "SELECT sign_count FROM vault.passkeys") == given


@pytest.mark.parametrize("count", [-1, 2**32, 2**63 - 1, -(2**63)])
def test_counter_that_no_authenticator_has_is_refused(ada: Member, count: int) -> None:
    """Four bytes, as WebAuthn has it."""
    with pytest.raises(VaultRefused, match="bad_request"):
        present(enrol_passkey(ada), sign_count=count)
