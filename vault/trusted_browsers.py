"""Browsers that their owner trusts for a while: no code of an app is asked for there.

Trust is no factor: what it spares is missing from ``amr``. It is a row of a known device under a
MAC that the database has no key for, so that a writer of rows cannot trust a browser of its own.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, get_args
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.attempts import Attempt, heard, secret_hash
from vault.errors import VaultRefused
from vault.events import Origin, report_row
from vault.keys import KeyRing
from vault.seals import Field, is_ours, mac
from vault.sessions import Session

Trusted = Literal["trusted", "gone", "weak"]
Distrusted = Literal["distrusted", "unknown", "gone"]


@dataclass(frozen=True)
class TrustedBrowser:
    """One of a person's own trusted browsers, as their page shows it."""

    id: UUID
    label: str
    is_current: bool
    trusted_at: datetime
    trusted_until: datetime
    last_used_at: datetime


def trust_fields(account_id: UUID, device: bytes, until: int) -> tuple[Field, ...]:
    """What the MAC of a trusted browser covers, in order; ``device`` is its secret's SHA-256."""
    return account_id, device, until


def trust(session: Session, *, days: int, label: str, origin: Origin) -> Trusted:
    """Trusts the browser of this session for so many days.

    ``weak`` means that the session has not just shown a second factor, ``gone`` that it or the
    browser's being known has ended. Raises ``VaultUnavailable``.
    """
    if origin.device is None:
        return "gone"
    ring: KeyRing = settings.CREDENTIAL_KEYS
    until = int(time.time()) + days * 86400
    fields = trust_fields(session.account_id, secret_hash(origin.device), until)
    status: Trusted = connection.row(
        "SELECT api.trust_browser_v1(%(session)s, %(device)s, %(until)s, %(label)s, %(mac)s,"
        " %(mac_key)s, %(network)s, %(agent)s) AS status",
        {
            "session": session.secret,
            "device": origin.device,
            "until": until,
            "label": label[:100],
            "mac": mac(ring, ring.active_id, "trusted-browser", *fields),
            "mac_key": ring.active_id,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status not in get_args(Trusted):
        raise VaultRefused("trust_browser", status)
    return status


def spare_code(attempt: Attempt, origin: Origin) -> Attempt | None:
    """The attempt with the browser's word, where its account's owner trusts it; else None.

    Raises ``VaultUnavailable``.
    """
    if origin.device is None:
        return None
    row = connection.row(
        "SELECT * FROM api.spare_code_v1(%(attempt)s, %(device)s, %(network)s, %(agent)s)",
        {
            "attempt": attempt.secret,
            "device": origin.device,
            "network": origin.network,
            "agent": origin.agent,
        },
    )
    status = row["status"]
    if status not in ("spared", "unknown", "gone"):
        raise VaultRefused("spare_code", status)
    if status != "spared" or not _is_genuine(row, attempt, origin.device):
        return None
    return replace(attempt, proofs=heard(attempt, "browser"))


def _is_genuine(row: Mapping[str, Any], attempt: Attempt, device: bytes) -> bool:
    """Whether it was this account's owner who trusted this browser; reported where it was not."""
    fields = trust_fields(attempt.account_id, secret_hash(device), row["trusted_until"])
    genuine = (
        row["account_id"] == attempt.account_id
        and row["trusted_until"] > time.time() - 120
        and is_ours(
            row["mac"], settings.CREDENTIAL_KEYS, row["mac_key"], "trusted-browser", *fields
        )
    )
    if not genuine:
        report_row("trusted_browser", attempt.account_id)
    return genuine


def own_trusted_browsers(session: Session, origin: Origin) -> list[TrustedBrowser]:
    """The browsers that this session's person trusts, this one first."""
    return [
        TrustedBrowser(
            **{**row, "trusted_until": datetime.fromtimestamp(row["trusted_until"], tz=UTC)}
        )
        for row in connection.rows(
            "SELECT * FROM api.list_trusted_browsers_v1(%(session)s, %(device)s)",
            {"session": session.secret, "device": origin.device},
        )
    ]


def distrust(session: Session, browser: UUID | None, *, origin: Origin) -> Distrusted:
    """Trusts one of one's own browsers no more, or, with None, none of them."""
    status: Distrusted = connection.row(
        "SELECT api.distrust_browser_v1(%(session)s, %(browser)s, %(network)s, %(agent)s)"
        " AS status",
        {
            "session": session.secret,
            "browser": browser,
            "network": origin.network,
            "agent": origin.agent,
        },
    )["status"]
    if status not in get_args(Distrusted):
        raise VaultRefused("distrust_browser", status)
    return status


def is_passkey_to_be_offered(session: Session, origin: Origin) -> bool:
    """Whether a passkey is to be offered in this browser: true once an account and browser."""
    return bool(
        connection.row(
            "SELECT api.offer_passkey_v1(%(session)s, %(device)s) AS offer",
            {"session": session.secret, "device": origin.device},
        )["offer"]
    )
