"""Every function that takes a guess is in this list, with what bounds it (V-otp, V-limit)."""

from pathlib import Path

import psycopg
import pytest

from tests.database.asking import ask

ROOT = Path(__file__).resolve().parents[2]

# What a caller could try values for: a tag, a secret, a code, a token, an opening of TOTP secrets.
GUESSES = ("p_tag", "p_secret", "p_token", "p_code", "p_opening", "p_tags")

# Codes that are typed: of a million that live, 10**12 guesses find one once in a million times.
TYPED = "80 random bits or more, good for a week at most"
RANDOM = "at least 160 random bits: nobody guesses them, with or without a limit"
STORES = "stores a new one by proof of another"
BOUND = {
    "api.propose_password_v1": "test_guess_budget.py: test_guesses_of_a_day_end_at_a_hundred",
    "api.prove_password_v1": "test_guess_budget.py: test_guesses_in_parallel_cost",
    "api.propose_recovery_code_v1": "test_factor_budgets.py: test_budget_is_shared_by_tabs",
    "api.prove_recovery_code_v1": "test_factor_proposals.py: test_pipeline_of_whole_proofs",
    "api.propose_recovery_v1": "test_recoveries_by_code.py: test_guesses_end_at_a_hundred",
    "api.prove_recovery_v1": "test_recoveries_by_code.py: test_guesses_end_at_a_hundred",
    "api.accept_totp_v1": "test_factor_budgets.py: test_tenth_wrong_factor_ends_the_attempt",
    "api.refuse_totp_v1": "test_factor_budgets.py: test_tenth_wrong_factor_ends_the_attempt",
    "api.propose_app_password_v1": RANDOM,
    "api.prove_app_password_v1": RANDOM,
    "api.redeem_code_v1": RANDOM,
    "api.redeem_reset_v1": TYPED,
    "api.find_token_v1": TYPED,
    "api.confirm_address_v1": TYPED,
    "api.restore_address_v1": TYPED,
    "api.disown_session_v1": TYPED,
    "api.rotate_refresh_token_v1": RANDOM,
    "api.find_refresh_token_v1": RANDOM,
    "api.revoke_grant_v1": RANDOM,
    "api.own_logouts_v1": RANDOM,
    "api.end_all_own_sessions_v1": RANDOM,
    "api.resume_session_v1": RANDOM,
    "api.end_session_v1": RANDOM,
    "api.end_own_session_v1": RANDOM,
    "api.end_other_sessions_v1": RANDOM,
    "api.list_sessions_v1": RANDOM,
    "api.resume_operator_session_v1": RANDOM,
    "api.end_operator_session_v1": RANDOM,
    "api.find_operator_invite_v1": RANDOM,
    "api.enrol_operator_passkey_v1": RANDOM,
    "api.own_events_v1": "its tags are kinds of events",
    "api.register_account_v1": "stores the first one",
    "api.register_with_passkey_v1": "stores the first ones",
    "api.upgrade_password_v1": STORES,
    "api.change_password_v1": STORES,
    "api.reset_password_v1": STORES,
    "api.replace_recovery_codes_v1": STORES,
}


def test_function_that_takes_a_guess_is_bounded(admin: psycopg.Connection) -> None:
    """A new one must say here what bounds it."""
    found = ask(
        admin,
        "SELECT DISTINCT p.oid::regproc::text AS name FROM pg_proc p, unnest(p.proargnames) AS n"
        " WHERE p.pronamespace = 'api'::regnamespace AND n = ANY (%s)"
        " AND (has_function_privilege('authsite_web', p.oid, 'EXECUTE')"
        " OR has_function_privilege('authsite_operator', p.oid, 'EXECUTE'))",
        list(GUESSES),
    )
    assert {row["name"] for row in found} == set(BOUND)


@pytest.mark.parametrize("bound", sorted({b for b in BOUND.values() if b.startswith("test_")}))
def test_bound_is_held_by_a_test(bound: str) -> None:
    """The test that is named here exists."""
    file, word = bound.split(": ")
    text = (ROOT / "tests" / "database" / file).read_text(encoding="utf-8")
    assert word in text
