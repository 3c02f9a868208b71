"""Refresh tokens (RFC 6749 section 6): rotated at each use, never beyond their session.

A token is ``<grant's id>.<secret>``. Its row's MAC covers its digest and the grant: one that a
database writer made or moved is refused and reported. Each is made out of the one before, under a
key that is not in the database, so that a wiki whose answer was lost gets the same one again.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.attempts import new_secret, secret_hash
from vault.errors import VaultRefused
from vault.events import report_row
from vault.grants import Claims, Redeemed, describe
from vault.keys import KeyRing
from vault.seals import is_ours, mac
from vault.sessions import stands_behind
from vault.wikis import Wiki

Refusal = Literal["unknown", "other_wiki", "replayed", "expired", "dead"]

_FORM: Final = re.compile(r"([0-9a-f]{32})\.([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token as its wiki gets it."""

    text: str = field(repr=False)


@dataclass(frozen=True)
class Rotated:
    """What a refresh token was swapped for: its successor, and whom the new tokens name."""

    token: RefreshToken
    redeemed: Redeemed


def encode(grant_id: UUID, secret: bytes) -> str:
    """A token as its wiki gets it."""
    return f"{grant_id.hex}.{base64.urlsafe_b64encode(secret).rstrip(b'=').decode()}"


def decode(text: str) -> tuple[UUID, bytes] | None:
    """Grant and secret of such a text, or None where it can be none."""
    parts = _FORM.fullmatch(text)
    if parts is None:
        return None
    try:
        secret = base64.b64decode(parts[2] + "=", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    return UUID(hex=parts[1]), secret


def _parameters(grant_id: UUID, secret: bytes) -> dict[str, object]:
    """What is stored of a new token: digest, MAC, and the id of its key."""
    ring: KeyRing = settings.SESSION_KEYS
    digest = secret_hash(secret)
    vouched = mac(ring, ring.active_id, "refresh-token", digest, grant_id)
    return {"grant": grant_id, "hash": digest, "mac": vouched, "mac_key": ring.active_id}


def issue(grant_id: UUID) -> RefreshToken | Literal["exists", "dead"]:
    """The first refresh token of a grant whose code was just redeemed.

    ``dead``: the grant is, or it was not asked for ``offline_access``; ``exists``: it has had one.
    One statement. Raises ``VaultUnavailable``.
    """
    secret = new_secret()
    status = connection.row(
        "SELECT api.issue_refresh_token_v1(%(grant)s, %(hash)s, %(mac)s, %(mac_key)s) AS status",
        _parameters(grant_id, secret),
    )["status"]
    if status == "issued":
        return RefreshToken(encode(grant_id, secret))
    if status not in ("exists", "dead"):
        raise VaultRefused("issue_refresh_token", status)
    refusal: Literal["exists", "dead"] = status
    return refusal


def rotate(text: str, wiki: Wiki) -> Rotated | Refusal:
    """Spends a refresh token for its successor: the same one however often it is raced.

    Asked for again within a minute, while the successor is unused, it is given again: the answer
    may have been lost. ``replayed``: it was used before, and all that came from its grant is
    revoked; ``other_wiki``: it is left alone; ``dead``: its session, grant or wiki is. A row that
    is not ours is ``unknown`` where it is the token's, ``dead`` where it stands behind it. Two
    statements. Raises ``VaultUnavailable``.
    """
    decoded = decode(text)
    if decoded is None:
        return "unknown"
    grant_id, secret = decoded
    ring: KeyRing = settings.SESSION_KEYS
    successor = mac(ring, ring.active_id, "refresh-successor", secret, grant_id)
    row = connection.row(
        "SELECT * FROM api.rotate_refresh_token_v1(%(token)s, %(grant)s, %(client_id)s, %(hash)s,"
        " %(mac)s, %(mac_key)s)",
        {"token": secret, "client_id": wiki.client_id, **_parameters(grant_id, successor)},
    )
    status = row["status"]
    if status in ("unknown", "other_wiki", "replayed", "expired", "dead"):
        refusal: Refusal = status
        return refusal
    if status != "rotated":
        raise VaultRefused("rotate_refresh_token", status)
    fields = (secret_hash(secret), grant_id)
    if not is_ours(row["token_mac"], ring, row["token_mac_key"], "refresh-token", *fields):
        report_row("refresh_token", grant_id)
        return "unknown"
    described = describe(grant_id)
    if described is None or not stands_behind(row):
        return "dead"
    client_id, claims = described
    if client_id != wiki.client_id or claims.account_id != row["account_id"]:
        return "dead"
    return Rotated(
        token=RefreshToken(encode(grant_id, successor)),
        redeemed=Redeemed(
            grant_id=grant_id,
            sid=row["sid"],
            claims=claims,
            nonce=None,
            amr=tuple(row["amr"]),
            auth_time=row["authenticated_at"],
            session_expires_at=row["expires_at"],
            epoch=(row["site_epoch"], row["account_epoch"]),
        ),
    )


def find(text: str, wiki: Wiki) -> tuple[Claims, int] | None:
    """What a live refresh token of a wiki stands for, and when it ends (seconds since 1970).

    None for everything else: spent, over, dead, another wiki's, or not ours. Spends nothing. Two
    statements. Raises ``VaultUnavailable``.
    """
    decoded = decode(text)
    if decoded is None:
        return None
    grant_id, secret = decoded
    row = connection.find_row(
        "SELECT * FROM api.find_refresh_token_v1(%(token)s, %(grant)s, %(client_id)s)",
        {"token": secret, "grant": grant_id, "client_id": wiki.client_id},
    )
    if row is None:
        return None
    ring: KeyRing = settings.SESSION_KEYS
    fields = (secret_hash(secret), grant_id)
    if not is_ours(row["token_mac"], ring, row["token_mac_key"], "refresh-token", *fields):
        report_row("refresh_token", grant_id)
        return None
    described = describe(grant_id)
    if described is None or described[0] != wiki.client_id:
        return None
    return described[1], row["expires_at"]


def revoke(grant_id: UUID, wiki: Wiki, *, token: bytes | None = None) -> bool:
    """Revokes a grant of a wiki's and all that came from it; False where it is none of its.

    ``token`` is a refresh token's secret, which then has to be one of the grant's. One statement.
    Raises ``VaultUnavailable``.
    """
    status = connection.row(
        "SELECT api.revoke_grant_v1(%(grant)s, %(client_id)s, %(token)s) AS status",
        {"grant": grant_id, "client_id": wiki.client_id, "token": token},
    )["status"]
    return bool(status in ("revoked", "already"))
