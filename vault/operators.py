"""Operators: who may act in an emergency. The vault alone says so, under a MAC."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.attempts import Attempt
from vault.errors import FactorMissing, VaultRefused
from vault.events import Origin, report_row
from vault.seals import is_ours, mac
from vault.sessions import Session, checked, open_session

Level = Literal["looker", "locker", "chief"]
LEVELS: tuple[Level, ...] = ("looker", "locker", "chief")


@dataclass(frozen=True)
class Operator:
    """An operator who is signed in to the operator's site."""

    session: Session
    level: Level

    def reaches(self, least: Level) -> bool:
        """Whether this operator's level is ``least`` or above."""
        return LEVELS.index(self.level) >= LEVELS.index(least)


def operator_fields(row: Mapping[str, Any]) -> tuple[UUID, str, int]:
    """What the MAC of an operator covers, in order."""
    return row["account_id"], row["level"], row["granted_at"]


def grant(account_id: UUID, level: Level) -> None:
    """Makes an account an operator. Owner only."""
    granted_at = int(time.time())
    fields = operator_fields({"account_id": account_id, "level": level, "granted_at": granted_at})
    ring = settings.OPERATOR_KEYS
    row = connection.row(
        "SELECT api.grant_operator_v1(%(account)s, %(level)s, %(at)s, %(mac)s, %(key)s) AS status",
        {
            "account": account_id,
            "level": level,
            "at": granted_at,
            "mac": mac(ring, ring.active_id, "operator", *fields),
            "key": ring.active_id,
        },
    )
    if row["status"] != "granted":
        raise VaultRefused("grant_operator", row["status"])


def _is_genuine(row: Mapping[str, Any], mac_value: bytes, mac_key: str) -> bool:
    """Whether an operator's row has a MAC of ours; reported where it has not."""
    fields = operator_fields(row)
    genuine = is_ours(mac_value, settings.OPERATOR_KEYS, mac_key, "operator", *fields)
    if not genuine:
        report_row("operator", row["account_id"])
    return genuine


def is_operator(account_id: UUID) -> bool:
    """Whether the account is an operator whose row is ours."""
    row = connection.find_row(
        "SELECT * FROM api.find_operator_v1(%(account)s)", {"account": account_id}
    )
    return row is not None and _is_genuine(row, row["mac"], row["mac_key"])


def sign_in(attempt: Attempt, *, agent_label: str, origin: Origin) -> Session | None:
    """Opens an operator's session from a proven attempt; None for everybody who is none.

    Raises ``FactorMissing`` for anything but a passkey that knew its user.
    """
    if not is_operator(attempt.account_id):
        return None
    return open_session(
        attempt, kind="operator", kept=False, agent_label=agent_label, origin=origin
    )


def resume(secret: bytes) -> Operator | None:
    """The operator of this live session, or None. One statement; raises ``VaultUnavailable``."""
    row = connection.find_row(
        "SELECT * FROM api.resume_operator_session_v1(%(secret)s)", {"secret": secret}
    )
    session = checked(secret, "operator", row)
    if session is None or row is None:
        return None
    if not _is_genuine(row, row["operator_mac"], row["operator_mac_key"]):
        return None
    return Operator(session=session, level=row["level"])


def prove(session: Session, attempt: Attempt) -> bool:
    """Notes in an operator's session that they have just shown their passkey.

    One lockout may follow within five minutes, which uses that up, as this does the attempt. False
    when either is gone. Raises ``FactorMissing`` for anything but a passkey that knew its user.
    """
    status = connection.row(
        "SELECT api.prove_operator_v1(%(session)s, %(attempt)s) AS status",
        {"session": session.secret, "attempt": attempt.secret},
    )["status"]
    if status == "unfinished":
        raise FactorMissing
    if status not in ("proven", "gone"):
        raise VaultRefused("prove_operator", status)
    return bool(status == "proven")


def sign_out(session: Session, origin: Origin) -> None:
    """Ends the operator's session."""
    connection.execute(
        "SELECT api.end_operator_session_v1(%(secret)s, %(network)s, %(agent)s)",
        {"secret": session.secret, "network": origin.network, "agent": origin.agent},
    )
