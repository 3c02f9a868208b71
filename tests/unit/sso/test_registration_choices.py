"""Choices of a registration that have a price: each is found, and each is said."""

from typing import Any

import pytest

from sso.services.registration_choices import Choice, choices_of
from sso.services.registration_hints import registration_hints

SOUND: dict[str, Any] = {
    "issuer": "https://auth.example.org",
    "require_pkce": True,
    "token_endpoint_auth_method": "client_secret_basic",
    "id_token_signed_response_alg": "ES256",
    "response_types": ["code"],
    "backchannel_logout_uri": "https://wiki.example/backchannel",
    "first_party": True,
}
BY_KEY = {"token_endpoint_auth_method": "private_key_jwt"}
MADE: dict[Choice, dict[str, Any]] = {
    Choice.NO_PKCE_NOR_NONCE: {"require_pkce": False, "require_nonce": False},
    Choice.NONCE_ALONE: {"require_pkce": False, "require_nonce": True},
    Choice.PUBLIC: {"token_endpoint_auth_method": "none"},
    Choice.ASSERTION: BY_KEY,
    Choice.KEYS_BY_ADDRESS: {**BY_KEY, "jwks_uri": "https://wiki.example/jwks"},
    Choice.RS256: {"id_token_signed_response_alg": "RS256"},
    Choice.ID_TOKEN_BY_BROWSER: {"response_types": ["id_token"]},
    Choice.NO_BACKCHANNEL: {"backchannel_logout_uri": None},
    Choice.NOT_FAMILY: {"first_party": False, "policy_uri": "https://wiki.example/privacy"},
    Choice.NO_POLICY: {"first_party": False},
}
BESIDES = {Choice.KEYS_BY_ADDRESS: Choice.ASSERTION, Choice.NO_POLICY: Choice.NOT_FAMILY}


def registered(**changes: Any) -> dict[str, Any]:
    """A registration without a price, with changes; None leaves one out."""
    return {name: value for name, value in {**SOUND, **changes}.items() if value is not None}


def test_registration_without_a_price_is_told_nothing() -> None:
    """What is said each time is read by nobody."""
    assert choices_of(registered()) == []
    assert registration_hints(registered()) == []


@pytest.mark.parametrize("choice", Choice)
def test_choice_that_has_a_price_is_found_and_said(choice: Choice) -> None:
    """Alone, or beside the one that it belongs to."""
    made = registered(**MADE[choice])
    assert set(choices_of(made)) == {choice, BESIDES.get(choice, choice)}
    hints = registration_hints(made)
    assert len(set(hints)) == len(choices_of(made))
    assert not any("%(" in hint for hint in hints)
