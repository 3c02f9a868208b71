"""Recovery codes: ten, each of which works once, for its own account and within an attempt.

The budget of guesses is in test_factor_budgets.py, what a transaction can undo in
test_factor_proposals.py, many at once in test_factor_races.py.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import psycopg
import pytest
from django.test import override_settings

from tests.database.asking import ask, reported, value
from tests.database.factors import (
    cheaply,
    enrol_app,
    enrol_codes,
    fresh_attempt,
    later,
    with_code,
)
from tests.database.people import Member, attempt_of, sign_in, sign_up
from vault import recovery_codes, sessions
from vault.attempts import Attempt, new_secret
from vault.events import NOWHERE
from vault.factors import Verdict
from vault.hashing import HashingBusy
from vault.keys import KeyRing, new_key
from vault.recovery_codes import Replacement
from vault.sessions import Session

Playing = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def ada(vault: None) -> Member:
    """Somebody with an account."""
    return sign_up("Ada")


def _prove(attempt: Attempt, code: str) -> Verdict:
    with cheaply():
        return recovery_codes.prove(attempt, code, origin=NOWHERE)


def _replace(session: Session, attempt: Attempt) -> Replacement:
    with cheaply():
        return recovery_codes.replace(session, attempt, language="en", origin=NOWHERE)


def _left(session: Session) -> int | None:
    mine = recovery_codes.own_codes(session)
    return mine.codes_left if mine else None


# --- A right code ------------------------------------------------------------------------------


def test_code_stands_in_for_the_app_once(ada: Member) -> None:
    """V-replay: password and code are two factors; the same code is wrong ever after."""
    session = sign_in(ada)
    codes = enrol_codes(ada, session)
    enrol_app(ada, session)
    attempt = attempt_of(ada)
    assert attempt.factors == ("totp", "recovery_codes")
    verdict = _prove(attempt, codes[3])
    assert verdict.status == "right"
    assert verdict.proofs == ("password", "recovery_code")
    assert verdict.attempt is not None
    assert verdict.attempt.amr == ("pwd", "otp", "mfa")
    assert sessions.open_session(verdict.attempt, kept=False, agent_label="", origin=NOWHERE)
    assert _left(session) == 9
    assert _prove(attempt_of(ada), codes[3]) == Verdict("wrong")
    assert _prove(attempt_of(ada), codes[4]).status == "right"


def test_codes_all_work_in_any_order_and_then_there_is_none(ada: Member) -> None:
    """Ten times, and the eleventh is told that there are none; the count goes down to nothing."""
    session = sign_in(ada)
    codes = enrol_codes(ada, session)
    for left, code in zip(range(9, -1, -1), reversed(codes), strict=True):
        assert _prove(attempt_of(ada), code).status == "right"
        assert _left(session) == left
    assert attempt_of(ada).factors == ()
    assert _prove(attempt_of(ada), codes[0]) == Verdict("none")


@pytest.mark.parametrize(
    "spelling", [str.lower, lambda c: c.replace("-", " "), lambda c: f" {c}\n"]
)
def test_code_in_another_spelling_is_right(ada: Member, spelling: Callable[[str], str]) -> None:
    """As people type."""
    codes = enrol_codes(ada)
    assert _prove(attempt_of(ada), spelling(codes[0])).status == "right"


def test_code_that_is_used_is_told_to_its_owner(ada: Member, admin: psycopg.Connection) -> None:
    """An event, and a letter to whoever has confirmed an address."""
    [code, *_] = enrol_codes(ada)
    admin.execute(
        "INSERT INTO vault.email_addresses (account_id, sealed, lookup_digest, lookup_key,"
        " is_primary, verified_at) VALUES (%s, 'sealed', 'd', 't1', true, clock_timestamp())",
        [ada.account_id],
    )
    _prove(attempt_of(ada), code)
    assert value(
        admin,
        "SELECT detail FROM vault.events WHERE tag = 'account:factor:right'",
    ) == {"kind": "recovery_code", "left": 9}
    letters = ask(admin, "SELECT payload ->> 'template' AS name FROM vault.outbox")
    assert letters == [{"name": "recovery_code_used"}]


# --- Wrong, and when ---------------------------------------------------------------------------


def test_code_that_is_wrong_is_wrong_whatever_it_is(ada: Member) -> None:
    """Empty, too short, too long, of another account, of strange letters: one answer (V-blank)."""
    codes = enrol_codes(ada)
    [hers, *_] = enrol_codes(sign_up("Grace"))
    tries = ("", codes[0][:-1], codes[0] + "0", hers, "0" * 16, "x" * 50_000, "\ud800", "\0")
    for typed in tries:
        assert _prove(attempt_of(ada), typed) == Verdict("wrong"), typed


def test_code_for_an_account_without_any_is_none_and_costs_nothing(
    ada: Member, admin: psycopg.Connection
) -> None:
    """Nothing is charged or written."""
    assert recovery_codes.prove(attempt_of(ada), "x", origin=NOWHERE) == Verdict("none")
    assert value(admin, "SELECT count(*) FROM vault.factor_proposals") == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE vault.attempts SET expires_at = clock_timestamp()",
        "UPDATE vault.attempts SET consumed_at = clock_timestamp()",
        "UPDATE vault.accounts SET state = 'locked'",
        "UPDATE vault.accounts SET epoch = epoch + 1",
        "UPDATE vault.site SET epoch = epoch + 1",
        "DELETE FROM vault.attempts",
    ],
)
def test_code_within_an_attempt_that_is_over_is_gone_and_not_spent(
    ada: Member, admin: psycopg.Connection, change: str
) -> None:
    """V-disabled: expired, used, locked or ended, whatever is typed."""
    [code, *_] = enrol_codes(ada)
    attempt = attempt_of(ada)
    admin.execute(change)
    assert _prove(attempt, code) == Verdict("gone")
    assert value(admin, "SELECT count(*) FROM vault.recovery_codes") == 10


def test_code_within_what_is_no_attempt_is_gone(ada: Member) -> None:
    """Neither a session's secret nor a made-up one is an attempt."""
    [code, *_] = enrol_codes(ada, session := sign_in(ada))
    attempt = attempt_of(ada)
    for secret in (session.secret, new_secret(), b"", bytes(32), b"x" * 20_000):
        assert _prove(Attempt(**{**vars(attempt), "secret": secret}), code) == Verdict("gone")
    assert _left(session) == 10


# --- Whose word counts -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "proof = sha256('x')",
        "proof = ''",
        "proof = NULL",
        "proof = (SELECT proof FROM vault.recovery_codes WHERE account_id <> '{ada}' LIMIT 1)",
        "proof = (SELECT proof FROM vault.recovery_codes WHERE position = 2 LIMIT 1)",
    ],
)
def test_code_that_no_pepper_vouches_for_is_wrong_and_reported(
    ada: Member, admin: psycopg.Connection, change: str
) -> None:
    """A verifier that somebody wrote there is not ours: the database's word is not enough."""
    enrol_codes(sign_up("Grace"))
    [code, *_] = enrol_codes(ada)
    admin.execute(
        f"UPDATE vault.recovery_codes SET {change.format(ada=ada.account_id)}"
        f" WHERE account_id = '{ada.account_id}' AND position = 1"
    )
    assert _prove(attempt_of(ada), code) == Verdict("wrong")
    assert reported(admin) == {("recovery_code", str(ada.account_id))}


def test_set_that_was_moved_from_another_account_opens_nothing(
    ada: Member, admin: psycopg.Connection
) -> None:
    """A database writer's own codes are bound to their own account, wherever the rows are."""
    mallory = sign_up("Mallory")
    codes = enrol_codes(mallory)
    enrol_codes(ada)
    admin.execute("DELETE FROM vault.recovery_codes WHERE account_id = %s", [ada.account_id])
    admin.execute("DELETE FROM vault.recovery_code_sets WHERE account_id = %s", [ada.account_id])
    for table in ("recovery_codes", "recovery_code_sets"):
        admin.execute(f"UPDATE vault.{table} SET account_id = %s", [ada.account_id])
    assert _prove(attempt_of(ada), codes[0]) == Verdict("wrong")


def test_codes_of_another_pepper_are_still_good_and_of_an_unknown_one_are_not(
    ada: Member,
) -> None:
    """A set names its pepper: the old key is needed as long as the set is there."""
    from django.conf import settings

    from vault.errors import KeyUnknown

    codes = enrol_codes(ada)
    fresh = new_key("t2")
    old = settings.PEPPER_KEYS
    both = KeyRing(old.name, "t2", {**old._keys, **KeyRing.parse("P", fresh)._keys})
    attempt = attempt_of(ada)
    with override_settings(PEPPER_KEYS=both):
        assert _prove(attempt, codes[0]).status == "right"
    with (
        override_settings(PEPPER_KEYS=KeyRing.parse("P", fresh)),
        pytest.raises(KeyUnknown, match="t1"),
    ):
        _prove(attempt, codes[1])


# --- One's own set -----------------------------------------------------------------------------


def test_codes_that_are_replaced_are_void(ada: Member) -> None:
    """A new set takes the place of the old one, whole."""
    session = sign_in(ada)
    old = enrol_codes(ada, session)
    made = _replace(session, fresh_attempt(ada, session))
    assert made.status == "replaced"
    assert _left(session) == 10
    assert _prove(attempt_of(ada), old[0]) == Verdict("wrong")
    assert _prove(attempt_of(ada), made.codes[0]).status == "right"
    assert not any(code in repr(made) for code in made.codes)


def test_codes_are_replaced_with_the_second_factor_that_is_held(ada: Member) -> None:
    """V-enrol: the password alone makes none beside an app; with a code of the app it does."""
    session = sign_in(ada)
    codes = enrol_codes(ada, session)
    password = fresh_attempt(ada, session)
    secret = enrol_app(ada, session)
    assert _replace(session, password) == Replacement("weak")
    assert with_code(password, secret, now=later(0)).status == "right"
    assert _replace(session, password).status == "replaced"
    assert _prove(attempt_of(ada), codes[0]) == Verdict("wrong")


def test_codes_without_a_session_or_proof_are_gone(ada: Member) -> None:
    """An ended session, an attempt to sign in, somebody else's proof."""
    session, other = sign_in(ada), sign_in(ada)
    sessions.end(other, NOWHERE)
    proof = fresh_attempt(ada, session)
    mallory = sign_up("Mallory")
    hers = fresh_attempt(mallory, sign_in(mallory))
    assert _replace(other, proof) == Replacement("gone")
    for wrong in (attempt_of(ada), hers):
        assert _replace(session, wrong) == Replacement("gone")
    assert _left(session) is None
    assert _left(other) is None


def test_codes_that_come_from_elsewhere_work_as_they_were_written(
    ada: Member, playing: Playing
) -> None:
    """MediaWiki's sixteen letters of base32, however they are typed; doubles count once."""
    session = sign_in(ada)
    codes = ["IHXBPANI3IRYN4I5", "IRDPMGNXLNYZUW7K", "ihxb-pani-3iry-n4i5"]
    with playing("owner"), cheaply():
        assert recovery_codes.import_codes(ada.account_id, codes) == "replaced"
        assert recovery_codes.import_codes(uuid4(), codes) == "unknown"
        with pytest.raises(Exception, match="bad_request"):
            recovery_codes.import_codes(ada.account_id, [])
    assert _left(session) == 2
    assert _prove(attempt_of(ada), "ihxb pani 3iry n4i5").status == "right"
    assert _prove(attempt_of(ada), codes[0]) == Verdict("wrong")
    assert _prove(attempt_of(ada), codes[1]).status == "right"


def test_codes_are_hashed_in_the_bounded_slots(ada: Member) -> None:
    """V-dos: with no slot free, making or trying one is refused before anything is stored."""
    from vault import hashing

    session = sign_in(ada)
    [code, *_] = enrol_codes(ada, session)
    proof, attempt = fresh_attempt(ada, session), attempt_of(ada)
    slots = hashing._the_slots()
    taken = 0
    while slots.acquire(blocking=False):
        taken += 1
    try:
        with override_settings(HASHING_PATIENCE=0):
            with pytest.raises(HashingBusy):
                _replace(session, proof)
            with pytest.raises(HashingBusy):
                _prove(attempt, code)
    finally:
        for _ in range(taken):
            slots.release()
    assert _left(session) == 10


def test_codes_are_in_no_row_and_no_event(ada: Member, admin: psycopg.Connection) -> None:
    """Neither as typed nor as normalised, nor their tags: only salted digests (V-secretread)."""
    codes = enrol_codes(ada)
    _prove(attempt_of(ada), codes[0])
    heard = ""
    for row in ask(admin, "SELECT tablename FROM pg_tables WHERE schemaname = 'vault'"):
        heard += str(ask(admin, f"SELECT t::text FROM vault.{row['tablename']} t"))
    for code in codes:
        assert code not in heard
        assert code.replace("-", "") not in heard
        assert code.encode().hex() not in heard
