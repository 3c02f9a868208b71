"""Verifies logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.6)."""

import time
from typing import Any

from authlib.integrations.django_client import (
    DjangoOAuth2App,
)
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry, Token

from . import settings
from .provider import Provider

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LEEWAY_SECONDS = 60
_OLDEST_SECONDS = 24 * 3600
_LATEST_SECONDS = 7 * 24 * 3600


class InvalidLogoutToken(Exception):
    """The token must not be obeyed; the message says why, for the auth site's log."""


def verify_logout_token(encoded: str, *, provider: Provider) -> dict[str, Any]:
    """Returns the claims of a token that may be obeyed.

    Raises InvalidLogoutToken, and ProviderUnavailable when the keys cannot be had: then the auth
    site should try again. That the `jti` is new is for the caller to see, as it ends the sessions.
    """
    try:
        token = _decode(encoded, provider=provider)
    except (JoseError, ValueError) as error:
        raise InvalidLogoutToken(f"signature: {error}") from error
    _verify_type(token.header)
    _verify_standard_claims(token.claims)
    _verify_logout_claims(token.claims)
    return token.claims


def _decode(encoded: str, *, provider: Provider) -> Token:
    app = provider.client()
    try:
        return _decode_with_keys(encoded, app=app)
    except InvalidKeyIdError:
        if not provider.refetch_keys(app):
            raise
        return _decode_with_keys(encoded, app=app)


def _decode_with_keys(encoded: str, *, app: DjangoOAuth2App) -> Token:
    return jwt.decode(
        encoded,
        KeySet.import_key_set(app.fetch_jwk_set()),
        registry=JWSRegistry(algorithms=list(settings.OIDC_ALGORITHMS)),
    )


def _verify_type(header: dict[str, Any]) -> None:
    """Without this an ID token could be taken for a logout token, or the other way round."""
    kind = str(header.get("typ", "")).lower().removeprefix("application/")
    if kind != "logout+jwt":
        raise InvalidLogoutToken("typ is not logout+jwt")


def _verify_standard_claims(claims: dict[str, Any]) -> None:
    registry = JWTClaimsRegistry(
        leeway=_LEEWAY_SECONDS,
        iss={"essential": True, "value": settings.OIDC_ISSUER},
        aud={"essential": True, "value": settings.OIDC_CLIENT_ID},
        iat={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
    )
    try:
        registry.validate(claims)
    except JoseError as error:
        raise InvalidLogoutToken(str(error)) from error
    if claims["iat"] < time.time() - _OLDEST_SECONDS:
        raise InvalidLogoutToken("iat is too long ago")
    # Asked this way round, not-a-number is refused too.
    if not claims["exp"] <= time.time() + _LATEST_SECONDS:
        raise InvalidLogoutToken("exp is too far away")


def _verify_logout_claims(claims: dict[str, Any]) -> None:
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise InvalidLogoutToken("events does not say back-channel logout")
    if "nonce" in claims:
        raise InvalidLogoutToken("nonce is not allowed in a logout token")
    for name in ("jti", "sid", "sub"):
        value = claims.get(name)
        if name in claims and (not isinstance(value, str) or not 0 < len(value) <= 255):
            raise InvalidLogoutToken(f"{name} is not a short text")
    if "sid" not in claims and "sub" not in claims:
        raise InvalidLogoutToken("neither sid nor sub is there")
