"""The checks that the suite does again and again, as its conditions have them.

"Core" is OpenID Connect Core 1.0. The suite's clocks may differ by five minutes.
"""

import math
import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.conformance.browser import Answer

_SKEW: Final = 5 * 60
_YEAR: Final = 365 * 24 * 3600
_PRINTABLE: Final = re.compile(r"[\x20-\x7e]+")
_STRINGS: Final = {"sub", "name", "preferred_username", "nickname", "email", "profile", "picture"}
_PROFILE: Final = {
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
}
# Core section 5.4: what each scope asks for.
CLAIMS_OF: Final[dict[str, set[str]]] = {
    "openid": {"sub"},
    "profile": _PROFILE,
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
    "offline_access": set(),
}
# What may be in an ID token that nobody asked for.
_PROTOCOL: Final = {
    *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash"),
    *("c_hash", "nbf", "jti", "sid", "s_hash"),
}


@dataclass(frozen=True)
class IdToken:
    """An ID token with a good signature."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]

    @classmethod
    def read(cls, text: str, keys: KeySet) -> "IdToken":
        """Verifies it by the published keys, as a client does that was told of no algorithm."""
        decoded = jwt.decode(text, keys, algorithms=["RS256"])
        return cls(text, dict(decoded.header), dict(decoded.claims))

    @property
    def sub(self) -> str:
        """Whom it names."""
        return str(self.claims["sub"])

    @property
    def auth_time(self) -> int:
        """When the person signed in."""
        value = self.claims["auth_time"]
        assert isinstance(value, int)
        return value


def is_good_answer(answer: Answer, request: dict[str, str], issuer: str) -> None:
    """No error; ``state`` as it was sent; ``iss`` is the site (RFC 9207 section 2)."""
    assert "error" not in answer.parameters, answer.parameters
    assert answer.parameters.get("state") == request.get("state")
    assert answer.parameters["iss"] == issuer


def is_good_code(code: str) -> None:
    """128 bits at least, measured as the suite does (RFC 6749 section 10.10)."""
    assert len(code) * 8 >= 128
    assert _entropy(code) > 96


def is_error(answer: Answer, state: str | None, issuer: str) -> None:
    """An error with nothing beside it (Core section 3.1.2.6, RFC 6749 section 4.1.2.1)."""
    assert answer.parameters.get("state") == state
    assert answer.parameters["iss"] == issuer
    assert answer.parameters["error"]
    assert set(answer.parameters) <= {"error", "error_description", "error_uri", "state", "iss"}
    description = answer.parameters["error_description"]
    assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", description)


def token_answer(response: httpx.Response) -> dict[str, Any]:
    """A good answer of the token endpoint (RFC 6749 section 5.1)."""
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].partition(";")[0] == "application/json"
    assert "no-store" in response.headers["Cache-Control"]
    tokens: dict[str, Any] = response.json()
    assert tokens["token_type"].lower() == "bearer"
    assert _PRINTABLE.fullmatch(tokens["access_token"])
    assert _entropy(tokens["access_token"]) > 96
    assert isinstance(tokens["expires_in"], int)
    assert tokens["expires_in"] > 0
    return tokens


def token_error(response: httpx.Response) -> str:
    """The error of the token endpoint (Core section 3.1.3.4, RFC 6749 section 5.2)."""
    assert response.status_code == 400, response.text
    assert response.headers["Content-Type"].partition(";")[0] == "application/json"
    return str(response.json()["error"])


def is_good_id_token(token: IdToken, issuer: str, client_id: str, nonce: str | None) -> None:
    """What the suite asks of every ID token (Core sections 2 and 3.1.3.7)."""
    claims, now = token.claims, time.time()
    assert claims["iss"] == issuer
    assert claims["aud"] in (client_id, [client_id])
    assert now - _SKEW < claims["exp"] < now + 50 * _YEAR
    assert abs(now - claims["iat"]) < _SKEW
    assert now - _YEAR < token.auth_time < now + _SKEW
    assert isinstance(claims["acr"], str)
    assert claims["acr"]
    assert claims.get("nonce") == nonce
    assert _PRINTABLE.fullmatch(token.sub)
    assert len(token.sub) <= 255
    are_standard_claims(claims)


def are_standard_claims(claims: dict[str, Any]) -> None:
    """Claims about the person are of their types, and none is empty (Core section 5.1)."""
    for name, value in claims.items():
        if name in _STRINGS:
            assert isinstance(value, str), name
            assert value.strip(), name
            assert value.lower() != "null", name
        if name in ("email_verified", "phone_number_verified"):
            assert isinstance(value, bool), name


def userinfo_answer(response: httpx.Response, sub: str) -> dict[str, Any]:
    """A good answer of the userinfo endpoint, about the same person (Core section 5.3.2)."""
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].partition(";")[0] == "application/json"
    told: dict[str, Any] = response.json()
    are_standard_claims(told)
    assert told["sub"] == sub
    return told


def has_claims_of(scope: str, claims: dict[str, Any]) -> bool:
    """Whether all that the scopes ask for is there (Core section 5.4)."""
    return all(CLAIMS_OF[one] <= set(claims) for one in scope.split())


def has_only_asked_for(scope: str, claims: dict[str, Any]) -> bool:
    """Whether an ID token says nothing of the person that the scopes did not ask for."""
    asked = set().union(*(CLAIMS_OF[one] for one in scope.split()))
    return set(claims) <= _PROTOCOL | asked


def _entropy(text: str) -> float:
    """Shannon's, over the whole text, in bits."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares) * len(text)
