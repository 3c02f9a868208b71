"""Refresh tokens at the token endpoint (RFC 6749 section 6), and tokens given back (RFC 7009)."""

from typing import Any

from accounts.services.assurance import level_of, reaches
from sso.errors import GrantEnded, InvalidGrant, InvalidRequest, NotNow
from sso.services.access_tokens import read_access_token
from sso.services.consents import may_name
from sso.services.signing import can_sign_for
from vault import refresh_tokens
from vault.grants import Claims, Redeemed, describe
from vault.refresh_tokens import RefreshToken, Rotated
from vault.wikis import Wiki

OFFLINE = "offline_access"


def first_refresh_token(redeemed: Redeemed) -> str | None:
    """The refresh token that goes with a redeemed code, where the wiki was granted one."""
    if OFFLINE not in redeemed.claims.scopes:
        return None
    issued = refresh_tokens.issue(redeemed.grant_id)
    if not isinstance(issued, RefreshToken):  # ended in this very moment
        raise InvalidGrant("the code is not valid")
    return issued.text


def rotate(wiki: Wiki, form: dict[str, str]) -> Rotated:
    """Swaps the refresh token of a token request for its successor, and what it stands for.

    A narrower ``scope`` is not offered: what was granted stays (section 6 lets us say so). Raises
    ``InvalidRequest``, ``NotNow``, and ``InvalidGrant``, which says no more than it must
    (``GrantEnded`` for a token of ours).
    """
    token = form.get("refresh_token")
    if token is None:
        raise InvalidRequest("refresh_token is missing")
    if not can_sign_for(wiki):
        raise NotNow("nothing can be signed for now")
    rotated = refresh_tokens.rotate(token, wiki)
    if rotated in ("dead", "expired"):
        raise GrantEnded("the refresh token is not valid any more")
    # Its session may have gone on with less than the wiki asks for by now.
    if not isinstance(rotated, Rotated) or not reaches(
        level_of(rotated.redeemed.amr), wiki.least_acr
    ):
        raise InvalidGrant("the refresh token is not valid")
    return rotated


def introspect(wiki: Wiki, token: str) -> dict[str, Any]:
    """What may be said of one of a wiki's own tokens (RFC 7662 section 2.2).

    Of everybody else's, and of what is over or revoked, only that it is not active.
    """
    read = read_access_token(token)
    if read is not None and read.client_id == wiki.client_id:
        found = describe(read.grant_id)
        if found is None or found[0] != wiki.client_id:
            return {"active": False}
        return {
            "active": True,
            "token_type": "Bearer",
            **read.claims,
            **_named(wiki, found[1]),
        }
    refreshing = refresh_tokens.find(token, wiki)
    if refreshing is None:
        return {"active": False}
    claims, expires_at = refreshing
    return {
        "active": True,
        "client_id": wiki.client_id,
        "sub": str(claims.account_id),
        **_named(wiki, claims),
        "scope": " ".join(claims.scopes),
        "exp": expires_at,
    }


def _named(wiki: Wiki, claims: Claims) -> dict[str, str]:
    return {"username": claims.username} if may_name(wiki, claims.scopes) else {}


def revoke(wiki: Wiki, token: str) -> None:
    """Revokes one of a wiki's own tokens with all that came from its grant; others are left alone.

    RFC 7009 section 2.2: whoever asks learns nothing by it.
    """
    read = read_access_token(token)
    if read is not None:
        if read.client_id == wiki.client_id:
            refresh_tokens.revoke(read.grant_id, wiki)
        return
    decoded = refresh_tokens.decode(token)
    if decoded is not None:
        grant_id, secret = decoded
        refresh_tokens.revoke(grant_id, wiki, token=secret)
