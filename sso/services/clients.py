"""Which wiki is asking, and whether its server has proven so (RFC 6749 section 2.3, RFC 7521).

The same at every endpoint that a wiki's server calls: token, pushed requests, introspection,
revocation.
"""

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import unquote_plus, urlsplit

from sso.errors import InvalidClient, InvalidRequest, RequestUnanswerable, WikiSuspended
from sso.services.client_assertions import (
    ASSERTION_TYPE,
    Assertion,
    read_assertion,
    spend_assertion,
    verify_assertion,
)
from vault import wikis
from vault.wikis import Wiki

__all__ = [
    "AUTH_METHODS",
    "Wiki",
    "authenticate_wiki",
    "find_wiki",
    "host_of",
    "shown_name",
    "why_refused",
]

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


def host_of(uri: str) -> str:
    """Host and port of an address: what a wiki cannot choose as freely as its name."""
    return urlsplit(uri).netloc


def shown_name(wiki: Wiki, uri: str | None = None) -> str:
    """What people are told that a wiki is called.

    One that is none of the family's own may call itself anything: so with the host of the address
    that the page leads to, its home if no other.
    """
    return wiki.name if wiki.first_party else f"{wiki.name} ({host_of(uri or wiki.home_uri)})"


def why_refused(wiki: Wiki) -> RequestUnanswerable:
    """Why the vault refuses what this wiki, as it is remembered here, may have."""
    wikis.forget()
    now = wikis.find(wiki.client_id)
    if now is not None and now.state != "active":
        return WikiSuspended(shown_name(now), now.home_uri)
    return RequestUnanswerable(
        "unauthorized_client",
        "the registration of this wiki has changed",
        wiki_name=shown_name(wiki),
        home_uri=wiki.home_uri,
    )


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


@dataclass(frozen=True)
class _Shown:
    """How a request says who it comes from, before anything of it is looked at."""

    method: str
    client_id: str
    secret: str = field(default="", repr=False)
    assertion: Assertion | None = None

    @property
    def used_basic(self) -> bool:
        return self.method == "client_secret_basic"


def authenticate_wiki(authorization: str | None, form: dict[str, str]) -> Wiki:
    """The wiki that a request proves to come from, in the one way it is registered for.

    Raises ``InvalidClient``, ``InvalidRequest`` when two ways are used at once, and ``NotNow``
    while the keys of a wiki cannot be fetched.
    """
    shown = _shown(authorization, form)
    if form.get("client_id", shown.client_id) != shown.client_id:
        raise InvalidRequest("client_id differs from the one that authenticated")
    wiki = find_wiki(shown.client_id)
    if wiki is None or wiki.token_endpoint_auth_method != shown.method:
        raise InvalidClient(
            "unknown client, or not its way to authenticate", used_basic=shown.used_basic
        )
    # Before its keys are asked for anywhere.
    if wiki.state != "active":
        raise InvalidClient("this wiki is out of service", used_basic=shown.used_basic)
    if shown.assertion is not None:
        verify_assertion(shown.assertion, wiki)
    elif shown.method != "none" and not wiki.is_secret(shown.secret):
        raise InvalidClient("the client secret is wrong", used_basic=shown.used_basic)
    if shown.assertion is not None:
        # Last, so that what is refused for another reason can be mended and sent again.
        spend_assertion(shown.assertion, wiki)
    return wiki


def _shown(authorization: str | None, form: dict[str, str]) -> _Shown:
    """The one way that a request uses (RFC 6749 section 2.3)."""
    by_assertion = "client_assertion" in form or "client_assertion_type" in form
    by_form = "client_secret" in form
    if (authorization is not None) + by_form + by_assertion > 1:
        raise InvalidRequest("use one way to authenticate, not two")
    if authorization is not None:
        client_id, secret = _basic(authorization)
        return _Shown("client_secret_basic", client_id, secret)
    if by_assertion:
        assertion = _assertion(form)
        return _Shown("private_key_jwt", assertion.client_id, assertion=assertion)
    if by_form:
        return _Shown("client_secret_post", form.get("client_id", ""), form["client_secret"])
    return _Shown("none", form.get("client_id", ""))


def _assertion(form: dict[str, str]) -> Assertion:
    """The assertion of a form, taken apart (RFC 7521 section 4.2)."""
    if "client_assertion" not in form or "client_assertion_type" not in form:
        raise InvalidRequest("send client_assertion and client_assertion_type together")
    if form["client_assertion_type"] != ASSERTION_TYPE:
        raise InvalidClient(f"client_assertion_type must be {ASSERTION_TYPE}")
    return read_assertion(form["client_assertion"])
