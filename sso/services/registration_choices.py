"""The choices of a registration that are allowed and have a price.

Here alone is decided which a wiki has made; in which words that is said is for those who say it:
``registration_hints.py`` to whoever registers one, ``wiki_checks`` to whoever looks after one.
"""

from enum import Enum, auto
from typing import Any


class Choice(Enum):
    """One choice, in the order in which they are told."""

    NO_PKCE_NOR_NONCE = auto()
    NONCE_ALONE = auto()
    PUBLIC = auto()
    ASSERTION = auto()
    KEYS_BY_ADDRESS = auto()
    RS256 = auto()
    ID_TOKEN_BY_BROWSER = auto()
    NO_BACKCHANNEL = auto()
    NOT_FAMILY = auto()
    NO_POLICY = auto()


def choices_of(metadata: dict[str, Any]) -> list[Choice]:
    """Those of a registration, in the words of ``client_metadata.as_metadata``."""
    method = metadata["token_endpoint_auth_method"]
    is_by_key = method == "private_key_jwt"
    has_nonce = metadata.get("require_nonce", True)
    signed_with = metadata["id_token_signed_response_alg"]
    made = {
        Choice.NO_PKCE_NOR_NONCE: not metadata["require_pkce"] and not has_nonce,
        Choice.NONCE_ALONE: not metadata["require_pkce"] and has_nonce,
        Choice.PUBLIC: method == "none",
        Choice.ASSERTION: is_by_key,
        Choice.KEYS_BY_ADDRESS: is_by_key and "jwks_uri" in metadata,
        Choice.RS256: signed_with == "RS256",
        Choice.ID_TOKEN_BY_BROWSER: "id_token" in metadata["response_types"],
        Choice.NO_BACKCHANNEL: "backchannel_logout_uri" not in metadata,
        Choice.NOT_FAMILY: not metadata["first_party"],
        Choice.NO_POLICY: not metadata["first_party"] and "policy_uri" not in metadata,
    }
    return [choice for choice in Choice if made[choice]]
