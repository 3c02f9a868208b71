"""What the vault can say of letters, addresses, app passwords and refresh tokens, in words."""

from typing import Any, get_args

import pytest

from tests.database.test_schema import _statuses_of
from vault import (
    address_changes,
    app_passwords,
    mailed_tokens,
    refresh_tokens,
    reset_requests,
    resets,
    sign_in_notices,
)


@pytest.mark.parametrize(
    ("functions", "success", "refusals"),
    [
        (["vault.token_status"], "live", mailed_tokens.Refusal),
        (
            ["api.redeem_reset_v1", "vault.spend_token", "vault.token_status"],
            "right",
            mailed_tokens.RedeemRefusal,
        ),
        (["api.confirm_address_v1", "vault.spend_token"], "confirmed", mailed_tokens.RedeemRefusal),
        (["api.add_address_v1"], "added", address_changes.AddRefusal),
        (["api.request_confirmation_v1"], "asked", address_changes.Asked),
        (["api.set_primary_address_v1"], "changed", address_changes.Primary),
        (["api.remove_address_v1"], "removed", address_changes.Removed),
        (
            ["api.restore_address_v1", "vault.token_status"],
            "restored",
            address_changes.RestoreRefusal,
        ),
        (
            ["api.disown_session_v1", "vault.token_status"],
            "ended",
            sign_in_notices.DisownRefusal,
        ),
        (["api.reset_password_v1"], "reset", resets.reset_password.__annotations__["return"]),
        (["api.answer_reset_v1"], "answered", reset_requests.answer.__annotations__["return"]),
        (["api.add_app_password_v1"], "added", app_passwords.AddRefusal),
        (
            ["api.judge_app_password_v1"],
            "right",
            app_passwords.Verdict.__annotations__["status"],
        ),
        (["api.rotate_refresh_token_v1"], "rotated", refresh_tokens.Refusal),
    ],
)
def test_status_words_of_a_function_are_those_that_its_caller_answers_for(
    functions: list[str], success: str, refusals: Any
) -> None:
    """A new word in the SQL must be answered for in Python; the rest are faults of a caller."""
    faults = {"bad_request", "exists", "live", "unknown", "early", "late"}
    said = set().union(*(_statuses_of(function) for function in functions))
    said = {word for word in said if word != "taken"}
    assert success in said
    assert said - faults - {success} <= set(get_args(refusals))
