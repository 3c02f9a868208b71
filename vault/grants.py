"""What a wiki is given: authorization codes, what they are redeemed for, what userinfo may say.

A grant's row has a MAC over all that it is trusted for. One that a database writer made for
somebody's session, or gave to somebody else, is refused here and reported.
"""

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.attempts import new_secret, secret_hash
from vault.email_addresses import read_address
from vault.errors import VaultRefused
from vault.events import report_row
from vault.keys import KeyRing
from vault.names import is_named
from vault.seals import Field, is_ours, mac, optional
from vault.sessions import Session, stands_behind
from vault.wikis import Wiki


@dataclass(frozen=True)
class AuthorizationAnswer:
    """What goes back to the wiki: a code to redeem, or the grant of an assertion at once."""

    grant_id: UUID
    code: str | None


@dataclass(frozen=True)
class Claims:
    """Whom a wiki may know. ``email`` is what is stored; None where it may not be told at all.

    ``asked`` is what the wiki asked for by name, as ``userinfo.email``.
    """

    account_id: UUID
    username: str
    scopes: tuple[str, ...]
    email: str | None
    email_verified: bool
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Redeemed:
    """A redeemed code: whom it names, and what the ID token must say."""

    grant_id: UUID
    sid: UUID
    claims: Claims
    nonce: str | None
    amr: tuple[str, ...]
    auth_time: int
    session_expires_at: int
    epoch: tuple[int, int]  # the site's and the account's
    acr_values: tuple[str, ...] = ()  # what was asked for, in order of preference


IssueRefusal = Literal["no_session", "refused", "weak", "consent", "spent"]
RedeemRefusal = Literal[
    "unknown", "other_wiki", "replayed", "expired", "redirect_uri", "challenge", "dead"
]


def _mac_fields(grant: Mapping[str, Any]) -> tuple[Field, ...]:
    fields: tuple[Field, ...] = (
        grant["grant_id"],
        optional(grant["code_hash"]),
        grant["client_id"],
        grant["sid"],
        grant["account_id"],
        grant["account_epoch"],
        grant["site_epoch"],
        grant["redirect_uri"],
        optional(grant["code_challenge"]),
        optional(grant["nonce"]),
        tuple(grant["scopes"]),
    )
    levels, claims = tuple(grant["acr_values"]), tuple(grant["claims"])
    # Only where there are any: grants of before keep their MAC.
    if claims:
        return (*fields, levels, claims)
    return (*fields, levels) if levels else fields


def grant_mac(grant: Mapping[str, Any]) -> tuple[bytes, str]:
    """The MAC over all that a grant is trusted for, and the id of its key."""
    ring: KeyRing = settings.SESSION_KEYS
    return mac(ring, ring.active_id, "grant", *_mac_fields(grant)), ring.active_id


def _is_genuine(grant: Mapping[str, Any]) -> bool:
    """Whether a grant's row has a MAC of ours; reported where it has not."""
    given, key_id = grant["grant_mac"], grant["grant_mac_key"]
    genuine = is_ours(given, settings.SESSION_KEYS, key_id, "grant", *_mac_fields(grant))
    if not genuine:
        report_row("grant", grant["grant_id"])
    return genuine


def issue(
    session: Session,
    wiki: Wiki,
    *,
    response_type: Literal["code", "id_token"],
    redirect_uri: str,
    code_challenge: str | None,
    nonce: str | None,
    scopes: tuple[str, ...],
    acr_values: tuple[str, ...] = (),
    claims: tuple[str, ...] = (),
    grant_id: UUID | None = None,
) -> AuthorizationAnswer | IssueRefusal:
    """Answers an authorization request for a live session; one statement.

    ``claims`` is what was asked for by name. A ``grant_id`` that is named is good for one grant:
    ``spent``, if there is one.

    ``no_session``: it ended or was locked meanwhile; ``refused``: the wiki's registration, as the
    vault has it now, does not allow this; ``weak``: that asks for more than was proven;
    ``consent``: its owner lets the wiki, which is none of the family's own, not know as much.
    Raises ``VaultUnavailable``.
    """
    code = new_secret() if response_type == "code" else None
    grant: dict[str, Any] = {
        "grant_id": uuid.uuid4() if grant_id is None else grant_id,
        "code_hash": secret_hash(code) if code is not None else None,
        "client_id": wiki.client_id,
        "sid": session.sid,
        "account_id": session.account_id,
        "account_epoch": session.account_epoch,
        "site_epoch": session.site_epoch,
        "redirect_uri": redirect_uri,
        "code_challenge": code_challenge,
        "nonce": nonce,
        "scopes": list(scopes),
        "acr_values": list(acr_values),
        "claims": list(claims),
    }
    vouched, key = grant_mac(grant)
    row = connection.row(
        "SELECT * FROM api.issue_grant_v1(%(session)s, %(grant_id)s, %(client_id)s, %(code_hash)s,"
        " %(redirect_uri)s, %(code_challenge)s, %(nonce)s, %(scopes)s, %(sid)s, %(account_id)s,"
        " %(account_epoch)s, %(site_epoch)s, %(mac)s, %(mac_key)s, %(acr_values)s,"
        " %(claims)s)",
        {**grant, "session": session.secret, "mac": vouched, "mac_key": key},
    )
    status = row["status"]
    if status in ("no_session", "refused", "weak", "consent", "spent"):
        refusal: IssueRefusal = status
        return refusal
    if status != "issued":
        raise VaultRefused("issue_grant", status)
    encoded = base64.urlsafe_b64encode(code).rstrip(b"=").decode() if code is not None else None
    return AuthorizationAnswer(grant["grant_id"], encoded)


def _decode(code: str) -> bytes | None:
    try:
        return base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def redeem(
    code: str, wiki: Wiki, *, redirect_uri: str | None, code_challenge: str | None
) -> Redeemed | RedeemRefusal:
    """Spends a code, then judges it; one statement, one success however often it is raced.

    ``code_challenge`` is what the presented verifier hashes to, None when none was presented. A
    replay revokes what the first presentation gave. A row that is not ours is spent and gives
    nothing: ``unknown`` for the grant's own, ``dead`` for one behind it. Raises
    ``VaultUnavailable``.
    """
    secret = _decode(code)
    if secret is None or len(code) > 100:
        return "unknown"
    row = connection.row(
        "SELECT * FROM api.redeem_code_v1(%(code)s, %(client_id)s, %(redirect_uri)s,"
        " %(code_challenge)s)",
        {
            "code": secret,
            "client_id": wiki.client_id,
            "redirect_uri": redirect_uri,
            "code_challenge": code_challenge,
        },
    )
    if row["status"] != "redeemed":
        refusal: RedeemRefusal = row["status"]
        return refusal
    # What this process was shown and computed counts, not what the row says of it.
    presented = {
        "client_id": wiki.client_id,
        "code_hash": secret_hash(secret),
        "redirect_uri": redirect_uri,
        "code_challenge": code_challenge,
    }
    if not _is_genuine({**row, **presented}):
        return "unknown"
    claims = _claims(row)
    if claims is None or not stands_behind(row):
        return "dead"
    return Redeemed(
        grant_id=row["grant_id"],
        sid=row["sid"],
        claims=claims,
        nonce=row["nonce"],
        amr=tuple(row["amr"]),
        auth_time=row["authenticated_at"],
        session_expires_at=row["expires_at"],
        epoch=(row["site_epoch"], row["account_epoch"]),
        acr_values=tuple(row["acr_values"]),
    )


def _claims(row: Mapping[str, Any]) -> Claims | None:
    """What may be told of a genuine grant's account; None when its name is not ours."""
    if not is_named(row):
        return None
    email, email_verified = read_address(row["account_id"], row) or (None, False)
    return Claims(
        account_id=row["account_id"],
        username=row["username"],
        scopes=tuple(row["scopes"]),
        email=email,
        email_verified=email_verified,
        asked=tuple(row["claims"]),
    )


def describe(grant_id: UUID) -> tuple[str, Claims] | None:
    """The wiki (client id) and the claims of a live grant; None when it is dead, or not ours.

    One statement.
    """
    row = connection.find_row("SELECT * FROM api.describe_grant_v1(%(grant)s)", {"grant": grant_id})
    if row is None or not _is_genuine(row):
        return None
    claims = _claims(row)
    return (row["client_id"], claims) if claims is not None else None
