"""Who has which name: a MAC over account and name, under a ring that the database does not have.

Web checks it wherever it takes a name from the vault to act on it: a row renamed by a database
writer signs nobody in under that name. The operator's process shows names, decides nothing by them
and has no key.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings

from vault.events import report_row
from vault.keys import KeyRing
from vault.seals import Field, is_ours, mac


def name_fields(account_id: UUID, username: str) -> tuple[Field, ...]:
    """What the MAC over a name covers, in order."""
    return account_id, username


def name_mac(account_id: UUID, username: str) -> tuple[bytes, str]:
    """The MAC over an account and its name, and the id of its key."""
    ring: KeyRing = settings.CREDENTIAL_KEYS
    fields = name_fields(account_id, username)
    return mac(ring, ring.active_id, "account-name", *fields), ring.active_id


def is_named(row: Mapping[str, Any]) -> bool:
    """Whether the account of this row was given the name beside it; reported where it was not.

    The row has ``account_id``, ``username``, ``name_mac`` and ``name_mac_key``.
    """
    fields = name_fields(row["account_id"], row["username"])
    given, key = row["name_mac"], row["name_mac_key"]
    genuine = is_ours(given, settings.CREDENTIAL_KEYS, key, "account-name", *fields)
    if not genuine:
        report_row("account", row["account_id"])
    return genuine
