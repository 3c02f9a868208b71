"""Assertions: ID tokens signed for one wiki, and hints read back (OpenID Connect Core 1.0)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, KeySet

from sso.services.jws import sign
from sso.services.requested_assurance import Requested, known_levels
from vault.signing_keys import ALGORITHMS, key_set, past_keys, signing_key
from vault.wikis import Wiki

MAX_TOKEN = 8000


class HintInvalid(Exception):
    """An ``id_token_hint`` that this site did not sign, or that cannot be read."""


@dataclass(frozen=True)
class Hint:
    """What a verified ``id_token_hint`` says; it may have expired."""

    sub: str
    sid: str
    client_id: str


def sign_id_token(
    wiki: Wiki,
    *,
    sub: UUID,
    username: str | None,
    sid: UUID,
    nonce: str | None,
    amr: tuple[str, ...],
    auth_time: int,
    acr_values: tuple[str, ...] = (),
    told: Mapping[str, Any] | None = None,
    now: int | None = None,
) -> str:
    """The assertion for this wiki, with its algorithm. Raises ``NoSigningKey``.

    ``acr_values`` is what was asked for; see ``Requested`` for what is said of it. ``told`` is said
    besides, and changes nothing of the rest.
    """
    issued_at = int(time.time()) if now is None else now
    claims: dict[str, Any] = {
        **(told or {}),
        "iss": settings.ISSUER,
        "sub": str(sub),
        "aud": wiki.client_id,
        "iat": issued_at,
        "exp": issued_at + settings.ID_TOKEN_SECONDS,
        "auth_time": auth_time,
        "acr": Requested(known_levels(acr_values)).acr(amr),
        "amr": list(amr),
        "sid": str(sid),
    }
    if username is not None:
        claims["preferred_username"] = username
    if nonce is not None:
        claims["nonce"] = nonce
    return sign(signing_key(wiki.id_token_alg), "JWT", claims)


def read_hint(token: str) -> Hint:
    """Verifies the signature of an ID token of ours, expired or not. Raises ``HintInvalid``.

    Only what we sign as ID tokens: the type keeps logout and access tokens out. It may be as old
    as a session can be, and so may its key, unless that was withdrawn. Raises ``VaultUnavailable``.
    """
    if len(token) > MAX_TOKEN:
        raise HintInvalid
    try:
        decoded = jwt.decode(token, _keys_for, algorithms=list(ALGORITHMS))
    except (JoseError, ValueError, TypeError):
        raise HintInvalid from None
    claims = decoded.claims
    texts = [claims.get(name) for name in ("sub", "sid", "aud")]
    if (
        decoded.header.get("typ") != "JWT"
        or claims.get("iss") != settings.ISSUER
        or not all(isinstance(text, str) for text in texts)
        or is_of_the_future(claims)
    ):
        raise HintInvalid
    sub, sid, client_id = texts
    return Hint(sub=str(sub), sid=str(sid), client_id=str(client_id))


def is_of_the_future(claims: dict[str, Any]) -> bool:
    """Whether a token of ours says that it was, or will be, made later than now (ASVS 9.2.1).

    Give or take a minute between the clocks of several machines.
    """
    latest = time.time() + 60
    issued_at, not_before = claims.get("iat"), claims.get("nbf", 0)
    return not (
        isinstance(issued_at, int)
        and isinstance(not_before, int)
        and issued_at <= latest
        and not_before <= latest
    )


def _keys_for(token: GuestProtocol) -> KeySet:
    """The published keys; for one that is not among them, those that were."""
    kid = token.headers().get("kid")
    verifying = key_set().verifying
    is_published = kid is None or any(key.kid == kid for key in verifying)
    return verifying if is_published else past_keys()
