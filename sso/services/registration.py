"""Registering a wiki: metadata in, checked, a registration out (RFC 7591 sections 2, 3.2)."""

import re
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from accounts.services.assurance import LEVELS
from sso.errors import MetadataInvalid
from sso.services.authorization_request import SCOPES
from sso.services.clients import AUTH_METHODS
from sso.services.requested_assurance import known_levels
from vault import wikis
from vault.attempts import secret_hash
from vault.signing_keys import ALGORITHMS
from vault.wikis import Acr, Wiki

_TEXTS = ("client_name", "client_uri", "backchannel_logout_uri", "scope", "initiate_login_uri")
_LISTS = (
    "redirect_uris",
    "post_logout_redirect_uris",
    "response_types",
    "grant_types",
    "default_acr_values",
)
_GRANT_OF = {"code": "authorization_code", "id_token": "implicit"}
_MAX_URI = 2000
# What a form-action of the pages' Content-Security-Policy can name (see origin_of_uri).
_NETLOC = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[1-9][0-9]{0,4})?")


def register_wiki(metadata: dict[str, Any]) -> dict[str, Any]:
    """Registers a wiki and gives the registration response, with the secret that is shown once.

    Takes RFC 7591 metadata plus ``first_party``, ``require_pkce`` and ``least_acr``. Scopes and
    grant types that are not offered here are left out (section 2 allows it); the response says what
    was registered. Raises ``MetadataInvalid``.
    """
    metadata = {field: value for field, value in metadata.items() if value is not None}
    _check_types(metadata)
    name = metadata.get("client_name", "").strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise MetadataInvalid("client_name must be a name of 1 to 100 characters")
    auth_method = _one_of(
        metadata, "token_endpoint_auth_method", AUTH_METHODS, "client_secret_basic"
    )
    response_types = _response_types(metadata)
    secret = secrets.token_urlsafe(32) if auth_method != "none" else None
    wiki = Wiki(
        client_id=f"{_slug(name)}-{secrets.token_hex(4)}",
        name=name,
        first_party=metadata.get("first_party", False),
        state="active",
        secret_hash=secret_hash(secret.encode()) if secret is not None else None,
        token_endpoint_auth_method=auth_method,
        home_uri=_home_uri(metadata),
        redirect_uris=_uris(metadata, "redirect_uris", required=True),
        post_logout_redirect_uris=_uris(metadata, "post_logout_redirect_uris"),
        backchannel_logout_uri=_optional_uri(metadata, "backchannel_logout_uri"),
        response_types=response_types,
        require_pkce=_require_pkce(metadata, auth_method),
        id_token_alg=_one_of(metadata, "id_token_signed_response_alg", ALGORITHMS, "RS256"),
        scopes=_scopes(metadata),
        least_acr=_least_acr(metadata),
        default_acr_values=_default_acr_values(metadata),
    )
    if not wikis.register(wiki):
        raise MetadataInvalid("that client_id is taken; try again")
    return _response(wiki, secret)


def _check_types(metadata: dict[str, Any]) -> None:
    for field in _TEXTS:
        if not isinstance(metadata.get(field, ""), str):
            raise MetadataInvalid(f"{field} must be a string")
    for field in _LISTS:
        value = metadata.get(field, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise MetadataInvalid(f"{field} must be a list of strings")
    for field in ("first_party", "require_pkce"):
        if not isinstance(metadata.get(field, False), bool):
            raise MetadataInvalid(f"{field} must be true or false")


def _one_of(metadata: dict[str, Any], field: str, allowed: tuple[str, ...], default: str) -> str:
    value = metadata.get(field, default)
    if value not in allowed:
        raise MetadataInvalid(f"{field} must be one of {', '.join(allowed)}")
    return str(value)


def _response_types(metadata: dict[str, Any]) -> tuple[str, ...]:
    types = tuple(dict.fromkeys(metadata.get("response_types") or ["code"]))
    if not set(types) <= set(_GRANT_OF):
        raise MetadataInvalid("response_types may hold code and id_token")
    grants = metadata.get("grant_types")
    needed = {_GRANT_OF[t] for t in types}
    if grants is not None and not needed <= set(grants):
        raise MetadataInvalid(f"grant_types must hold {' and '.join(sorted(needed))}")
    return types


def _require_pkce(metadata: dict[str, Any], auth_method: str) -> bool:
    require = bool(metadata.get("require_pkce", True))
    if not require and auth_method == "none":
        raise MetadataInvalid("a public wiki cannot be excused from PKCE")
    return require


def _scopes(metadata: dict[str, Any]) -> tuple[str, ...]:
    wanted = metadata.get("scope", "openid profile").split()
    if "openid" not in wanted:
        raise MetadataInvalid(f"scope must hold openid, and may hold {', '.join(SCOPES[1:])}")
    return tuple(scope for scope in SCOPES if scope in wanted)


def _least_acr(metadata: dict[str, Any]) -> Acr:
    value = _one_of(metadata, "least_acr", LEVELS, LEVELS[0])
    return known_levels([value])[0]


def _default_acr_values(metadata: dict[str, Any]) -> tuple[Acr, ...]:
    """A slip in a level's name must not leave a wiki with less than was meant."""
    values = metadata.get("default_acr_values", [])
    if not set(values) <= set(LEVELS):
        raise MetadataInvalid(f"default_acr_values may hold {', '.join(LEVELS)}")
    return known_levels(values)


def _home_uri(metadata: dict[str, Any]) -> str:
    """Where people find the wiki: what it says, or the front door of its first redirect URI."""
    if "client_uri" in metadata:
        return _uri("client_uri", metadata["client_uri"])
    parts = urlsplit(_uris(metadata, "redirect_uris", required=True)[0])
    return f"{parts.scheme}://{parts.netloc}/"


def _uris(metadata: dict[str, Any], field: str, *, required: bool = False) -> tuple[str, ...]:
    values = metadata.get(field, [])
    if required and not values:
        raise MetadataInvalid(f"{field} must hold at least one address")
    if len(values) > 20:
        raise MetadataInvalid(f"{field} may hold 20 addresses at most")
    return tuple(_uri(field, value) for value in values)


def _optional_uri(metadata: dict[str, Any], field: str) -> str | None:
    return _uri(field, metadata[field]) if metadata.get(field) else None


def _uri(field: str, value: str) -> str:
    """An absolute https address; http only to loopback, and only in the demo."""
    try:
        parts = urlsplit(value)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise MetadataInvalid(f"{field}: that is not an address") from None
    host = parts.hostname or ""
    is_loopback = host in ("localhost", "127.0.0.1") or host.endswith(".localhost")
    if (
        not host
        or not port_is_fine
        or len(value) > _MAX_URI
        or not re.fullmatch(r"[!-~]+", value)
        or "\\" in value
    ):
        raise MetadataInvalid(
            f"{field}: write the whole address, such as https://wiki.example.org/"
        )
    if parts.scheme != "https" and not (
        parts.scheme == "http" and is_loopback and settings.LOOPBACK_HTTP
    ):
        raise MetadataInvalid(f"{field} must be https")
    if "@" in parts.netloc or "#" in value or "*" in host:
        raise MetadataInvalid(f"{field} may have no user, no fragment and no wildcard")
    if not _NETLOC.fullmatch(parts.netloc):
        raise MetadataInvalid(f"{field}: write the host in lower case, the port in digits")
    return value


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "wiki"


def _grant_types(wiki: Wiki) -> list[str]:
    refreshing = ["refresh_token"] if "offline_access" in wiki.scopes else []
    return [_GRANT_OF[t] for t in wiki.response_types] + refreshing


def _response(wiki: Wiki, secret: str | None) -> dict[str, Any]:
    response: dict[str, Any] = {
        "client_id": wiki.client_id,
        "client_id_issued_at": int(time.time()),
        "client_name": wiki.name,
        "client_uri": wiki.home_uri,
        "redirect_uris": list(wiki.redirect_uris),
        "post_logout_redirect_uris": list(wiki.post_logout_redirect_uris),
        "response_types": list(wiki.response_types),
        "grant_types": _grant_types(wiki),
        "token_endpoint_auth_method": wiki.token_endpoint_auth_method,
        "id_token_signed_response_alg": wiki.id_token_alg,
        "scope": " ".join(wiki.scopes),
        "require_pkce": wiki.require_pkce,
        "first_party": wiki.first_party,
        "least_acr": wiki.least_acr,
        "default_acr_values": list(wiki.default_acr_values),
        "issuer": settings.ISSUER,
    }
    if wiki.backchannel_logout_uri is not None:
        response["backchannel_logout_uri"] = wiki.backchannel_logout_uri
        response["backchannel_logout_session_required"] = True
    if secret is not None:
        response["client_secret"] = secret
        response["client_secret_expires_at"] = 0
    return response
