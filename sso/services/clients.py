"""Which wiki is asking, and whether it has proven so at the token endpoint (RFC 6749 2.3.1)."""

import base64
import binascii
from urllib.parse import unquote_plus

from sso.errors import InvalidClient, InvalidRequest
from vault import wikis
from vault.wikis import Wiki

__all__ = ["AUTH_METHODS", "Wiki", "authenticate_wiki", "find_wiki"]

AUTH_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
MAX_CLIENT_ID = 200


def find_wiki(client_id: str | None) -> Wiki | None:
    """The wiki of a client id, in service or not; None for what cannot be one."""
    if not client_id or len(client_id) > MAX_CLIENT_ID:
        return None
    # RFC 6749 appendix A.1. A Basic header can carry any text, and PostgreSQL takes no NUL.
    if not (client_id.isascii() and client_id.isprintable()):
        return None
    return wikis.find(client_id)


def _basic(header: str) -> tuple[str, str]:
    """Client id and secret of a Basic header; both are form-encoded inside it."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient("authenticate by HTTP Basic or by the form")
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        if not colon:
            raise InvalidClient("the Basic credentials have no colon", used_basic=True)
        return (
            unquote_plus(client_id, errors="strict"),
            unquote_plus(secret, errors="strict"),
        )
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise InvalidClient("the Basic credentials cannot be read", used_basic=True) from None


def authenticate_wiki(authorization: str | None, form: dict[str, str]) -> Wiki:
    """The wiki that a token request proves to come from, in the one way it is registered for.

    Raises ``InvalidClient``, and ``InvalidRequest`` when two ways are used at once.
    """
    if authorization:
        if "client_secret" in form:
            raise InvalidRequest("use one way to authenticate, not two")
        client_id, secret = _basic(authorization)
        method = "client_secret_basic"
        if form.get("client_id", client_id) != client_id:
            raise InvalidRequest("client_id differs from the one that authenticated")
    else:
        client_id = form.get("client_id", "")
        secret = form.get("client_secret", "")
        method = "client_secret_post" if secret else "none"
    wiki = find_wiki(client_id)
    used_basic = authorization is not None
    if wiki is None or wiki.token_endpoint_auth_method != method:
        raise InvalidClient("unknown client, or not its way to authenticate", used_basic=used_basic)
    if method != "none" and not wiki.is_secret(secret):
        raise InvalidClient("the client secret is wrong", used_basic=used_basic)
    if wiki.state != "active":
        raise InvalidClient("this wiki is out of service", used_basic=used_basic)
    return wiki
