"""How sure a wiki asks a sign-in to be: ``acr_values``, ``claims``, and what it is registered with.

OpenID Connect Core 1.0 sections 3.1.2.1, 5.5 and 5.5.1.1, Dynamic Client Registration 1.0 section 2
(``default_acr_values``). What a level is and takes is for ``accounts/services/assurance.py``.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from accounts.services.assurance import LEVELS, Demand, Level, level_of, reaches
from accounts.services.second_factors import holdings_of
from sso.errors import AuthorizationRefused
from sso.services.requested_claims import load_claims
from vault.sessions import Session
from vault.wikis import Wiki

_MAX_VALUES: Final = 20


@dataclass(frozen=True)
class Requested:
    """The levels that a wiki listed, in order of preference, and whether one of them is a must.

    Voluntary (``acr_values``, ``claims`` without ``essential``, or the wiki's default): the first
    is wanted, and what the account cannot reach is no error. Essential: the lowest is the least
    that will do, and still the first is wanted. The least level that the wiki is registered with is
    a floor under both, which no request lowers.

    The ID token says the first of the listed levels that the session reaches: one that is listed
    below the session's level is satisfied by it, and named as it was asked for. Where none is
    reached, or none was listed, the ID token says the session's own level.
    """

    values: tuple[Level, ...] = ()
    is_essential: bool = False

    def demand(self, floor: Level) -> Demand:
        """What a sign-in has to reach, for a wiki with this least level."""
        lowest = min(self.values, key=LEVELS.index) if self.values and self.is_essential else floor
        least = _higher(lowest, floor)
        return Demand(least, _higher(self.values[0], least) if self.values else least)

    def acr(self, amr: Collection[str]) -> Level:
        """What the ID token of a session says, of which these methods are proven."""
        own = level_of(amr)
        return next((value for value in self.values if reaches(own, value)), own)

    def parameters(self) -> dict[str, str | None]:
        """The request's parameters that ask for this, besides the ``acr`` claim."""
        return {"acr_values": None if self.is_essential else " ".join(self.values) or None}

    def claim(self) -> dict[str, Any] | None:
        """The ``acr`` claim that asks for this, where it is a must."""
        return {"essential": True, "values": self.values} if self.is_essential else None


def _higher(one: Level, other: Level) -> Level:
    return one if reaches(one, other) else other


def known_levels(values: Iterable[str]) -> tuple[Level, ...]:
    """Those that there are here, each once."""
    return tuple(level for value in dict.fromkeys(values) for level in LEVELS if level == value)


def read_requested(wiki: Wiki, values: dict[str, str]) -> Requested:
    """What a request asks for; what its wiki asks for by default, where it says nothing.

    Values that nobody knows are ignored. Where ``claims`` lists levels, ``acr_values`` says nothing
    more (section 5.5.1.1 leaves the two together open). Raises ``AuthorizationRefused``.
    """
    claim = _acr_claim(values["claims"]) if "claims" in values else {}
    listed = _listed(claim)
    if listed is None:
        if "acr_values" not in values:
            return Requested(wiki.default_acr_values)
        return Requested(known_levels(_few(values["acr_values"].split(), "acr_values")))
    levels, is_essential = known_levels(listed), claim.get("essential", False)
    if is_essential and not levels:
        raise AuthorizationRefused(
            "unmet_authentication_requirements", "none of the essential acr values is known here"
        )
    return Requested(levels, is_essential)


def _acr_claim(text: str) -> dict[str, Any]:
    """``id_token.acr`` of the ``claims`` parameter; all else is for others."""
    claims = load_claims(text)
    for name in ("id_token", "acr"):
        if not isinstance(claims, dict):
            raise AuthorizationRefused("invalid_request", "claims is no object of objects")
        claims = claims.get(name)
        if claims is None:  # not asked for; or, as null, in the default manner
            return {}
    return _checked(claims)


def _checked(acr: Any) -> dict[str, Any]:
    """The members of an ``acr`` claim that are read here, each of its type."""
    if not isinstance(acr, dict) or not isinstance(acr.get("essential", False), bool):
        raise AuthorizationRefused("invalid_request", "the acr claim is malformed")
    if "value" in acr and "values" in acr:
        raise AuthorizationRefused("invalid_request", "the acr claim has both value and values")
    return acr


def _listed(acr: dict[str, Any]) -> list[str] | None:
    """The values that an ``acr`` claim lists, None where it lists none."""
    if "value" not in acr and "values" not in acr:
        return None
    values = acr["values"] if "values" in acr else [acr["value"]]
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise AuthorizationRefused("invalid_request", "the acr claim's values are malformed")
    return _few(values, "the acr claim")


def _few(values: list[str], what: str) -> list[str]:
    if len(values) > _MAX_VALUES:
        raise AuthorizationRefused("invalid_request", f"{what} has too many values")
    return values


def factors_held(session: Session) -> frozenset[str]:
    """The factors that this session's account could add to it. Raises ``VaultUnavailable``."""
    holdings = holdings_of(session)
    held = {"passkey": holdings.has_passkey, "totp": holdings.has_app}
    return frozenset(factor for factor, is_held in held.items() if is_held)
