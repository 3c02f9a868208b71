"""Client metadata (RFC 7591 section 2) as a wiki, checked; and a wiki as the answer to it.

Besides the standard's fields there are ``first_party``, ``require_pkce``, ``require_nonce`` and
``least_acr``.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from accounts.services.assurance import LEVELS
from sso.errors import Fault, MetadataInvalid
from sso.services import client_uris
from sso.services.authorization_request import SCOPES
from sso.services.client_keys import ASSERTION_ALGORITHMS, KeysUnusable, canonical, read_key_set
from sso.services.clients import AUTH_METHODS
from sso.services.requested_assurance import known_levels
from vault.signing_keys import ALGORITHMS
from vault.wikis import Acr, Wiki

_TEXTS: Final = (
    "client_name",
    "client_uri",
    "backchannel_logout_uri",
    "scope",
    "initiate_login_uri",
    "jwks_uri",
    "policy_uri",
    "token_endpoint_auth_signing_alg",
)
_LISTS: Final = (
    "redirect_uris",
    "post_logout_redirect_uris",
    "response_types",
    "grant_types",
    "default_acr_values",
)
_SWITCHES: Final = (
    "first_party",
    "require_pkce",
    "require_nonce",
    "require_pushed_authorization_requests",
)
_GRANT_OF: Final = {"code": "authorization_code", "id_token": "implicit"}
_BY_SECRET: Final = ("client_secret_basic", "client_secret_post")


def has_secret(wiki: Wiki) -> bool:
    """Whether the wiki authenticates by a secret."""
    return wiki.token_endpoint_auth_method in _BY_SECRET


def read_metadata(metadata: dict[str, Any], *, client_id: str) -> Wiki:
    """The wiki of that metadata, without a secret.

    Raises ``MetadataInvalid``, with every fault but those that would follow from a wrong field.

    Scopes and grant types that are not offered here are left out (section 2 allows it).
    """
    metadata = {field: value for field, value in metadata.items() if value is not None}
    faults = tuple(_faults(metadata))
    if faults:
        raise MetadataInvalid(*faults)
    return Wiki(
        client_id=client_id,
        name=_name(metadata),
        first_party=metadata.get("first_party", False),
        state="active",
        secret_hash=None,
        token_endpoint_auth_method=_auth_method(metadata),
        home_uri=client_uris.home_uri(metadata),
        redirect_uris=client_uris.listed(metadata, "redirect_uris", required=True),
        post_logout_redirect_uris=client_uris.listed(metadata, "post_logout_redirect_uris"),
        backchannel_logout_uri=client_uris.optional(metadata, "backchannel_logout_uri"),
        response_types=_response_types(metadata),
        require_pkce=metadata.get("require_pkce", True),
        id_token_alg=_id_token_alg(metadata),
        scopes=_scopes(metadata),
        least_acr=_least_acr(metadata),
        default_acr_values=_default_acr_values(metadata),
        jwks=_jwks(metadata),
        jwks_uri=client_uris.optional(metadata, "jwks_uri"),
        assertion_alg=_assertion_alg(metadata),
        require_par=metadata.get("require_pushed_authorization_requests", False),
        require_nonce=metadata.get("require_nonce", True),
        policy_uri=client_uris.optional(metadata, "policy_uri"),
    )


def _name(metadata: dict[str, Any]) -> str:
    """The name that people see. Raises ``MetadataInvalid``."""
    name: str = metadata.get("client_name", "").strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise MetadataInvalid(Fault("this must be a name of 1 to 100 characters", "client_name"))
    return name


def _auth_method(metadata: dict[str, Any]) -> str:
    return _one_of(metadata, "token_endpoint_auth_method", AUTH_METHODS, "client_secret_basic")


def _id_token_alg(metadata: dict[str, Any]) -> str:
    return _one_of(metadata, "id_token_signed_response_alg", ALGORITHMS, "RS256")


def _one_of(metadata: dict[str, Any], field: str, allowed: tuple[str, ...], default: str) -> str:
    value = metadata.get(field, default)
    if value not in allowed:
        raise MetadataInvalid(Fault(f"this must be one of {', '.join(allowed)}", field))
    return str(value)


def _response_types(metadata: dict[str, Any]) -> tuple[str, ...]:
    wanted = metadata.get("response_types") or ["code"]
    if not set(wanted) <= set(_GRANT_OF):
        raise MetadataInvalid(Fault("this may hold code and id_token", "response_types"))
    return tuple(t for t in _GRANT_OF if t in wanted)


def _scopes(metadata: dict[str, Any]) -> tuple[str, ...]:
    wanted = metadata.get("scope", "openid profile").split()
    if "openid" not in wanted:
        raise MetadataInvalid(
            Fault(f"this must hold openid, and may hold {', '.join(SCOPES[1:])}", "scope")
        )
    return tuple(scope for scope in SCOPES if scope in wanted)


def _least_acr(metadata: dict[str, Any]) -> Acr:
    value = _one_of(metadata, "least_acr", LEVELS, LEVELS[0])
    return known_levels([value])[0]


def _default_acr_values(metadata: dict[str, Any]) -> tuple[Acr, ...]:
    """A slip in a level's name must not leave a wiki with less than was meant."""
    values = metadata.get("default_acr_values", [])
    if not set(values) <= set(LEVELS):
        raise MetadataInvalid(Fault(f"this may hold {', '.join(LEVELS)}", "default_acr_values"))
    return known_levels(values)


def _jwks(metadata: dict[str, Any]) -> str | None:
    """The wiki's own keys, where it gives them."""
    if "jwks" not in metadata:
        return None
    try:
        read_key_set(metadata["jwks"])
    except KeysUnusable as error:
        raise MetadataInvalid(Fault(error.reason, "jwks")) from None
    return canonical(metadata["jwks"])


def _assertion_alg(metadata: dict[str, Any]) -> str | None:
    field = "token_endpoint_auth_signing_alg"
    return _one_of(metadata, field, ASSERTION_ALGORITHMS, "") if field in metadata else None


# Each field that can be wrong by itself, whatever the others say.
_READERS: Final[dict[str, Callable[[dict[str, Any]], object]]] = {
    "client_name": _name,
    "redirect_uris": partial(client_uris.listed, field="redirect_uris", required=True),
    "post_logout_redirect_uris": partial(client_uris.listed, field="post_logout_redirect_uris"),
    **{
        field: partial(client_uris.optional, field=field)
        for field in ("client_uri", "backchannel_logout_uri", "jwks_uri", "policy_uri")
    },
    "response_types": _response_types,
    "token_endpoint_auth_method": _auth_method,
    "id_token_signed_response_alg": _id_token_alg,
    "scope": _scopes,
    "least_acr": _least_acr,
    "default_acr_values": _default_acr_values,
    "jwks": _jwks,
    "token_endpoint_auth_signing_alg": _assertion_alg,
}


def _grants(metadata: dict[str, Any]) -> Iterator[Fault]:
    given, needed = metadata.get("grant_types"), {_GRANT_OF[t] for t in _response_types(metadata)}
    if given is not None and not needed <= set(given):
        yield Fault(f"this must hold {' and '.join(sorted(needed))}", "grant_types")


def _pkce(metadata: dict[str, Any]) -> Iterator[Fault]:
    if not metadata.get("require_pkce", True) and _auth_method(metadata) == "none":
        yield Fault("a public wiki cannot be excused from PKCE")


def _nonce(metadata: dict[str, Any]) -> Iterator[Fault]:
    """Without either, nothing here tells a code that somebody else brings (RFC 9700 4.5)."""
    if not metadata.get("require_nonce", True) and metadata.get("require_pkce", True):
        yield Fault("this can be false only beside require_pkce false", "require_nonce")


def _one_source_of_keys(metadata: dict[str, Any]) -> Iterator[Fault]:
    """By address or by value, not both (section 2)."""
    if "jwks" in metadata and metadata.get("jwks_uri", "") != "":
        yield Fault("give jwks or jwks_uri, not both")


def _keys_of_use(metadata: dict[str, Any]) -> Iterator[Fault]:
    if _auth_method(metadata) != "private_key_jwt":
        for field in ("jwks", "token_endpoint_auth_signing_alg"):
            if field in metadata:
                yield Fault("this is of use with private_key_jwt only", field)
    elif "jwks" not in metadata and metadata.get("jwks_uri", "") == "":
        yield Fault("private_key_jwt needs the wiki's public keys: jwks_uri or jwks")


# What fields ask of each other, and whose values that follows from: while one of them is wrong, it
# would mean nothing. A field that only has to be there, or not, is none of them.
_RULES: Final[tuple[tuple[Callable[[dict[str, Any]], Iterator[Fault]], tuple[str, ...]], ...]] = (
    (_grants, ("response_types", "grant_types")),
    (_pkce, ("require_pkce", "token_endpoint_auth_method")),
    (_nonce, ("require_nonce", "require_pkce")),
    (_one_source_of_keys, ()),
    (_keys_of_use, ("token_endpoint_auth_method",)),
)


def _faults(metadata: dict[str, Any]) -> list[Fault]:
    """All that is to be mended."""
    faults = list(_wrong_types(metadata))
    unread = {fault.field for fault in faults}
    for field, reader in _READERS.items():
        if field not in unread:
            try:
                reader(metadata)
            except MetadataInvalid as error:
                faults += error.faults
    wrong = {fault.field for fault in faults}
    for rule, fields in _RULES:
        if wrong.isdisjoint(fields):
            faults += rule(metadata)
    return faults


def _wrong_types(metadata: dict[str, Any]) -> Iterator[Fault]:
    """The fields whose value is nothing to be read."""
    for field in _TEXTS:
        if not isinstance(metadata.get(field, ""), str):
            yield Fault("this must be a string", field)
    for field in _LISTS:
        value = metadata.get(field, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            yield Fault("this must be a list of strings", field)
    for field in _SWITCHES:
        if not isinstance(metadata.get(field, False), bool):
            yield Fault("this must be true or false", field)


def _grant_types(wiki: Wiki) -> list[str]:
    refreshing = ["refresh_token"] if "offline_access" in wiki.scopes else []
    return [_GRANT_OF[t] for t in wiki.response_types] + refreshing


def as_metadata(wiki: Wiki) -> dict[str, Any]:
    """What a wiki is registered with, in RFC 7591's words, to be shown or changed."""
    metadata: dict[str, Any] = {
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
        "require_nonce": wiki.require_nonce,
        "require_pushed_authorization_requests": wiki.require_par,
        "first_party": wiki.first_party,
        "least_acr": wiki.least_acr,
        "default_acr_values": list(wiki.default_acr_values),
    }
    if wiki.require_pkce:
        del metadata["require_nonce"]  # says nothing there
    optional = {
        "backchannel_logout_uri": wiki.backchannel_logout_uri,
        "jwks_uri": wiki.jwks_uri,
        "token_endpoint_auth_signing_alg": wiki.assertion_alg,
        "policy_uri": wiki.policy_uri,
    }
    return metadata | {name: value for name, value in optional.items() if value is not None}
