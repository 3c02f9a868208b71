"""Mailed tokens as the worker has them: made from their row's id by a key that it alone holds.

Until its letter is written there is no token, and nothing to redeem. A letter that is sent again
carries the same one, whatever key is the active one by then.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.attempts import secret_hash
from vault.email_addresses import read_address
from vault.errors import VaultRefused
from vault.events import report_row
from vault.keys import KeyRing
from vault.mailed_tokens import (
    OLDEST_SECONDS,
    Purpose,
    is_armed_by_us,
    mailed_address,
    token_fields,
)
from vault.seals import mac


@dataclass(frozen=True)
class ArmedToken:
    """A token for the letter that carries it."""

    secret: bytes = field(repr=False)
    purpose: Purpose


def arm(
    token_id: UUID, *, account_id: UUID, address: str
) -> ArmedToken | Literal["dead", "refused"]:
    """Makes a token redeemable and gives it, for a letter to that account and address.

    A resend gets the same one, made by the key that armed it. ``dead``: nobody can use it any more;
    ``refused``: the row or the letter's is not ours, which is reported. Worker only. Raises
    ``KeyUnknown`` where the ring lacks that key, ``VaultUnavailable``.
    """
    for _ in range(2):  # another worker may arm it in between
        row = connection.find_row("SELECT * FROM api.token_to_arm_v1(%(id)s)", {"id": token_id})
        if row is None or row["purpose"] not in OLDEST_SECONDS:
            return "dead"
        if row["token_hash"] is not None and not is_armed_by_us(row, row["token_hash"]):
            return "refused"
        if row["account_id"] != account_id:
            report_row("mailed_token", token_id)
            return "refused"
        if row["status"] != "live":
            return "dead"
        armed = _armed_before(row, address) if row["token_hash"] else _armed_now(row, address)
        if armed != "moved":
            return armed
    raise VaultRefused("arm_token", "moved")


def _armed_before(row: Mapping[str, Any], address: str) -> ArmedToken | Literal["refused"]:
    secret = mac(settings.MAIL_KEYS, row["token_key"], "token", row["id"])
    if mailed_address(row) != address or not hmac.compare_digest(
        secret_hash(secret), row["token_hash"]
    ):
        report_row("mailed_token", row["id"])
        return "refused"
    return ArmedToken(secret, row["purpose"])


def _armed_now(
    row: Mapping[str, Any], address: str
) -> ArmedToken | Literal["dead", "refused", "moved"]:
    if read_address(row["account_id"], row) not in _mailable(row["purpose"], address):
        report_row("mailed_token", row["id"])
        return "refused"
    mail_ring: KeyRing = settings.MAIL_KEYS
    ring: KeyRing = settings.ADDRESS_KEYS
    secret = mac(mail_ring, mail_ring.active_id, "token", row["id"])
    fields = token_fields(row, secret_hash(secret))
    status = connection.row(
        "SELECT api.arm_token_v1(%(id)s, %(token_hash)s, %(token_key)s, %(mac)s, %(mac_key)s,"
        " %(mailed_to)s) AS status",
        {
            "id": row["id"],
            "token_hash": secret_hash(secret),
            "token_key": mail_ring.active_id,
            "mac": mac(ring, ring.active_id, "mailed-token", *fields),
            "mac_key": ring.active_id,
            "mailed_to": mac(ring, ring.active_id, "mailed-to", row["id"], address),
        },
    )["status"]
    if status == "armed":
        return ArmedToken(secret, row["purpose"])
    if status not in ("dead", "moved"):
        raise VaultRefused("arm_token", status)
    refusal: Literal["dead", "moved"] = status
    return refusal


def _mailable(purpose: Purpose, address: str) -> tuple[tuple[str, bool], ...]:
    """What the token's address may be: that of the letter, and a confirmed one for a reset."""
    return ((address, True),) if purpose == "reset" else ((address, True), (address, False))
