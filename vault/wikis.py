"""Wikis: the OpenID Connect clients that an operator registered."""

import hashlib
import hmac
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from vault import connection

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

    def is_secret(self, secret: str) -> bool:
        """Whether this is the wiki's secret. It is random, so that a plain digest is enough."""
        digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        return self.secret_hash is not None and hmac.compare_digest(digest, self.secret_hash)


def find(client_id: str) -> Wiki | None:
    """The wiki of that client id, remembered for a few seconds. Raises ``VaultUnavailable``."""
    now = time.monotonic()
    with _cache_lock:
        remembered = _cache.get(client_id)
    if remembered is not None and remembered[0] > now:
        return remembered[1]
    row = connection.find_row(
        "SELECT * FROM api.find_wiki_v1(%(client_id)s)", {"client_id": client_id}
    )
    wiki = _from_row(row) if row is not None else None
    with _cache_lock:
        if len(_cache) >= _CACHE_SIZE:
            _cache.clear()
        _cache[client_id] = (now + _CACHE_SECONDS, wiki)
    return wiki


def forget() -> None:
    """Empties this process's memory of wikis."""
    with _cache_lock:
        _cache.clear()


def _from_row(row: dict[str, Any]) -> Wiki:
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
    )


def front_page() -> list[tuple[str, str]]:
    """Name and address of each of the family's wikis in service."""
    return [
        (row["name"], row["home_uri"])
        for row in connection.rows("SELECT * FROM api.list_wikis_v1()", {})
    ]


def register(wiki: Wiki) -> bool:
    """Registers a wiki; False when the client id is taken. Owner only.

    The caller has checked the metadata.
    """
    row = connection.row(
        "SELECT api.register_wiki_v1(%(client_id)s, %(name)s, %(first_party)s, %(secret_hash)s,"
        " %(token_endpoint_auth_method)s, %(home_uri)s, %(redirect_uris)s,"
        " %(post_logout_redirect_uris)s, %(backchannel_logout_uri)s, %(response_types)s,"
        " %(require_pkce)s, %(id_token_alg)s, %(scopes)s) AS status",
        {
            **vars(wiki),
            "redirect_uris": list(wiki.redirect_uris),
            "post_logout_redirect_uris": list(wiki.post_logout_redirect_uris),
            "response_types": list(wiki.response_types),
            "scopes": list(wiki.scopes),
        },
    )
    return bool(row["status"] == "registered")
