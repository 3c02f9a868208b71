"""Proving a code through django-otp's devices: the vault charges, judges and has the last word."""

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from accounts.errors import TooManyGuesses
from tests.database.asking import value
from tests.database.factors import code_at, enrol_app, enrol_codes, later
from tests.database.people import Member, attempt_of, sign_in, sign_up
from twofactor.errors import AttemptOver, NoSuchFactor, WrongCode, WrongRecoveryCode
from twofactor.services.challenge import verify_code
from vault.events import NOWHERE


@pytest.fixture
def ada(vault: None) -> Member:
    """Somebody with an account."""
    return sign_up("Ada")


def test_code_of_an_app_is_proven_by_its_device(ada: Member, admin: psycopg.Connection) -> None:
    """One guess, charged before it is judged; the attempt then holds the proof."""
    secret = enrol_app(ada)
    attempt = attempt_of(ada)
    with pytest.raises(WrongCode):
        verify_code("totp", attempt, "no code", origin=NOWHERE)
    assert value(admin, "SELECT wrong_factors FROM vault.attempts ORDER BY expires_at DESC") == 1
    proven = verify_code("totp", attempt, code_at(secret, later(0)), origin=NOWHERE)
    assert proven.proofs == ("password", "totp")
    assert proven.amr == ("pwd", "otp", "mfa")
    with pytest.raises(WrongCode):
        verify_code("totp", attempt_of(ada), code_at(secret, later(0)), origin=NOWHERE)


def test_recovery_code_is_proven_by_its_device(ada: Member) -> None:
    """Once, and a wrong one is said to be wrong."""
    session = sign_in(ada)
    codes = enrol_codes(ada, session)
    enrol_app(ada, session)
    with pytest.raises(WrongRecoveryCode):
        verify_code("recovery_code", attempt_of(ada), "AAAA-AAAA-AAAA-AAAA", origin=NOWHERE)
    proven = verify_code("recovery_code", attempt_of(ada), codes[0], origin=NOWHERE)
    assert proven.proofs == ("password", "recovery_code")


def test_device_that_the_vault_does_not_name_takes_no_guess(
    ada: Member, admin: psycopg.Connection
) -> None:
    """Neither for who holds none, nor by what an attempt claims: the vault is asked and says no."""
    attempt = attempt_of(ada)
    for method in ("totp", "recovery_code"):
        with pytest.raises(NoSuchFactor):
            verify_code(method, attempt, "123456", origin=NOWHERE)  # type: ignore[arg-type]
    assert value(admin, "SELECT count(*) FROM vault.factor_proposals") == 0
    claimed = replace(attempt, factors=("totp", "recovery_codes"))
    for method in ("totp", "recovery_code"):
        with pytest.raises(NoSuchFactor):
            verify_code(method, claimed, "123456", origin=NOWHERE)  # type: ignore[arg-type]


def test_guesses_beyond_the_attempts_are_refused_by_their_own_names(ada: Member) -> None:
    """The tenth wrong one ends the attempt; then the account's budget makes one wait."""
    enrol_app(ada)
    attempt = attempt_of(ada)
    for _ in range(9):
        with pytest.raises(WrongCode):
            verify_code("totp", attempt, "000000", origin=NOWHERE)
    with pytest.raises(AttemptOver):
        verify_code("totp", attempt, "000000", origin=NOWHERE)
    with pytest.raises(TooManyGuesses) as waits:
        verify_code("totp", attempt_of(ada), "000000", origin=NOWHERE)
    assert waits.value.retry_after > 0


def test_models_want_no_migration(manage: Callable[..., str]) -> None:
    """Devices are unmanaged: there is no table to make, and history says all that there is."""
    assert "No changes detected" in manage("owner", "makemigrations", "--check", "--dry-run")
