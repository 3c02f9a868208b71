"""What a wiki is told of a person: by its scopes, and by what it asked for by name.

OpenID Connect Core 1.0 sections 5.3.2, 5.4 and 5.5. An address is told as it is stored, with an
``email_verified`` that says whether its owner has shown that it is theirs.
"""

from typing import Any

from vault.grants import Claims


def userinfo_claims(claims: Claims) -> dict[str, Any]:
    """The answer of the userinfo endpoint."""
    return {"sub": str(claims.account_id), **_told(claims, "userinfo", claims.scopes)}


def id_token_claims(claims: Claims, *, is_alone: bool = False) -> dict[str, Any]:
    """What an ID token says besides what all of them say.

    What was asked for by name; where it comes alone, without an access token for userinfo, also
    what was asked for by scope (section 5.4).
    """
    return _told(claims, "id_token", claims.scopes if is_alone else ())


def _told(claims: Claims, where: str, scopes: tuple[str, ...]) -> dict[str, Any]:
    profile: dict[str, Any] = {"preferred_username": claims.username, "name": claims.username}
    address: dict[str, Any] = {}
    if claims.email is not None:
        address = {"email": claims.email, "email_verified": claims.email_verified}
    return {
        claim: value
        for scope, told in (("profile", profile), ("email", address))
        for claim, value in told.items()
        if scope in scopes or f"{where}.{claim}" in claims.asked
    }
