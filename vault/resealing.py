"""Puts rows under the active key of their ring, while the site goes on serving. Owner only.

A row is renewed only if what it carries verifies under the key it names: what is not ours is
reported and left. Batches are short transactions of their own and change only rows that are still
as they were read, so that this may be killed at any time and started again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, LiteralString

from django.conf import settings

from vault import connection
from vault.email_addresses import confirmed_fields, confirmed_mac, normal_form
from vault.errors import KeyUnknown, SealBroken
from vault.events import report_row
from vault.keys import KeyRing
from vault.names import name_fields
from vault.operators import operator_fields
from vault.seals import (
    Field,
    address_digest,
    is_mac,
    mac,
    open_address,
    seal,
    seal_address,
    unseal,
)
from vault.wikis import from_row, wiki_fields

Row = dict[str, Any]
Fields = tuple[Field, ...]

NOT_OURS: Final = "it is not ours"
_PASSES: Final = 3  # rows that were locked or changed meanwhile are tried again
_NAMED: Final = 100  # of the rows that are not ours, so many are named and reported


class NotOurs(Exception):
    """A row's MAC does not verify: whoever wrote it had no key."""


@dataclass(frozen=True)
class Kind:
    """One kind of row: how to read those of older keys, renew each, and store a batch."""

    what: str  # as in key_usage
    row: str  # as in report_row
    ring_name: str
    id: str
    stale: LiteralString
    store: LiteralString
    renewed: Callable[[Row], Row]  # raises KeyUnknown, SealBroken, NotOurs

    @property
    def ring(self) -> KeyRing:
        """The ring whose active key the rows are put under."""
        ring: KeyRing = getattr(settings, self.ring_name)
        return ring


@dataclass
class Tally:
    """What became of one kind of row so far."""

    what: str
    renewed: int = 0
    refused: int = 0  # not ours: left as they are
    busy: int = 0  # locked or changed meanwhile, in the last pass
    refusals: dict[str, str] = field(default_factory=dict)  # id and why, of the first ones


def reseal(kind: Kind, *, batch: int, progress: Callable[[Tally], None]) -> Tally:
    """Renews every row of that kind that names an older key. Raises ``VaultUnavailable``."""
    tally = Tally(kind.what)
    for _ in range(_PASSES):
        tally.refused = tally.busy = 0
        _pass(kind, batch, tally, progress)
        if not tally.busy:
            break
    return tally


def _pass(kind: Kind, batch: int, tally: Tally, progress: Callable[[Tally], None]) -> None:
    after = None
    while page := connection.rows(
        kind.stale, {"active": kind.ring.active_id, "after": after, "limit": batch}
    ):
        renewed = [row for row in map(partial(_renewed, kind, tally), page) if row is not None]
        if renewed:
            stored = _store(kind, renewed)
            tally.renewed += stored
            tally.busy += len(renewed) - stored
        after = page[-1][kind.id]
        progress(tally)


def _renewed(kind: Kind, tally: Tally, row: Row) -> Row | None:
    """The row's new values, or None for one that is not ours."""
    try:
        return {"id": row[kind.id], **kind.renewed(row)}
    except KeyUnknown as error:
        why = str(error)[:200]  # perhaps this process was started with a file of before: no alarm
    except (SealBroken, NotOurs, UnicodeDecodeError):
        why = NOT_OURS
    row_id = row[kind.id].hex() if isinstance(row[kind.id], bytes) else str(row[kind.id])
    tally.refused += 1
    if row_id not in tally.refusals and len(tally.refusals) < _NAMED:
        tally.refusals[row_id] = why
        if why == NOT_OURS:
            report_row(kind.row, row_id)
    return None


def _store(kind: Kind, rows: Sequence[Row]) -> int:
    columns: Row = {name: [row[name] for row in rows] for name in rows[0]}
    return int(connection.row(kind.store, {**columns, "active": kind.ring.active_id})["stored"])


def _under_mac(ring_name: str, purpose: str, fields: Callable[[Row], Fields]) -> Any:
    """How rows are renewed that carry one MAC over those fields."""

    def renewed(row: Row) -> Row:
        ring: KeyRing = getattr(settings, ring_name)
        values = fields(row)
        if not is_mac(row["mac"], ring, row["mac_key"], purpose, *values):
            raise NotOurs
        return {"old": row["mac"], "new": mac(ring, ring.active_id, purpose, *values)}

    return renewed


def _signing_key(row: Row) -> Row:
    belongs_to = row["kid"].encode()
    ring: KeyRing = settings.SIGNING_KEYS
    private = unseal(ring, "signing-key", row["sealed_private"], belongs_to)
    return {"old": row["sealed_private"], "new": seal(ring, "signing-key", private, belongs_to)}


def _letter(row: Row) -> Row:
    if row["account_id"] is None:  # every seal belongs to an account
        raise NotOurs
    address = open_address(row["sealed_address"], row["account_id"])
    return {"old": row["sealed_address"], "new": seal_address(address, row["account_id"])}


def _address(row: Row) -> Row:
    """Seal, look-up digest and confirmation of an address; each has to be ours."""
    ring: KeyRing = settings.ADDRESS_KEYS
    address = open_address(row["sealed"], row["account_id"])
    normal, digest = normal_form(address), row["lookup_digest"]
    if not is_mac(digest, ring, row["lookup_key"], "address-lookup", normal):
        raise NotOurs
    new_digest, _key = address_digest(normal)
    new_mac = b""
    if row["mac"] or row["verified_at"] is not None:
        fields = confirmed_fields(row["id"], row["account_id"], digest)
        if not row["mac"] or not is_mac(
            row["mac"], ring, row["mac_key"], "address-confirmed", *fields
        ):
            raise NotOurs
        new_mac, _key = confirmed_mac(row["id"], row["account_id"], new_digest)
    return {
        "old": row["sealed"],
        "old_mac": row["mac"],
        "new": seal_address(address, row["account_id"]),
        "digest": new_digest,
        "new_mac": new_mac,
    }


def renew_decoys() -> int:
    """Lets decoys name the pepper of new passwords; gives 1 if they did not."""
    row = connection.row(
        "SELECT api.renew_decoys_v1(%(active)s) AS stored",
        {"active": settings.PEPPER_KEYS.active_id},
    )
    return int(row["stored"])


# Every kind of row whose ring is the owner's, in the order in which they are renewed.
KINDS: Final = (
    Kind(
        what="operators",
        row="operator",
        ring_name="OPERATOR_KEYS",
        id="account_id",
        stale="SELECT * FROM api.stale_operators_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_operators_v1(%(id)s, %(old)s, %(new)s, %(active)s) AS stored",
        renewed=_under_mac("OPERATOR_KEYS", "operator", operator_fields),
    ),
    Kind(
        what="wikis",
        row="wiki",
        ring_name="WIKI_KEYS",
        id="client_id",
        stale="SELECT * FROM api.stale_wikis_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_wikis_v1(%(id)s, %(old)s, %(new)s, %(active)s) AS stored",
        renewed=_under_mac("WIKI_KEYS", "wiki", lambda row: wiki_fields(from_row(row))),
    ),
    Kind(
        what="signing_keys",
        row="signing_key",
        ring_name="SIGNING_KEYS",
        id="kid",
        stale="SELECT * FROM api.stale_signing_keys_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_signing_keys_v1(%(id)s, %(old)s, %(new)s) AS stored",
        renewed=_signing_key,
    ),
    Kind(
        what="names",
        row="account",
        ring_name="CREDENTIAL_KEYS",
        id="account_id",
        stale="SELECT * FROM api.stale_names_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_names_v1(%(id)s, %(old)s, %(new)s, %(active)s) AS stored",
        renewed=_under_mac(
            "CREDENTIAL_KEYS",
            "account-name",
            lambda row: name_fields(row["account_id"], row["username"]),
        ),
    ),
    Kind(
        what="addresses",
        row="address",
        ring_name="ADDRESS_KEYS",
        id="id",
        stale="SELECT * FROM api.stale_addresses_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_addresses_v1(%(id)s, %(old)s, %(old_mac)s, %(new)s,"
        " %(digest)s, %(new_mac)s, %(active)s) AS stored",
        renewed=_address,
    ),
    Kind(
        what="letters",
        row="letter",
        ring_name="ADDRESS_KEYS",
        id="id",
        stale="SELECT * FROM api.stale_letters_v1(%(active)s, %(after)s, %(limit)s)",
        store="SELECT api.renew_letters_v1(%(id)s::bigint[], %(old)s, %(new)s) AS stored",
        renewed=_letter,
    ),
)
