"""Wikis: the OpenID Connect clients that an operator registered.

Each row has a MAC over all that was registered. A wiki that a database writer made, or changed, is
as if it did not exist, and is reported.
"""

import hashlib
import hmac
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from django.conf import settings

from vault import connection
from vault.errors import VaultRefused
from vault.events import report_row
from vault.keys import KeyRing
from vault.seals import Field, is_ours, mac, optional

Acr = Literal["aal1", "aal2", "phr"]
_ANY_SIGN_IN: Final[Acr] = "aal1"
# A wiki's state is checked again whenever something is issued or redeemed; the rest may be old.
_CACHE_SECONDS = 5.0
_cache: dict[str, tuple[float, "Wiki | None"]] = {}
_cache_lock = threading.Lock()
_CACHE_SIZE = 1000


@dataclass(frozen=True)
class Wiki:
    """A registered wiki (RFC 7591 section 2 has the meaning of the fields)."""

    client_id: str
    name: str
    first_party: bool
    state: str
    secret_hash: bytes | None = field(repr=False)
    token_endpoint_auth_method: str
    home_uri: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str | None
    response_types: tuple[str, ...]
    require_pkce: bool
    id_token_alg: str
    scopes: tuple[str, ...]
    least_acr: Acr = _ANY_SIGN_IN
    default_acr_values: tuple[Acr, ...] = ()

    def is_secret(self, secret: str) -> bool:
        """Whether this is the wiki's secret. It is random, so that a plain digest is enough."""
        digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        return self.secret_hash is not None and hmac.compare_digest(digest, self.secret_hash)


def wiki_fields(wiki: Wiki) -> tuple[Field, ...]:
    """What the MAC of a wiki covers, in order: all that was registered.

    Its state is none of it, which changes by lockouts.
    """
    fields: tuple[Field, ...] = (
        wiki.client_id,
        wiki.name,
        int(wiki.first_party),
        optional(wiki.secret_hash),
        wiki.token_endpoint_auth_method,
        wiki.home_uri,
        wiki.redirect_uris,
        wiki.post_logout_redirect_uris,
        optional(wiki.backchannel_logout_uri),
        wiki.response_types,
        int(wiki.require_pkce),
        wiki.id_token_alg,
        wiki.scopes,
    )
    assurance = (wiki.least_acr, wiki.default_acr_values)
    # Only where it says anything: wikis that were registered before keep their MAC.
    return fields if assurance == (_ANY_SIGN_IN, ()) else (*fields, *assurance)


def wiki_mac(wiki: Wiki) -> tuple[bytes, str]:
    """The MAC over a wiki's registration, and the id of its key."""
    ring: KeyRing = settings.WIKI_KEYS
    return mac(ring, ring.active_id, "wiki", *wiki_fields(wiki)), ring.active_id


def find(client_id: str) -> Wiki | None:
    """The wiki of that client id, remembered for a few seconds; None for a row that is not ours.

    Raises ``VaultUnavailable``.
    """
    now = time.monotonic()
    with _cache_lock:
        remembered = _cache.get(client_id)
    if remembered is not None and remembered[0] > now:
        return remembered[1]
    row = connection.find_row(
        "SELECT * FROM api.find_wiki_v1(%(client_id)s)", {"client_id": client_id}
    )
    wiki = _checked(row) if row is not None else None
    with _cache_lock:
        if len(_cache) >= _CACHE_SIZE:
            _cache.clear()
        _cache[client_id] = (now + _CACHE_SECONDS, wiki)
    return wiki


def forget() -> None:
    """Empties this process's memory of wikis."""
    with _cache_lock:
        _cache.clear()


def _checked(row: dict[str, Any]) -> Wiki | None:
    wiki = from_row(row)
    if is_ours(row["mac"], settings.WIKI_KEYS, row["mac_key"], "wiki", *wiki_fields(wiki)):
        return wiki
    report_row("wiki", wiki.client_id)
    return None


def from_row(row: dict[str, Any]) -> Wiki:
    """What a row says, believed or not."""
    return Wiki(
        client_id=row["client_id"],
        name=row["name"],
        first_party=row["first_party"],
        state=row["state"],
        secret_hash=row["secret_hash"],
        token_endpoint_auth_method=row["token_endpoint_auth_method"],
        home_uri=row["home_uri"],
        redirect_uris=tuple(row["redirect_uris"]),
        post_logout_redirect_uris=tuple(row["post_logout_redirect_uris"]),
        backchannel_logout_uri=row["backchannel_logout_uri"],
        response_types=tuple(row["response_types"]),
        require_pkce=row["require_pkce"],
        id_token_alg=row["id_token_alg"],
        scopes=tuple(row["scopes"]),
        # Migrations read rows of before there were any.
        least_acr=row.get("least_acr", _ANY_SIGN_IN),
        default_acr_values=tuple(row.get("default_acr_values", ())),
    )


def front_page() -> list[tuple[str, str]]:
    """Name and address of each of the family's wikis in service."""
    return [
        (wiki.name, wiki.home_uri)
        for row in connection.rows("SELECT * FROM api.list_wikis_v1()", {})
        if (wiki := _checked(row)) is not None
    ]


def register(wiki: Wiki) -> bool:
    """Registers a wiki; False when the client id is taken. Owner only.

    The caller has checked the metadata.
    """
    vouched, key = wiki_mac(wiki)
    row = connection.row(
        "SELECT api.register_wiki_v1(%(client_id)s, %(name)s, %(first_party)s, %(secret_hash)s,"
        " %(token_endpoint_auth_method)s, %(home_uri)s, %(redirect_uris)s,"
        " %(post_logout_redirect_uris)s, %(backchannel_logout_uri)s, %(response_types)s,"
        " %(require_pkce)s, %(id_token_alg)s, %(scopes)s, %(least_acr)s, %(default_acr_values)s,"
        " %(mac)s, %(mac_key)s) AS status",
        {
            **vars(wiki),
            "redirect_uris": list(wiki.redirect_uris),
            "post_logout_redirect_uris": list(wiki.post_logout_redirect_uris),
            "response_types": list(wiki.response_types),
            "scopes": list(wiki.scopes),
            "default_acr_values": list(wiki.default_acr_values),
            "mac": vouched,
            "mac_key": key,
        },
    )
    if row["status"] not in ("registered", "taken"):
        raise VaultRefused("register_wiki", row["status"])
    return bool(row["status"] == "registered")
