"""Claims looked at one by one: present, of the right shape, said to us, now (RFC 7519 section 4.1).

Each function takes the claims of a token whose signature was checked and raises a ``TokenRefused``.
"""

from collections.abc import Mapping
from typing import Any, Final

from .errors import (
    ClaimRefused,
    TokenExpired,
    TokenNotYetValid,
    WrongAudience,
    WrongIssuer,
)

Claims = Mapping[str, Any]
MAX_TEXT: Final = 255
# Far beyond what this provider signs for; a token that never ends is a mistake or worse.
LONGEST_SECONDS: Final = 24 * 3600
_LATEST_TIME: Final = 2**53


def text(claims: Claims, name: str) -> str:
    """A claim that must be a text of 1 to 255 characters. Raises ``ClaimRefused``."""
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        raise ClaimRefused(f"{name} is not a short text")
    return value


def text_if_there(claims: Claims, name: str) -> str | None:
    """The same, None where the claim is not there. Raises ``ClaimRefused``."""
    return text(claims, name) if name in claims else None


def moment(claims: Claims, name: str) -> int:
    """A claim that must be a time in whole seconds since 1970. Raises ``ClaimRefused``."""
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LATEST_TIME:
        raise ClaimRefused(f"{name} is not a time")
    return value


def is_from(claims: Claims, issuer: str) -> None:
    """Compares ``iss``, character by character. Raises ``WrongIssuer``."""
    if claims.get("iss") != issuer:
        raise WrongIssuer("iss is another issuer")


def is_for(claims: Claims, audience: str, *, alone: bool) -> None:
    """Looks for an audience in ``aud``; ``alone``: it is the only one. Raises ``WrongAudience``."""
    said = claims.get("aud")
    listed = [said] if isinstance(said, str) else said
    if (
        not isinstance(listed, list)
        or audience not in listed
        or not all(isinstance(one, str) for one in listed)
        or (alone and listed != [audience])
    ):
        raise WrongAudience("aud is not this wiki")


def is_current(claims: Claims, *, now: int, leeway: int) -> tuple[int, int]:
    """Checks ``iat``, ``exp`` and, where it is there, ``nbf``; gives the first two.

    Raises ``TokenExpired``, ``TokenNotYetValid``, and ``ClaimRefused`` for a life of over a day.
    """
    issued, ends = moment(claims, "iat"), moment(claims, "exp")
    if not 0 < ends - issued <= LONGEST_SECONDS:
        raise ClaimRefused("exp is too far from iat")
    if now >= ends + leeway:
        raise TokenExpired("exp is over")
    begins = max(issued, moment(claims, "nbf")) if "nbf" in claims else issued
    if begins > now + leeway:
        raise TokenNotYetValid("the token begins later")
    return issued, ends
