"""Mailed tokens as the worker has them: made from their row's id by a key that it alone holds.

Twice: 256 bits for a link, and 80 for a code that can be typed.

Until its letter is written there is no token, and nothing to redeem. A letter that is sent again
carries the same one, whatever key is the active one by then.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from django.conf import settings

from vault import codes, connection
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
    """A token for the letter that carries it, and whose account it is for.

    The name is for the reader's eyes alone: the worker has no key that vouches for it.
    """

    secret: bytes = field(repr=False)
    code: str = field(repr=False)
    purpose: Purpose
    account_id: UUID
    username: str


def arm(token_id: UUID, *, address: str) -> ArmedToken | Literal["dead", "refused"]:
    """Makes a token redeemable and gives it, for a letter to that address.

    A resend gets the same one, made by the key that armed it. ``dead``: nobody can use it any more;
    ``refused``: the row is not ours, or has another address, which is reported. Worker only. Raises
    ``KeyUnknown`` where the ring lacks that key, ``VaultUnavailable``.
    """
    for _ in range(2):  # another worker may arm it in between
        row = connection.find_row("SELECT * FROM api.token_to_arm_v1(%(id)s)", {"id": token_id})
        if row is None or row["purpose"] not in OLDEST_SECONDS:
            return "dead"
        if row["token_hash"] is not None and not is_armed_by_us(row):
            return "refused"
        if row["status"] != "live":
            return "dead"
        armed = _armed_before(row, address) if row["token_hash"] else _armed_now(row, address)
        if armed != "moved":
            return armed
    raise VaultRefused("arm_token", "moved")


def _armed_before(row: Mapping[str, Any], address: str) -> ArmedToken | Literal["refused"]:
    secret, code = _secrets(row, row["token_key"])
    is_same = hmac.compare_digest(secret_hash(secret), row["token_hash"]) and (
        hmac.compare_digest(secret_hash(code), row["code_hash"] or b"")
    )
    if mailed_address(row) != address or not is_same:
        report_row("mailed_token", row["id"])
        return "refused"
    return _armed(row, secret, code)


def _secrets(row: Mapping[str, Any], key_id: str) -> tuple[bytes, bytes]:
    """What stands in the link, and what the code spells."""
    ring: KeyRing = settings.MAIL_KEYS
    code = mac(ring, key_id, "token-code", row["id"])
    return mac(ring, key_id, "token", row["id"]), code[: codes.CODE_BYTES]


def _armed(row: Mapping[str, Any], secret: bytes, code: bytes) -> ArmedToken:
    return ArmedToken(
        secret, codes.spelled(code), row["purpose"], row["account_id"], row["username"]
    )


def _armed_now(
    row: Mapping[str, Any], address: str
) -> ArmedToken | Literal["dead", "refused", "moved"]:
    if read_address(row["account_id"], row) not in _mailable(row["purpose"], address):
        report_row("mailed_token", row["id"])
        return "refused"
    key_id = settings.MAIL_KEYS.active_id
    ring: KeyRing = settings.ADDRESS_KEYS
    secret, code = _secrets(row, key_id)
    token_hash, code_hash = secret_hash(secret), secret_hash(code)
    fields = token_fields(row, token_hash, code_hash)
    status = connection.row(
        "SELECT api.arm_token_v1(%(id)s, %(token_hash)s, %(code_hash)s, %(token_key)s, %(mac)s,"
        " %(mac_key)s, %(mailed_to)s) AS status",
        {
            "id": row["id"],
            "token_hash": token_hash,
            "code_hash": code_hash,
            "token_key": key_id,
            "mac": mac(ring, ring.active_id, "mailed-token", *fields),
            "mac_key": ring.active_id,
            "mailed_to": mac(ring, ring.active_id, "mailed-to", row["id"], address),
        },
    )["status"]
    if status == "armed":
        return _armed(row, secret, code)
    if status not in ("dead", "moved"):
        raise VaultRefused("arm_token", status)
    refusal: Literal["dead", "moved"] = status
    return refusal


def _mailable(purpose: Purpose, address: str) -> tuple[tuple[str, bool], ...]:
    """What the token's address may be: the letter's, and confirmed but for its confirmation."""
    return ((address, True), (address, False)) if purpose == "confirm" else ((address, True),)
