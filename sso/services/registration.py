"""Registering wikis, and changing how one is registered (RFC 7591 section 3.2, RFC 7592 2.2)."""

import json
import re
import secrets
import time
from dataclasses import replace
from typing import Any, Final

from django.conf import settings

from sso.errors import Fault, MetadataInvalid, RegistrationMoved, RegistrationRefused, WikiUnknown
from sso.services.client_metadata import as_metadata, has_secret, read_metadata
from vault import wikis
from vault.attempts import secret_hash
from vault.wikis import ByOperator, Wiki

OVERLAP_SECONDS: Final = 24 * 3600
MAX_OVERLAP_SECONDS: Final = 30 * 24 * 3600
# Of no use to a wiki that authenticates in another way.
_OF_KEYS: Final = ("jwks", "jwks_uri", "token_endpoint_auth_signing_alg")


def register_wiki(metadata: dict[str, Any], *, by: ByOperator | None = None) -> dict[str, Any]:
    """Registers a wiki and gives the registration response, with the secret that is shown once.

    ``client_metadata.py`` says what it takes; the response says what was registered; ``by`` None is
    the console. Raises ``MetadataInvalid``, and ``RegistrationRefused`` for an operator.
    """
    wiki = read_metadata(metadata, client_id="")
    wiki = replace(wiki, client_id=f"{_slug(wiki.name)}-{secrets.token_hex(4)}")
    wiki, secret = _with_new_secret(wiki) if has_secret(wiki) else (wiki, None)
    status = wikis.register(wiki, by)
    if status == "taken":
        raise MetadataInvalid(Fault("that client_id is taken; try again"))
    if status != "registered":
        raise RegistrationRefused(status)
    return _response(wiki, secret, issued_at=int(time.time()))


def registration_of(client_id: str) -> dict[str, Any]:
    """How a wiki is registered in this moment, as a registration response without a secret.

    Raises ``WikiUnknown``.
    """
    wiki, _mac = _registered(client_id, None)
    return _response(wiki, None)


def all_registrations() -> list[dict[str, Any]]:
    """Those of all wikis, by name, and the ``state`` of each besides. Owner only."""
    return [{**_response(wiki, None), "state": wiki.state} for wiki in wikis.all_registered()]


def change_wiki(
    client_id: str,
    changes: dict[str, Any],
    *,
    by: ByOperator | None = None,
    seen: bytes | None = None,
) -> dict[str, Any]:
    """Registers a wiki anew with these fields changed; gives the registration response.

    ``None`` takes a field away. Its secret stays; a new one is made, and shown, where it has none
    and needs one. Raises ``WikiUnknown``, ``MetadataInvalid``, ``RegistrationMoved`` when somebody
    else changed it in that moment, or since its MAC was the one that was ``seen``, and
    ``RegistrationRefused`` for an operator.
    """
    old, mac = _registered(client_id, by)
    if seen not in (None, mac):
        raise RegistrationMoved(client_id)
    metadata = as_metadata(old)
    if old.jwks is not None:
        metadata["jwks"] = json.loads(old.jwks)
    if "grant_types" not in changes:
        del metadata["grant_types"]  # follows from the rest
    if changes.get("jwks_uri"):
        metadata.pop("jwks", None)
    if changes.get("jwks"):
        metadata.pop("jwks_uri", None)
    if changes.get("token_endpoint_auth_method", "private_key_jwt") != "private_key_jwt":
        for field in _OF_KEYS:
            metadata.pop(field, None)
    wiki, secret = read_metadata({**metadata, **changes}, client_id=client_id), None
    if has_secret(wiki):
        wiki = replace(
            wiki,
            secret_hash=old.secret_hash,
            older_secret_hash=old.older_secret_hash,
            older_secret_ends_at=old.older_secret_ends_at,
        )
        if wiki.secret_hash is None:
            wiki, secret = _with_new_secret(wiki)
    _change(wiki, mac, by)
    return _response(wiki, secret)


def renew_secret(
    client_id: str, *, overlap_seconds: int, by: ByOperator | None = None
) -> dict[str, Any]:
    """Gives a wiki a new secret, in the registration response; the old one is good for a while.

    With an overlap of 0 the old one ends at once, and so does one that was still good before it.
    Raises ``WikiUnknown``, ``MetadataInvalid`` for a wiki without one, ``RegistrationMoved``, and
    ``RegistrationRefused`` for an operator.
    """
    if not 0 <= overlap_seconds <= MAX_OVERLAP_SECONDS:
        raise MetadataInvalid(Fault("the old secret can be good for 30 days more at most"))
    old, mac = _registered(client_id, by)
    if not has_secret(old):
        raise MetadataInvalid(Fault(f"{old.name} has no secret: {old.token_endpoint_auth_method}"))
    wiki, secret = _with_new_secret(old)
    if overlap_seconds:
        ends_at = int(time.time()) + overlap_seconds
        wiki = replace(wiki, older_secret_hash=old.secret_hash, older_secret_ends_at=ends_at)
    _change(wiki, mac, by)
    return _response(wiki, secret)


def _registered(client_id: str, by: ByOperator | None = None) -> tuple[Wiki, bytes]:
    found = wikis.registered(client_id, by.session if by else None)
    if found is None:
        raise WikiUnknown(client_id)
    return found


def _change(wiki: Wiki, mac: bytes, by: ByOperator | None) -> None:
    status = wikis.change(wiki, mac, by)
    if status == "unknown":
        raise WikiUnknown(wiki.client_id)
    if status == "moved":
        raise RegistrationMoved(wiki.client_id)
    if status != "changed":
        raise RegistrationRefused(status)


def _with_new_secret(wiki: Wiki) -> tuple[Wiki, str]:
    secret = secrets.token_urlsafe(32)
    digest = secret_hash(secret.encode())
    return (
        replace(wiki, secret_hash=digest, older_secret_hash=None, older_secret_ends_at=None),
        secret,
    )


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "wiki"


def _response(wiki: Wiki, secret: str | None, *, issued_at: int | None = None) -> dict[str, Any]:
    issued = {"client_id_issued_at": issued_at} if issued_at is not None else {}
    response = {"client_id": wiki.client_id, **issued, **as_metadata(wiki)}
    response["issuer"] = settings.ISSUER
    if wiki.jwks is not None:
        response["jwks"] = json.loads(wiki.jwks)
    if wiki.backchannel_logout_uri is not None:
        response["backchannel_logout_session_required"] = True
    if secret is not None:
        response["client_secret"] = secret
        response["client_secret_expires_at"] = 0
    if (wiki.older_secret_ends_at or 0) > time.time():
        response["older_client_secret_expires_at"] = wiki.older_secret_ends_at
    return response
