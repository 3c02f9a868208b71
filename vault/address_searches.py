"""Whose e-mail address is this: for operators and the console, by keyed digests, on the record.

The vault never sees the address. That one is confirmed is what the database says: the key of that
MAC is not the operator's.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from vault import connection
from vault.errors import VaultRefused
from vault.seals import address_digests, lookup_digests
from vault.sessions import Session

State = Literal["confirmed", "unconfirmed", "removed"]


@dataclass(frozen=True)
class Holder:
    """An account that has an address, or had it within the last days (``removed``)."""

    account_id: UUID
    username: str
    state: State


def find_holders(normal_form: str, by: Session | None) -> list[Holder] | Literal["forbidden"]:
    """The accounts that have the address of this normal form; ``by`` None is the console.

    Raises ``VaultUnavailable``.
    """
    if by is None:
        found = connection.rows(
            "SELECT * FROM api.console_find_by_address_v1(%(digests)s)",
            {"digests": address_digests(normal_form)},
        )
    else:
        found = connection.rows(
            "SELECT * FROM api.find_by_address_v1(%(session)s, %(digests)s)",
            {"session": by.secret, "digests": lookup_digests(normal_form)},
        )
    status = found[0]["status"]
    if status == "forbidden":
        return "forbidden"
    if status not in ("found", "nobody"):
        raise VaultRefused("find_by_address", status)
    return [
        Holder(row["account_id"], row["username"], row["state"])
        for row in found
        if row["status"] == "found"
    ]
