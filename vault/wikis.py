"""Wikis: the OpenID Connect clients that an operator registered.

Each row has a MAC over all that was registered. A wiki that a database writer made, or changed, is
as if it did not exist, and is reported.
"""

import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final, Literal, get_args

from django.conf import settings

from vault import connection
from vault.errors import VaultRefused
from vault.events import report_row
from vault.keys import KeyRing
from vault.lockouts import asked, taken
from vault.seals import Field, is_ours, mac, optional
from vault.sessions import Session

Acr = Literal["aal1", "aal2", "phr"]
# What only an operator hears: ``bad_request`` is that no reason was given (what cannot be read is
# ``unreadable``, and raised).
Refused = Literal["forbidden", "unproven", "bad_request"]
Registered = Literal["registered", "taken", "forbidden", "unproven", "bad_request"]
Changed = Literal["changed", "moved", "unknown", "forbidden", "unproven", "bad_request"]
_ANY_SIGN_IN: Final[Acr] = "aal1"
# A wiki's state is checked again whenever something is issued or redeemed; the rest may be old.
_CACHE_SECONDS = 5.0
_cache: dict[str, tuple[float, "Wiki | None"]] = {}
_cache_lock = threading.Lock()
_CACHE_SIZE = 1000
_NONE: Final = optional(None)
# What a MAC would cover of a wiki that has nothing of it.
_PLAIN_CLIENT: Final = (_NONE, _NONE, _NONE, 0, 1, _NONE, _NONE, _NONE)


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
    jwks: str | None = None
    jwks_uri: str | None = None
    assertion_alg: str | None = None
    require_par: bool = False
    require_nonce: bool = True
    policy_uri: str | None = None
    older_secret_hash: bytes | None = field(default=None, repr=False)
    older_secret_ends_at: int | None = None  # seconds since 1970

    def is_secret(self, secret: str) -> bool:
        """Whether this is the wiki's secret, or the one before it while both are good.

        They are random, so that a plain digest is enough.
        """
        digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        is_this = self.secret_hash is not None and hmac.compare_digest(digest, self.secret_hash)
        is_older = (
            self.older_secret_hash is not None
            and (self.older_secret_ends_at or 0) > time.time()
            and hmac.compare_digest(digest, self.older_secret_hash)
        )
        return is_this or is_older


@dataclass(frozen=True)
class ByOperator:
    """An operator who has just shown their passkey, and says why."""

    session: Session
    reason: str


@dataclass(frozen=True)
class Calls:
    """A wiki's client id, why it is suspended if it is, and what it was last asked and told."""

    client_id: str
    state_reason: str
    issued_at: datetime | None
    redeemed_at: datetime | None
    refused_at: datetime | None
    refused_why: str | None
    told_at: datetime | None
    waiting: int
    given_up: int
    last_error: str | None


def wiki_fields(wiki: Wiki) -> tuple[Field, ...]:
    """What the MAC of a wiki covers, in order: all that was registered.

    Its state is none of it, which changes by lockouts.
    """
    basic: tuple[Field, ...] = (
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
    client = (
        optional(wiki.jwks),
        optional(wiki.jwks_uri),
        optional(wiki.assertion_alg),
        int(wiki.require_par),
        int(wiki.require_nonce),
        optional(wiki.policy_uri),
        optional(wiki.older_secret_hash),
        optional(None if wiki.older_secret_ends_at is None else str(wiki.older_secret_ends_at)),
    )
    # Only where they say anything: wikis that were registered before keep their MAC.
    if client != _PLAIN_CLIENT:
        return (*basic, *assurance, *client)
    return basic if assurance == (_ANY_SIGN_IN, ()) else (*basic, *assurance)


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
        jwks=row.get("jwks"),
        jwks_uri=row.get("jwks_uri"),
        assertion_alg=row.get("assertion_alg"),
        require_par=row.get("require_par", False),
        require_nonce=row.get("require_nonce", True),
        policy_uri=row.get("policy_uri"),
        older_secret_hash=row.get("older_secret_hash"),
        older_secret_ends_at=row.get("older_secret_ends_at"),
    )


def front_page() -> list[tuple[str, str]]:
    """Name and address of each of the family's wikis in service."""
    return [
        (wiki.name, wiki.home_uri)
        for row in connection.rows("SELECT * FROM api.list_wikis_v1()", {})
        if (wiki := _checked(row)) is not None
    ]


def consented(session: Session) -> dict[str, Wiki]:
    """The wikis that this session's person lets know who they are, by client id. One statement."""
    return {
        wiki.client_id: wiki
        for row in connection.rows(
            "SELECT * FROM api.consented_wikis_v1(%(session)s)", {"session": session.secret}
        )
        if (wiki := _checked(row)) is not None
    }


def registered(client_id: str, by: Session | None = None) -> tuple[Wiki, bytes] | None:
    """A wiki as it is registered in this moment, and the MAC to ``change`` it by; None if there is
    none of ours, or none that the operator ``by`` may change. Raises ``VaultUnavailable``."""
    found = asked(
        by,
        "SELECT * FROM api.find_wiki_v1(%(client_id)s)",
        "SELECT * FROM api.operator_wiki_v1(%(session)s, %(client_id)s)",
        {"client_id": client_id},
    )
    row = found[0] if found else None
    wiki = _checked(row) if row is not None else None
    return (wiki, row["mac"]) if row is not None and wiki is not None else None


def all_registered() -> list[Wiki]:
    """Every wiki, by name; rows that are not ours are left out, and reported. Owner only."""
    return [
        wiki
        for row in connection.rows("SELECT * FROM api.console_list_wikis_v1()", {})
        if (wiki := _checked(row)) is not None
    ]


def _registration(wiki: Wiki) -> str:
    """A wiki's row as JSON, with its MAC."""
    vouched, key = wiki_mac(wiki)
    row: dict[str, Any] = {f.name: getattr(wiki, f.name) for f in fields(wiki)}
    row |= {"mac": vouched, "mac_key": key}
    return json.dumps(row, default=lambda value: f"\\x{value.hex()}")


def register(wiki: Wiki, by: ByOperator | None = None) -> Registered:
    """Registers a wiki; ``by`` None is the console.

    ``taken`` is the client id. The caller has checked the metadata.
    """
    status: Registered = taken(
        by.session if by else None,
        "SELECT api.console_register_wiki_v1(%(registration)s::jsonb) AS status",
        "SELECT api.register_wiki_v1(%(session)s, %(registration)s::jsonb, %(reason)s) AS status",
        {"registration": _registration(wiki), "reason": by.reason if by else ""},
    )["status"]
    if status not in get_args(Registered) or (by is None and status in get_args(Refused)):
        raise VaultRefused("register_wiki", status)
    return status


def change(wiki: Wiki, old_mac: bytes, by: ByOperator | None = None) -> Changed:
    """Registers a wiki anew under its client id; ``by`` None is the console.

    ``moved``: its registration is not the one with that MAC any more. The caller has checked the
    metadata.
    """
    status: Changed = taken(
        by.session if by else None,
        "SELECT api.console_change_wiki_v1(%(registration)s::jsonb, %(old)s) AS status",
        "SELECT api.change_wiki_v1(%(session)s, %(registration)s::jsonb, %(old)s, %(reason)s)"
        " AS status",
        {"registration": _registration(wiki), "old": old_mac, "reason": by.reason if by else ""},
    )["status"]
    if status not in get_args(Changed) or (by is None and status in get_args(Refused)):
        raise VaultRefused("change_wiki", status)
    forget()
    return status


def called(name: str) -> list[Calls]:
    """The wikis of that client id or name, with their last calls. Owner only."""
    found = connection.rows("SELECT * FROM api.console_wikis_v1(%(called)s)", {"called": name})
    return [Calls(**row) for row in found]
