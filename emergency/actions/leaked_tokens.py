"""A token or cookie leaked: whose is it, and its end. What was pasted is looked at, never kept.

Where to look is said by ``pasted``; whether a signed token is ours by its signature.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError

from emergency.actions import pasted
from emergency.actions.operators import Operator
from emergency.actions.outcome import Done, settle
from emergency.errors import AlreadyDead, NotAllowed
from vault import leaked_tokens
from vault.leaked_tokens import KINDS, Found, Signed, Thing
from vault.signing_keys import ALGORITHMS, published_halves

__all__ = ["KINDS", "Examined", "Thing", "describe", "examine", "revoke"]

# What a signed token is that leads to nothing: somebody else's, or ours that opens nothing.
Odd = Literal["not_ours", "logout_token"]
_KINDS: Final[dict[object, Literal["session", "grant"]]] = {"JWT": "session", "at+jwt": "grant"}
_LONGEST: Final = 8000


@dataclass(frozen=True)
class Examined:
    """One token that was found: as what, how it is itself, and what of it can be ended.

    ``state`` is live, spent, expired, ended, revoked, dead or suspended; ``expired_at`` is when a
    signed token ended by itself.
    """

    token: str
    state: str
    thing: Thing
    expired_at: datetime | None = None


@dataclass(frozen=True)
class Examination:
    """What a paste came to; ``odd`` are signed tokens that lead to nothing here."""

    found: tuple[Examined, ...]
    odd: tuple[Odd, ...]


@dataclass(frozen=True)
class _Read:
    """What a signed token of ours says."""

    signed: Signed
    expires_at: int


def examine(text: str, *, by: Operator | None) -> Examination:
    """What of this text is a token of ours, and whose. Each find is in the trail.

    Raises ``NotAllowed``, ``PastedTooMuch``, ``VaultUnavailable``.
    """
    given = pasted.read(text)
    read = [_read(token) for token in given.signed] if given.signed else []
    ours = [one for one in read if isinstance(one, _Read)]
    found = leaked_tokens.find(
        given.digests, [one.signed for one in ours], by.session if by else None
    )
    if found == "forbidden":
        raise NotAllowed
    odd = tuple(dict.fromkeys(one for one in read if not isinstance(one, _Read)))
    return Examination(tuple(_examined(found, ours)), odd)


def _read(token: str) -> _Read | Odd:
    """What a signed token says, if it is ours; it may have ended."""
    if len(token) > _LONGEST:
        return "not_ours"
    try:
        decoded = jwt.decode(token, published_halves(), algorithms=list(ALGORITHMS))
        claims, typ = decoded.claims, decoded.header.get("typ")
        if claims.get("iss") != settings.ISSUER:
            return "not_ours"
        kind = _KINDS.get(typ)
        if kind is None:
            return "logout_token" if typ == "logout+jwt" else "not_ours"
        ref = UUID(str(claims["sid" if kind == "session" else "jti"]))
        return _Read(Signed(kind, UUID(str(claims["sub"])), ref), int(claims["exp"]))
    except (JoseError, ValueError, TypeError, KeyError):
        return "not_ours"


def _examined(found: Sequence[Found], ours: Sequence[_Read]) -> Iterator[Examined]:
    ends: dict[tuple[str, UUID | None], int] = {
        (one.signed.kind, one.signed.ref): one.expires_at for one in ours
    }
    for one in found:
        state, expired_at = one.state, None
        if one.token in ("id_token", "access_token"):
            end = ends.get((one.thing.kind, one.thing.ref))
            if end is not None and end <= time.time():
                state, expired_at = "expired", datetime.fromtimestamp(end, UTC)
        yield Examined(one.token, state, one.thing, expired_at)


def describe(kind: str, account_id: UUID, ref: UUID, *, by: Operator) -> Thing | None:
    """What was found, once more, for whoever is to end it. Raises ``VaultUnavailable``."""
    return leaked_tokens.describe(kind, account_id, ref, by.session)


def revoke(target: tuple[str, UUID, UUID], reason: str, *, by: Operator | None) -> Done:
    """Ends just what was found: its kind, account and id.

    Raises ``AlreadyDead``, ``NotAllowed``, ``NotProven``, ``ReasonMissing``, ``TargetUnknown``,
    ``VaultUnavailable``.
    """
    kind, account_id, ref = target
    outcome = leaked_tokens.revoke(
        kind, account_id, ref, reason.strip(), by.session if by else None
    )
    return settle(outcome, done="revoked", already=AlreadyDead)
