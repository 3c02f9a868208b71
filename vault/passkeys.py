"""One's own passkeys, and proving one (WebAuthn Level 3).

The ceremony is the caller's: it passes what it verified, and the vault records that web vouches for
it. What makes a public key somebody's is the MAC over its row, under ``PASSKEY_KEYS``, which the
database does not have.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.attempts import Attempt, fresh_secret, heard, new_secret, secret_hash
from vault.errors import VaultRefused
from vault.events import Origin, report_row
from vault.keys import KeyRing
from vault.names import is_named
from vault.seals import Field, is_ours, mac
from vault.sessions import Session

Added = Literal["added", "exists", "full", "gone", "weak"]
Removed = Literal["removed", "unknown", "gone", "weak", "last"]
Renamed = Literal["renamed", "unknown", "gone"]
Purpose = Literal["sign_in", "reauthenticate", "operator", "recover"]
Kind = Literal["web", "operator"]


@dataclass(frozen=True)
class NewPasskey:
    """What a registration ceremony has verified (WebAuthn section 7.1).

    ``is_synced`` is its backup eligibility, ``backed_up`` its state then; ``knows_user`` says that
    it has verified its user.
    """

    credential_id: bytes
    user_handle: bytes
    public_key: bytes
    aaguid: UUID
    is_synced: bool
    backed_up: bool
    transports: tuple[str, ...]
    sign_count: int
    knows_user: bool = False


@dataclass(frozen=True)
class Passkey:
    """A passkey whose row is ours: what a signature is verified with (WebAuthn section 7.2)."""

    credential_id: bytes
    account_id: UUID
    user_handle: bytes
    public_key: bytes
    aaguid: UUID
    is_synced: bool
    sign_count: int
    kind: Kind = "web"


@dataclass(frozen=True)
class Offered:
    """A passkey that a browser may present."""

    credential_id: bytes
    transports: tuple[str, ...]


@dataclass(frozen=True)
class OwnPasskey:
    """One of a person's own passkeys, for their page and for what a new registration excludes."""

    credential_id: bytes
    user_handle: bytes
    transports: tuple[str, ...]
    name: str
    aaguid: UUID
    is_synced: bool
    backed_up: bool
    knows_user: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class Verdict:
    """The vault's answer to a verified signature.

    ``right`` comes with an attempt, opened or as it is now, and all its ``proofs``. ``counter``
    means that the signature's counter went back: perhaps a copy. ``unknown`` means that the passkey
    was removed meanwhile, or its row is not ours; ``gone`` that the attempt or session was.
    """

    status: Literal["right", "counter", "locked", "closed", "unknown", "gone"]
    attempt: Attempt | None = None
    proofs: tuple[str, ...] = field(default=())


def passkey_fields(row: Mapping[str, Any]) -> tuple[Field, ...]:
    """What the MAC of a passkey covers, in order: all that never changes.

    Whose site it is of stands at the end, and only where it is not the public one: rows of before
    are all of that.
    """
    kind: Kind = row["kind"]
    return (
        row["credential_id"],
        row["account_id"],
        row["user_handle"],
        row["public_key"],
        row["aaguid"],
        int(row["is_synced"]),
        *(() if kind == "web" else (kind,)),
    )


def new_passkey_parameters(
    passkey: NewPasskey, account_id: UUID, name: str, kind: Kind = "web"
) -> dict[str, Any]:
    """The arguments that every storing function takes, the MAC among them."""
    ring: KeyRing = settings.PASSKEY_KEYS
    given = {**vars(passkey), "account_id": account_id, "kind": kind}
    return {
        **vars(passkey),
        "transports": list(passkey.transports),
        "name": name,
        "mac": mac(ring, ring.active_id, "passkey", *passkey_fields(given)),
        "mac_key": ring.active_id,
    }


def find(credential_id: bytes) -> Passkey | None:
    """The passkey that a browser presented; None for one unknown or, reported, not ours."""
    row = connection.find_row(
        "SELECT * FROM api.find_passkey_v1(%(credential)s)", {"credential": credential_id}
    )
    if row is None:
        return None
    given, key = row.pop("mac"), row.pop("mac_key")
    if not is_ours(given, settings.PASSKEY_KEYS, key, "passkey", *passkey_fields(row)):
        report_row("passkey", _name_of(credential_id))
        return None
    return Passkey(**row)


def _name_of(credential_id: bytes) -> str:
    """How events name a passkey: by the digest of its id."""
    return secret_hash(credential_id).hex()


def offer(attempt: Attempt) -> list[Offered]:
    """Which passkeys a browser may present within an attempt, the oldest first."""
    return [
        Offered(row["credential_id"], tuple(row["transports"]))
        for row in connection.rows(
            "SELECT * FROM api.offer_passkeys_v1(%(attempt)s)", {"attempt": attempt.secret}
        )
    ]


def own_passkeys(session: Session) -> list[OwnPasskey]:
    """The passkeys of this session's person, the oldest first."""
    return [
        OwnPasskey(**{**row, "transports": tuple(row["transports"])})
        for row in connection.rows(
            "SELECT * FROM api.list_passkeys_v1(%(session)s)", {"session": session.secret}
        )
    ]


def add(
    session: Session,
    attempt: Attempt,
    passkey: NewPasskey,
    *,
    name: str,
    language: str,
    origin: Origin,
    ends_others: bool = True,
) -> Added:
    """Adds a passkey by fresh proof; ends the person's other sessions, unless told not to.

    ``weak`` means that the attempt lacks a second factor which the account holds. Raises
    ``VaultUnavailable``.
    """
    status: Added = connection.row(
        "SELECT api.add_passkey_v1(%(session)s, %(attempt)s, %(credential_id)s, %(user_handle)s,"
        " %(public_key)s, %(aaguid)s, %(is_synced)s, %(backed_up)s, %(transports)s, %(name)s,"
        " %(sign_count)s, %(mac)s, %(mac_key)s, %(language)s, %(network)s, %(agent)s,"
        " %(knows_user)s, %(ends_others)s) AS status",
        {
            **new_passkey_parameters(passkey, session.account_id, name),
            "ends_others": ends_others,
            "session": session.secret,
            "attempt": fresh_secret(attempt, session.account_id),
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status not in get_args(Added):
        raise VaultRefused("add_passkey", status)
    return status


def rename(session: Session, credential_id: bytes, name: str) -> Renamed:
    """Gives one of one's own passkeys another name."""
    status: Renamed = connection.row(
        "SELECT api.rename_passkey_v1(%(session)s, %(credential)s, %(name)s) AS status",
        {"session": session.secret, "credential": credential_id, "name": name},
    )["status"]
    if status not in get_args(Renamed):
        raise VaultRefused("rename_passkey", status)
    return status


def remove(
    session: Session, attempt: Attempt, credential_id: bytes, *, language: str, origin: Origin
) -> Removed:
    """Takes one of one's own passkeys away, by fresh proof.

    ``last`` means that without it nobody could sign in to the account any more.
    """
    status: Removed = connection.row(
        "SELECT api.remove_passkey_v1(%(session)s, %(attempt)s, %(credential)s, %(language)s,"
        " %(network)s, %(agent)s) AS status",
        {
            "session": session.secret,
            "attempt": fresh_secret(attempt, session.account_id),
            "credential": credential_id,
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status not in get_args(Removed):
        raise VaultRefused("remove_passkey", status)
    return status


def prove(
    passkey: Passkey,
    *,
    sign_count: int,
    backed_up: bool,
    user_verified: bool,
    purpose: Purpose,
    origin: Origin,
    attempt: Attempt | None = None,
    session_secret: bytes | None = None,
) -> Verdict:
    """Records that a signature of this passkey was verified, with what the authenticator said.

    With ``attempt``, one of that account and purpose, the proof is added to it; otherwise it opens
    one. ``session_secret`` is needed to ``reauthenticate``, an attempt to ``recover``. Raises
    ``VaultUnavailable``.
    """
    # The row of an attempt could be turned over to another account: here it is known whose it was.
    if attempt is not None and attempt.account_id != passkey.account_id:
        return Verdict("gone")
    secret = new_secret() if attempt is None else attempt.secret
    row = connection.row(
        "SELECT * FROM api.prove_passkey_v1(%(credential)s, %(sign_count)s, %(backed_up)s,"
        " %(user_verified)s, %(purpose)s, %(attempt)s, %(attempt_hash)s, %(session)s, %(network)s,"
        " %(agent)s)",
        {
            "credential": passkey.credential_id,
            "sign_count": sign_count,
            "backed_up": backed_up,
            "user_verified": user_verified,
            "purpose": purpose,
            "attempt": None if attempt is None else secret,
            "attempt_hash": secret_hash(secret) if attempt is None else None,
            "session": session_secret,
            "network": origin.network,
            "agent": origin.agent,
        },
    )
    status = row["status"]
    if status in ("counter", "locked", "closed", "unknown", "gone"):
        return Verdict(status)
    if status != "right":
        raise VaultRefused("prove_passkey", status)
    # The row may have been moved to another account since it was found.
    if row["account_id"] != passkey.account_id:
        report_row("passkey", _name_of(passkey.credential_id))
        return Verdict("unknown")
    # The operator's process shows names and decides nothing by them: it has no key to check one.
    if purpose != "operator" and not is_named(row):
        return Verdict("unknown")
    kind = "swk" if passkey.is_synced else "hwk"
    proofs = heard(attempt, kind, *(("uv",) if user_verified else ()))
    proven = Attempt.from_row(secret, purpose, row, proofs)
    if attempt is not None:
        proven = replace(proven, auth_time=attempt.auth_time)
    return Verdict("right", attempt=proven, proofs=proofs)
