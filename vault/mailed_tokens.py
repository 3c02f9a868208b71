"""Mailed tokens as web has them: found when they come back; what they do is for other modules.

The worker makes a token when it writes its letter (``token_arming``), which carries it twice: in a
link, and as a code that can be typed. Its MACs say whose the token is: a row that a database writer
made, moved or changed redeems nothing, and is reported.
"""

import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

from django.conf import settings

from vault import codes, connection
from vault.attempts import secret_hash
from vault.email_addresses import read_address
from vault.events import report_row
from vault.keys import KeyRing
from vault.names import is_named
from vault.seals import Field, is_ours

Purpose = Literal["reset", "confirm", "undo", "disown"]
Refusal = Literal["unknown", "spent", "expired", "dead"]
RedeemRefusal = Literal["unknown", "spent", "expired", "dead", "other_browser"]

TOKEN_BYTES: Final = 32
IN_LINKS: Final = "token="  # what stands before it in a link's fragment
# A day for its letter to be written, and its life (vault.policy): what the row itself says of its
# end is under no MAC.
OLDEST_SECONDS: Final[dict[Purpose, int]] = {
    "reset": 86_400 + 3_600,
    "confirm": 2 * 86_400,
    "undo": 8 * 86_400,
    "disown": 8 * 86_400,
}


@dataclass(frozen=True)
class MailedToken:
    """A token that came back and may be redeemed; its row is ours.

    ``secret`` is what came: the link's or the typed code's. ``same_browser`` says whether it came
    back to the browser that asked for it: any other one has to say the user name as well.
    ``sid`` is the session that a letter asks about.
    """

    secret: bytes = field(repr=False)
    id: UUID
    purpose: Purpose
    account_id: UUID
    username: str
    account_epoch: int
    site_epoch: int
    address_id: UUID
    address: str
    lookup_digest: bytes
    same_browser: bool
    sid: UUID | None


def encode(secret: bytes) -> str:
    """A token as its letter has it: base64url without padding."""
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def decode(text: str) -> bytes | None:
    """The token of a link or its last part, or of a code that was typed; None for anything else."""
    text = text.strip().rpartition(IN_LINKS)[2]
    if len(text) > 100:
        return None
    return _decode_link(text) or codes.read(text)


def _decode_link(text: str) -> bytes | None:
    try:
        secret = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return secret if len(secret) == TOKEN_BYTES and encode(secret) == text else None


def token_fields(
    row: Mapping[str, Any], token_hash: bytes, code_hash: bytes | None
) -> tuple[Field, ...]:
    """What the MAC of an armed row covers, in order. A row of before there were codes has none."""
    return (
        row["id"],
        row["purpose"],
        row["account_id"],
        row["address_id"],
        row["account_epoch"],
        row["site_epoch"],
        row["requested_at"],
        token_hash,
        *(() if code_hash is None else (code_hash,)),
        *(() if row["sid"] is None else (row["sid"],)),
    )


def is_armed_by_us(row: Mapping[str, Any]) -> bool:
    """Whether the worker has armed this row as it stands; reported where it has not."""
    fields = token_fields(row, row["token_hash"], row["code_hash"])
    ring: KeyRing = settings.ADDRESS_KEYS
    genuine = is_ours(row["mac"], ring, row["mac_key"], "mailed-token", *fields)
    if not genuine:
        report_row("mailed_token", row["id"])
    return genuine


def mailed_address(row: Mapping[str, Any]) -> str | None:
    """The address that the token of a genuine row was mailed to, if it is still what it was then.

    None, and reported, where another stands in its place, or where nobody has confirmed the one
    that all but its confirmation rely on.
    """
    read = read_address(row["account_id"], row)
    if read is None:
        return None
    address, is_confirmed = read
    ring: KeyRing = settings.ADDRESS_KEYS
    if not is_ours(row["mailed_to"], ring, row["mac_key"], "mailed-to", row["id"], address):
        report_row("mailed_token", row["id"])
        return None
    return address if is_confirmed or row["purpose"] == "confirm" else None


def find(secret: bytes, purpose: Purpose, *, browser: bytes | None) -> MailedToken | Refusal:
    """The token that came back, if it is one of that purpose and ours; changes nothing.

    ``unknown`` also for a row that is not ours, which is reported; ``dead`` when its account was
    locked or changed since, or its address was taken away. One statement. Raises
    ``VaultUnavailable``.
    """
    found = connection.rows(
        "SELECT * FROM api.find_token_v1(%(token)s, %(browser)s)",
        {"token": secret, "browser": browser},
    )
    for row in found:
        is_it = secret_hash(secret) in (row["token_hash"], row["code_hash"])
        if is_it and is_armed_by_us(row) and row["purpose"] == purpose:
            return _found(secret, row)
    return "unknown"


def _found(secret: bytes, row: Mapping[str, Any]) -> MailedToken | Refusal:
    refusal: Refusal = row["status"]
    if row["status"] != "live":
        return refusal
    if row["requested_at"] + OLDEST_SECONDS[row["purpose"]] < time.time():
        return "expired"
    address = mailed_address(row)
    if address is None or not is_named(row):
        return "unknown"
    return MailedToken(
        secret=secret,
        id=row["id"],
        purpose=row["purpose"],
        account_id=row["account_id"],
        username=row["username"],
        account_epoch=row["account_epoch"],
        site_epoch=row["site_epoch"],
        address_id=row["address_id"],
        address=address,
        lookup_digest=row["lookup_digest"],
        same_browser=row["same_browser"],
        sid=row["sid"],
    )
