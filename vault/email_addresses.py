"""One's own e-mail addresses. Sealed in the vault; never an identity.

That an address is confirmed counts under a MAC alone, which a database writer cannot make.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from vault import connection
from vault.errors import KeyUnknown, SealBroken
from vault.events import report_row
from vault.keys import KeyRing
from vault.seals import Field, is_ours, mac, open_address
from vault.sessions import Session


@dataclass(frozen=True)
class OwnAddress:
    """An address of the person who is signed in."""

    id: UUID
    address: str
    is_primary: bool
    is_confirmed: bool


def normal_form(address: str) -> str:
    """The form by which an address is looked up: of an address as it is stored, and for good."""
    local, _, domain = address.rpartition("@")
    return f"{local.casefold()}@{domain}"


def confirmed_fields(address_id: UUID, account_id: UUID, lookup_digest: bytes) -> tuple[Field, ...]:
    """What the MAC of a confirmed address covers, in order."""
    return address_id, account_id, lookup_digest, "confirmed"


def confirmed_mac(address_id: UUID, account_id: UUID, lookup_digest: bytes) -> tuple[bytes, str]:
    """The MAC that makes an address a confirmed one of its account, and the id of its key."""
    ring: KeyRing = settings.ADDRESS_KEYS
    fields = confirmed_fields(address_id, account_id, lookup_digest)
    return mac(ring, ring.active_id, "address-confirmed", *fields), ring.active_id


def is_confirmed(
    address_id: UUID, account_id: UUID, lookup_digest: bytes, given: bytes, key_id: str
) -> bool:
    """Whether ``given`` is the MAC that ``confirmed_mac`` makes of these."""
    fields = confirmed_fields(address_id, account_id, lookup_digest)
    return is_ours(given, settings.ADDRESS_KEYS, key_id, "address-confirmed", *fields)


def read_address(account_id: UUID, row: Mapping[str, Any]) -> tuple[str, bool] | None:
    """The address in a row and whether it is confirmed; None where there is none of that account.

    What is not ours is reported. An address counts only beside its own digest, which the MAC
    covers: moved into a row in which another was confirmed, it is nobody's.
    """
    if row["address_id"] is None:
        return None
    try:
        address = open_address(row["sealed_address"], account_id)
    except (SealBroken, KeyUnknown):
        report_row("address", row["address_id"])
        return None
    digest, key = row["lookup_digest"], row["lookup_key"]
    if not is_ours(digest, settings.ADDRESS_KEYS, key, "address-lookup", normal_form(address)):
        report_row("address", row["address_id"])
        return None
    if not row["address_verified"]:
        return address, False
    confirmed = is_confirmed(
        row["address_id"], account_id, digest, row["address_mac"], row["address_mac_key"]
    )
    if not confirmed:
        report_row("address", row["address_id"])
    return address, confirmed


def own_addresses(session: Session) -> list[OwnAddress]:
    """The addresses of this session's person, the primary one first."""
    found = connection.rows(
        "SELECT * FROM api.list_addresses_v1(%(secret)s)", {"secret": session.secret}
    )
    return [
        OwnAddress(row["address_id"], read[0], row["is_primary"], is_confirmed=read[1])
        for row in found
        if (read := read_address(session.account_id, row)) is not None
    ]
