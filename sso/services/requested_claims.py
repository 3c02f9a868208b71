"""Claims that a wiki asks for by name: ``claims`` (OpenID Connect Core 1.0 section 5.5).

How sure it asks the sign-in to be, which is a claim too, is for ``requested_assurance.py``.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sso.errors import AuthorizationRefused
from vault.wikis import Wiki

_MAX_CHARACTERS: Final = 2000
_MAX_VALUES: Final = 20
_MAX_SUB: Final = 255
_SECTIONS: Final = ("userinfo", "id_token")
# What has to be among a wiki's scopes for it to be told.
_SCOPES: Final = {
    "name": "profile",
    "preferred_username": "profile",
    "email": "email",
    "email_verified": "email",
}
# In every ID token, as far as we have them; held to their shape all the same.
_ALWAYS: Final = ("sub", "auth_time", "acr", "amr")


@dataclass(frozen=True)
class RequestedClaims:
    """What a wiki is to be told besides what its scopes ask for, and of whom alone.

    ``told`` are words as grants keep them (``userinfo.email``); ``subs`` is empty where anybody
    will do. ``essential`` says nothing here: what we have is told, and what we lack is no error
    (section 5.5.1).
    """

    told: tuple[str, ...] = ()
    subs: tuple[str, ...] = ()

    def parameters(self, acr: dict[str, Any] | None) -> dict[str, str]:
        """The request's parameter that asks for this, and for that ``acr`` claim."""
        sections: dict[str, dict[str, Any]] = {}
        for section, _, claim in (word.partition(".") for word in self.told):
            sections.setdefault(section, {})[claim] = None
        if self.subs:
            sections.setdefault("id_token", {})["sub"] = {"values": self.subs}
        if acr is not None:
            sections.setdefault("id_token", {})["acr"] = acr
        return {"claims": _json(sections)} if sections else {}


def read_claims(wiki: Wiki, scopes: Collection[str], values: dict[str, str]) -> RequestedClaims:
    """What a request asks for by name, as far as its wiki may be told.

    One of the family's own is told what it is registered for; any other what people let it know,
    which is asked of them by scopes: so these bound it. Claims that nobody knows are ignored.
    Raises ``AuthorizationRefused``.
    """
    if "claims" not in values:
        return RequestedClaims()
    asked = load_claims(values["claims"])
    if not isinstance(asked, dict):
        raise _malformed("claims is no JSON object")
    covered = wiki.scopes if wiki.first_party else scopes
    told: list[str] = []
    subs: list[set[str]] = []
    for section in _SECTIONS:
        claims = asked.get(section)
        if claims is None:
            continue
        if not isinstance(claims, dict):
            raise _malformed(f"{section} in claims is no object")
        for claim in claims.keys() & {*_SCOPES, *_ALWAYS}:
            _check_shape(claim, claims[claim])
        told += [
            f"{section}.{claim}"
            for claim, scope in _SCOPES.items()
            if claim in claims and scope in covered
        ]
        if listed := _listed_subs(claims.get("sub")):
            subs.append(listed)
    # Where the scopes let a wiki know the user name, each ID token says it anyway.
    return RequestedClaims(
        tuple(word for word in told if word != "id_token.preferred_username"), _one_of_all(subs)
    )


def load_claims(text: str) -> Any:
    """The JSON of a ``claims`` parameter, as long as nobody could read it in two ways.

    Raises ``AuthorizationRefused``.
    """
    if len(text) > _MAX_CHARACTERS:
        raise _malformed("claims is too long")
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        raise _malformed("claims is no JSON object") from None


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _malformed(description: str) -> AuthorizationRefused:
    return AuthorizationRefused("invalid_request", description)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def _check_shape(claim: str, member: Any) -> None:
    """Null, or an object (section 5.5.1); members of it that nobody knows are ignored."""
    if member is None:
        return
    if not isinstance(member, dict) or not isinstance(member.get("essential", False), bool):
        raise _malformed(f"the {claim} claim is malformed")
    if "value" in member and "values" in member:
        raise _malformed(f"the {claim} claim has both value and values")
    values = member.get("values", [None])
    if not isinstance(values, list) or not 0 < len(values) <= _MAX_VALUES:
        raise _malformed(f"the {claim} claim's values are malformed")


def _listed_subs(member: Any) -> set[str]:
    """Whom alone a ``sub`` claim means; nobody in particular where it lists none.

    A ``sub`` that nobody has is a wish like any other. What cannot be one (Core section 2) is none:
    JSON can hold halves of characters, which nothing could be sealed with.
    """
    if member is None or not member.keys() & {"value", "values"}:
        return set()
    values = member["values"] if "values" in member else [member["value"]]
    if not all(isinstance(v, str) and v.isascii() and len(v) <= _MAX_SUB for v in values):
        raise _malformed("the sub claim's values are malformed")
    return set(values)


def _one_of_all(lists: list[set[str]]) -> tuple[str, ...]:
    """Who is on every list."""
    if not lists:
        return ()
    common = set.intersection(*lists)
    if not common:
        raise _malformed("the sub claims mean different people")
    return tuple(sorted(common))
