"""Mailed tokens as web has them: asked for, found when they come back, redeemed once.

The worker makes a token when it writes its letter (``token_arming``). Its MACs say whose the token
is: a row that a database writer made, moved or changed redeems nothing, and is reported.
"""

import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.attempts import Attempt, new_secret, secret_hash
from vault.email_addresses import normal_form, read_address
from vault.errors import VaultRefused
from vault.events import Origin, report_row
from vault.keys import KeyRing
from vault.names import is_named
from vault.passwords import new_password
from vault.seals import Field, address_digests, is_ours

Purpose = Literal["reset", "confirm"]
Refusal = Literal["unknown", "spent", "expired", "dead"]
RedeemRefusal = Literal["unknown", "spent", "expired", "dead", "other_browser"]

TOKEN_BYTES: Final = 32
# A day for its letter to be written, and its life (vault.policy): what the row itself says of its
# end is under no MAC.
OLDEST_SECONDS: Final[dict[Purpose, int]] = {"reset": 86_400 + 3_600, "confirm": 2 * 86_400}


@dataclass(frozen=True)
class MailedToken:
    """A token that came back and may be redeemed; its row is ours.

    ``same_browser`` says whether it came back to the browser that asked for it: any other one has
    to say the user name as well.
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


def encode(secret: bytes) -> str:
    """A token as its letter has it: base64url without padding."""
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def decode(text: str) -> bytes | None:
    """The token of such a text, or None where it can be none."""
    if len(text) > 100:
        return None
    try:
        secret = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return secret if len(secret) == TOKEN_BYTES and encode(secret) == text else None


def token_fields(row: Mapping[str, Any], token_hash: bytes) -> tuple[Field, ...]:
    """What the MAC of an armed row covers, in order."""
    return (
        row["id"],
        row["purpose"],
        row["account_id"],
        row["address_id"],
        row["account_epoch"],
        row["site_epoch"],
        row["requested_at"],
        token_hash,
    )


def is_armed_by_us(row: Mapping[str, Any], token_hash: bytes) -> bool:
    """Whether the worker has armed this row as it stands; reported where it has not."""
    fields = token_fields(row, token_hash)
    ring: KeyRing = settings.ADDRESS_KEYS
    genuine = is_ours(row["mac"], ring, row["mac_key"], "mailed-token", *fields)
    if not genuine:
        report_row("mailed_token", row["id"])
    return genuine


def mailed_address(row: Mapping[str, Any]) -> str | None:
    """The address that the token of a genuine row was mailed to, if it is still what it was then.

    None, and reported, where another stands in its place, or where nobody has confirmed the one
    that a reset relies on.
    """
    read = read_address(row["account_id"], row)
    if read is None:
        return None
    address, is_confirmed = read
    ring: KeyRing = settings.ADDRESS_KEYS
    if not is_ours(row["mailed_to"], ring, row["mac_key"], "mailed-to", row["id"], address):
        report_row("mailed_token", row["id"])
        return None
    return address if is_confirmed or row["purpose"] != "reset" else None


def request_reset(
    *,
    username: str | None = None,
    address: str | None = None,
    browser: bytes,
    language: str,
    origin: Origin,
) -> None:
    """Asks for a letter that lets the owner of an account set a new password.

    By canonical user name, or by an address, which may have several accounts. ``browser`` is a
    secret of the browser that asks. One statement, without an answer: nobody learns whether there
    is such an account, or whether it has had its three letters of this hour. Raises
    ``VaultUnavailable``.
    """
    row = connection.row(
        "SELECT api.request_reset_v1(%(username)s, %(digests)s, %(browser_hash)s, %(language)s,"
        " %(network)s, %(agent)s) AS status",
        {
            "username": username,
            "digests": address_digests(normal_form(address)) if address is not None else None,
            "browser_hash": secret_hash(browser),
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )
    if row["status"] != "asked":
        raise VaultRefused("request_reset", row["status"])


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
        if is_armed_by_us(row, secret_hash(secret)) and row["purpose"] == purpose:
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
    )


def redeem_reset(
    secret: bytes, *, browser: bytes | None, username: str | None, origin: Origin
) -> Attempt | RedeemRefusal:
    """Spends a reset token, for an attempt to recover: it sets a password and opens no session.

    ``username``, the canonical one, is needed in another browser than the one that asked
    (``other_browser``). Its row is checked first, and again as it was spent. Raises
    ``VaultUnavailable``.
    """
    token = find(secret, "reset", browser=browser)
    if not isinstance(token, MailedToken):
        return token
    attempt_secret = new_secret()
    row = connection.row(
        "SELECT * FROM api.redeem_reset_v1(%(id)s, %(token)s, %(browser)s, %(username)s,"
        " %(attempt_hash)s, %(network)s, %(agent)s)",
        {
            "id": token.id,
            "token": secret,
            "browser": browser,
            "username": username,
            "attempt_hash": secret_hash(attempt_secret),
            "network": origin.network,
            "agent": origin.agent,
        },
    )
    if row["status"] == "bad_request":
        raise VaultRefused("redeem_reset", row["status"])
    if row["status"] != "right":
        refusal: RedeemRefusal = row["status"]
        return refusal
    found = (token.account_id, token.account_epoch, token.site_epoch)
    if (row["account_id"], row["account_epoch"], row["site_epoch"]) != found:
        report_row("mailed_token", token.id)
        return "unknown"
    if not is_named(row):
        return "unknown"
    return Attempt.from_row(attempt_secret, "recover", row, ("letter",))


def reset_password(
    attempt: Attempt, password: str, *, language: str, origin: Origin
) -> Literal["reset", "gone", "weak"]:
    """Sets a new password by an attempt to recover, and ends all that the account had open.

    Every session, code, token, other attempt and app password; its owner signs in with the new
    password. ``weak``: a second factor is held and was not proven; ``gone``: the attempt was used,
    expired or overtaken. Two statements. Raises ``VaultUnavailable``, ``HashingBusy``.
    """
    subject = connection.row(
        "SELECT api.recovery_subject_v1(%(attempt)s) AS subject", {"attempt": attempt.secret}
    )["subject"]
    if subject is None:
        return "gone"
    row = connection.row(
        "SELECT api.reset_password_v1(%(attempt)s, %(salt)s, %(memory_kib)s, %(time_cost)s,"
        " %(parallelism)s, %(pepper_id)s, %(tag)s, %(proof)s, %(language)s, %(network)s,"
        " %(agent)s) AS status",
        {
            "attempt": attempt.secret,
            **new_password(password, subject).parameters(attempt.account_id),
            "language": language,
            "network": origin.network,
            "agent": origin.agent,
        },
    )
    if row["status"] not in ("reset", "gone", "weak"):
        raise VaultRefused("reset_password", row["status"])
    status: Literal["reset", "gone", "weak"] = row["status"]
    return status
