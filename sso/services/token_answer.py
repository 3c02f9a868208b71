"""What the token endpoint gives for a code or a refresh token (RFC 6749 section 5.1)."""

from typing import Any

from sso.services.access_tokens import sign_access_token
from sso.services.clients import Wiki
from sso.services.codes import redeem_code
from sso.services.consents import may_name
from sso.services.id_tokens import sign_id_token
from sso.services.refreshing import first_refresh_token, rotate
from sso.services.told_claims import id_token_claims
from vault.grants import Redeemed


def answer_code(wiki: Wiki, form: dict[str, str]) -> dict[str, Any]:
    """The tokens for a code. Raises ``InvalidRequest``, ``InvalidGrant``."""
    redeemed = redeem_code(wiki, form)
    return _tokens(wiki, redeemed, first_refresh_token(redeemed))


def answer_refresh_token(wiki: Wiki, form: dict[str, str]) -> dict[str, Any]:
    """The tokens for a refresh token, its successor among them; the ID token has no ``nonce``.

    Raises ``InvalidRequest``, ``InvalidGrant``.
    """
    rotated = rotate(wiki, form)
    return _tokens(wiki, rotated.redeemed, rotated.token.text)


def _tokens(wiki: Wiki, redeemed: Redeemed, refresh_token: str | None) -> dict[str, Any]:
    access_token, expires_in = sign_access_token(wiki, redeemed)
    id_token = sign_id_token(
        wiki,
        sub=redeemed.claims.account_id,
        username=redeemed.claims.username if may_name(wiki, redeemed.claims.scopes) else None,
        sid=redeemed.sid,
        nonce=redeemed.nonce,
        amr=redeemed.amr,
        auth_time=redeemed.auth_time,
        acr_values=redeemed.acr_values,
        told=id_token_claims(redeemed.claims),
    )
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": expires_in,
        "id_token": id_token,
        "scope": " ".join(redeemed.claims.scopes),
        **({"refresh_token": refresh_token} if refresh_token is not None else {}),
    }
