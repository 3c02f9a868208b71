"""Access tokens for userinfo: signed by us for us (RFC 9068), alive only while their grant is."""

import time
from uuid import UUID

from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError

from sso.errors import BearerRefused
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
    key = signing_key(ALGORITHM)
    token = jwt.encode(
        {"alg": key.alg, "kid": key.kid, "typ": "at+jwt"},
        {
            "iss": settings.ISSUER,
            "aud": settings.ISSUER,
            "sub": str(redeemed.claims.account_id),
            "client_id": wiki.client_id,
            "iat": now,
            "exp": expires_at,
            "auth_time": redeemed.auth_time,
            "acr": Requested(known_levels(redeemed.acr_values)).acr(redeemed.amr),
            "jti": str(redeemed.grant_id),
            "sid": str(redeemed.sid),
            "scope": " ".join(redeemed.claims.scopes),
        },
        key.key,
        algorithms=[key.alg],
    )
    return token, expires_at - now


def verify_access_token(token: str) -> Claims:
    """What userinfo may tell for this token.

    The signature first, then the claims, then the vault: revoked, ended and locked are dead at
    once. Raises ``BearerRefused`` (401, ``invalid_token``).
    """
    refused = BearerRefused(401, "invalid_token", "the access token is not valid any more")
    if len(token) > MAX_TOKEN:
        raise refused
    try:
        decoded = jwt.decode(token, key_set().verifying, algorithms=[ALGORITHM])
        claims = decoded.claims
        grant_id = UUID(str(claims.get("jti")))
    except (JoseError, ValueError, TypeError):
        raise refused from None
    expires_at = claims.get("exp")
    if (
        decoded.header.get("typ") != "at+jwt"
        or claims.get("iss") != settings.ISSUER
        or claims.get("aud") != settings.ISSUER
        or not isinstance(expires_at, int)
        or expires_at <= time.time()
    ):
        raise refused
    found = describe(grant_id)
    if found is None or found[0] != claims.get("client_id"):
        raise refused
    return found[1]
