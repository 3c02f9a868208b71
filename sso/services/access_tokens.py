"""Access tokens (RFC 9068): for userinfo, and for the wiki itself to verify offline.

Signed, short-lived, and alive only while their grant is. Whoever verifies one without asking sees
by its ``epoch`` whether it was overtaken: the site's number and the account's, neither of which
ever goes back.
"""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError

from sso.errors import BearerRefused
from sso.services.id_tokens import is_of_the_future
from sso.services.jws import sign
from sso.services.requested_assurance import Requested, known_levels
from vault.grants import Claims, Redeemed, describe
from vault.signing_keys import key_set, signing_key
from vault.wikis import Wiki

ALGORITHM = "ES256"
MAX_TOKEN = 8000


def sign_access_token(wiki: Wiki, redeemed: Redeemed) -> tuple[str, int]:
    """The access token of a grant, and its lifetime in seconds: never beyond the session's."""
    now = int(time.time())
    expires_at = min(now + settings.ACCESS_TOKEN_SECONDS, redeemed.session_expires_at)
    token = sign(
        signing_key(ALGORITHM),
        "at+jwt",
        {
            "iss": settings.ISSUER,
            "aud": [settings.ISSUER, wiki.client_id],
            "sub": str(redeemed.claims.account_id),
            "client_id": wiki.client_id,
            "iat": now,
            "exp": expires_at,
            "auth_time": redeemed.auth_time,
            "acr": Requested(known_levels(redeemed.acr_values)).acr(redeemed.amr),
            "jti": str(redeemed.grant_id),
            "sid": str(redeemed.sid),
            "epoch": list(redeemed.epoch),
            "scope": " ".join(redeemed.claims.scopes),
        },
    )
    return token, expires_at - now


@dataclass(frozen=True)
class AccessToken:
    """What a token of ours says that is not over; its grant may be dead."""

    grant_id: UUID
    client_id: str
    claims: dict[str, Any]


def read_access_token(token: str) -> AccessToken | None:
    """Checks signature, type and end of an access token; None for anything else. Asks no vault."""
    if len(token) > MAX_TOKEN:
        return None
    try:
        decoded = jwt.decode(token, key_set().verifying, algorithms=[ALGORITHM])
        claims = decoded.claims
        grant_id = UUID(str(claims.get("jti")))
    except (JoseError, ValueError, TypeError):
        return None
    expires_at, audience = claims.get("exp"), claims.get("aud")
    if is_of_the_future(claims):
        return None
    if (
        decoded.header.get("typ") != "at+jwt"
        or claims.get("iss") != settings.ISSUER
        or not isinstance(audience, list)
        or settings.ISSUER not in audience
        or not isinstance(expires_at, int)
        or expires_at <= time.time()
    ):
        return None
    return AccessToken(grant_id, str(claims.get("client_id")), claims)


def verify_access_token(token: str) -> Claims:
    """What userinfo may tell for this token.

    The signature first, then the claims, then the vault: revoked, ended and locked are dead at
    once. Raises ``BearerRefused`` (401, ``invalid_token``).
    """
    read = read_access_token(token)
    found = describe(read.grant_id) if read is not None else None
    if read is None or found is None or found[0] != read.client_id:
        raise BearerRefused(401, "invalid_token", "the access token is not valid any more")
    return found[1]
