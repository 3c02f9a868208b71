"""Operators' own passkeys: the links by which they are enrolled, and one's own of them.

A link is made at the console (owner) and used at the operator's site. What makes it ours is the MAC
over its row, under ``OPERATOR_KEYS``, which the database does not have; the passkey's own row has
one as every passkey has (``vault.passkeys``).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, get_args
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.attempts import new_secret, secret_hash
from vault.errors import VaultRefused
from vault.events import Origin, report_row
from vault.keys import KeyRing
from vault.lockouts import Outcome
from vault.passkeys import NewPasskey, new_passkey_parameters
from vault.seals import Field, is_ours, mac
from vault.sessions import Session

# As the vault's policy has it.
INVITE_SECONDS: Final = 3 * 86400

Enrolled = Literal["enrolled", "gone", "full", "exists"]


@dataclass(frozen=True)
class Invite:
    """A link that is open: whose, until when, and which passkeys they have enrolled before."""

    token: bytes = field(repr=False)
    account_id: UUID
    username: str
    expires_at: int
    user_handle: bytes | None
    held: tuple[bytes, ...]


@dataclass(frozen=True)
class OperatorPasskey:
    """One of an operator's own passkeys."""

    credential_id: bytes
    transports: tuple[str, ...]
    name: str
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None


def invite_fields(row: Mapping[str, Any]) -> tuple[Field, ...]:
    """What the MAC of a link covers, in order."""
    return row["token_hash"], row["account_id"], row["expires_at"]


def invite(account_id: UUID) -> bytes | None:
    """The token of a new link for an operator; None for who is none, or is locked. Owner only.

    Links that they had before are void. Raises ``VaultUnavailable``.
    """
    token = new_secret()
    ring: KeyRing = settings.OPERATOR_KEYS
    row: dict[str, Any] = {
        "token_hash": secret_hash(token),
        "account_id": account_id,
        "expires_at": int(time.time()) + INVITE_SECONDS,
    }
    status = connection.row(
        "SELECT api.invite_operator_v1(%(account_id)s, %(token_hash)s, %(expires_at)s, %(mac)s,"
        " %(key)s) AS status",
        {
            **row,
            "mac": mac(ring, ring.active_id, "operator-invite", *invite_fields(row)),
            "key": ring.active_id,
        },
    )["status"]
    if status == "unknown":
        return None
    if status != "invited":
        raise VaultRefused("invite_operator", status)
    return token


def find_invite(token: bytes) -> Invite | None:
    """The link of this token while it is open; None else, and, reported, for a row not ours."""
    row = connection.find_row(
        "SELECT * FROM api.find_operator_invite_v1(%(token)s)", {"token": token}
    )
    if row is None:
        return None
    fields = invite_fields(row)
    if not is_ours(row["mac"], settings.OPERATOR_KEYS, row["mac_key"], "operator-invite", *fields):
        report_row("operator_invite", row["account_id"])
        return None
    return Invite(
        token=token,
        account_id=row["account_id"],
        username=row["username"],
        expires_at=row["expires_at"],
        user_handle=row["user_handle"],
        held=tuple(row["held"]),
    )


def enrol(found: Invite, passkey: NewPasskey, *, name: str, origin: Origin) -> Enrolled:
    """Uses a link up for the passkey that was made by it: both, or neither.

    ``gone`` means that the link was used or became void meanwhile. Raises ``VaultUnavailable``.
    """
    parameters = new_passkey_parameters(passkey, found.account_id, name, kind="operator")
    status: Enrolled = connection.row(
        "SELECT api.enrol_operator_passkey_v1(%(token)s, %(account)s, %(expires_at)s,"
        " %(credential_id)s, %(user_handle)s, %(public_key)s, %(aaguid)s, %(is_synced)s,"
        " %(backed_up)s, %(transports)s, %(name)s, %(sign_count)s, %(mac)s, %(mac_key)s,"
        " %(network)s, %(agent)s) AS status",
        {
            **parameters,
            "token": found.token,
            "account": found.account_id,
            "expires_at": found.expires_at,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status not in get_args(Enrolled):
        raise VaultRefused("enrol_operator_passkey", status)
    return status


def own(session: Session) -> list[OperatorPasskey]:
    """The passkeys of this operator's session, the oldest first."""
    return [
        OperatorPasskey(**{**row, "transports": tuple(row["transports"])})
        for row in connection.rows(
            "SELECT * FROM api.list_operator_passkeys_v1(%(session)s)", {"session": session.secret}
        )
    ]


def remove(session: Session, credential_id: bytes, reason: str) -> Outcome:
    """Takes one of an operator's own passkeys away, by fresh proof, and ends their other sessions.

    ``removed``, ``unknown``, ``last`` (nothing else lets them in), ``unproven``, ``forbidden``.
    """
    row = connection.row(
        "SELECT api.remove_operator_passkey_v1(%(session)s, %(credential)s, %(reason)s) AS status",
        {"session": session.secret, "credential": credential_id, "reason": reason},
    )
    return Outcome(row["status"])
