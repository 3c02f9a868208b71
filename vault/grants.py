"""What a wiki is given: authorization codes, what they are redeemed for, what userinfo may say."""

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from vault import connection
from vault.attempts import new_secret, secret_hash
from vault.errors import VaultRefused
from vault.seals import open_address
from vault.sessions import Session
from vault.wikis import Wiki


@dataclass(frozen=True)
class AuthorizationAnswer:
    """What goes back to the wiki: a code to redeem, or the grant of an assertion at once."""

    grant_id: UUID
    code: str | None


@dataclass(frozen=True)
class Claims:
    """Whom a wiki may know: claims of the scopes it was granted. ``email`` is what is stored."""

    account_id: UUID
    username: str
    scopes: tuple[str, ...]
    email: str | None
    email_verified: bool


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


IssueRefusal = Literal["no_session", "refused"]
RedeemRefusal = Literal[
    "unknown", "other_wiki", "replayed", "expired", "redirect_uri", "challenge", "dead"
]


def issue(
    session: Session,
    wiki: Wiki,
    *,
    response_type: Literal["code", "id_token"],
    redirect_uri: str,
    code_challenge: str | None,
    nonce: str | None,
    scopes: tuple[str, ...],
) -> AuthorizationAnswer | IssueRefusal:
    """Answers an authorization request for a live session; one statement.

    ``no_session``: it ended or was locked meanwhile; ``refused``: the wiki's registration, as the
    vault has it now, does not allow this. Raises ``VaultUnavailable``.
    """
    grant_id = uuid.uuid4()
    code = new_secret() if response_type == "code" else None
    row = connection.row(
        "SELECT * FROM api.issue_grant_v1(%(session)s, %(grant)s, %(client_id)s, %(code_hash)s,"
        " %(redirect_uri)s, %(code_challenge)s, %(nonce)s, %(scopes)s)",
        {
            "session": session.secret,
            "grant": grant_id,
            "client_id": wiki.client_id,
            "code_hash": secret_hash(code) if code is not None else None,
            "redirect_uri": redirect_uri,
            "code_challenge": code_challenge,
            "nonce": nonce,
            "scopes": list(scopes),
        },
    )
    status = row["status"]
    if status in ("no_session", "refused"):
        refusal: IssueRefusal = status
        return refusal
    if status != "issued":
        raise VaultRefused("issue_grant", status)
    encoded = base64.urlsafe_b64encode(code).rstrip(b"=").decode() if code is not None else None
    return AuthorizationAnswer(grant_id, encoded)


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
    replay revokes what the first presentation gave. Raises ``VaultUnavailable``.
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
    return Redeemed(
        grant_id=row["grant_id"],
        sid=row["sid"],
        claims=_claims(row),
        nonce=row["nonce"],
        amr=tuple(row["amr"]),
        auth_time=row["authenticated_at"],
        session_expires_at=row["session_expires_at"],
    )


def _claims(row: Mapping[str, Any]) -> Claims:
    sealed: bytes | None = row["sealed_address"]
    return Claims(
        account_id=row["account_id"],
        username=row["username"],
        scopes=tuple(row["scopes"]),
        email=open_address(sealed, row["account_id"]) if sealed is not None else None,
        email_verified=row["address_verified"],
    )


def describe(grant_id: UUID) -> tuple[str, Claims] | None:
    """The wiki (client id) and the claims of a live grant; None when it is dead. One statement."""
    row = connection.find_row("SELECT * FROM api.describe_grant_v1(%(grant)s)", {"grant": grant_id})
    return (row["client_id"], _claims(row)) if row is not None else None
