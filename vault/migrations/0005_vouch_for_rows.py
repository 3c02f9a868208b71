"""MACs for rows of before: names, wikis and confirmed addresses that were there without one.

Only the owner can say that they are of before: whoever writes the vault's rows can empty MACs, and
the list of migrations, and wait for the next one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import migrations

from vault.email_addresses import confirmed_mac
from vault.names import name_mac
from vault.wikis import from_row, wiki_mac

BATCH: Final = 5000


class RowsVouchedFor(Exception):
    """A table has rows with a MAC already, so those without one came later and are nobody's."""


class RowsOfBefore(Exception):
    """A table has rows without a MAC, and nobody has said that they are of before."""


@dataclass(frozen=True)
class _Table:
    """How the rows of one table get their MACs. ``select`` goes on after the key it is given."""

    name: str
    is_done: str
    select: str
    update: str
    first: Any
    make: Callable[[dict[str, Any]], tuple[bytes, str]]


_TABLES: Final = (
    _Table(
        name="accounts",
        is_done="SELECT EXISTS (SELECT FROM vault.accounts WHERE mac <> '')",
        select="SELECT id, username FROM vault.accounts WHERE mac = '' AND id > %s"
        " ORDER BY id LIMIT %s",
        update="UPDATE vault.accounts t SET mac = v.mac, mac_key = %s"
        " FROM unnest(%s::uuid[], %s::bytea[]) AS v (key, mac) WHERE t.id = v.key",
        first=UUID(int=0),
        make=lambda row: name_mac(row["id"], row["username"]),
    ),
    _Table(
        name="wikis",
        is_done="SELECT EXISTS (SELECT FROM vault.wikis WHERE mac <> '')",
        select="SELECT * FROM vault.wikis WHERE mac = '' AND client_id > %s"
        " ORDER BY client_id LIMIT %s",
        update="UPDATE vault.wikis t SET mac = v.mac, mac_key = %s"
        " FROM unnest(%s::text[], %s::bytea[]) AS v (key, mac) WHERE t.client_id = v.key",
        first="",
        make=lambda row: wiki_mac(from_row(row)),
    ),
    _Table(
        name="email_addresses",
        is_done="SELECT EXISTS (SELECT FROM vault.email_addresses WHERE mac <> '')",
        select="SELECT id, account_id, lookup_digest FROM vault.email_addresses"
        " WHERE mac = '' AND verified_at IS NOT NULL AND id > %s ORDER BY id LIMIT %s",
        update="UPDATE vault.email_addresses t SET mac = v.mac, mac_key = %s"
        " FROM unnest(%s::uuid[], %s::bytea[]) AS v (key, mac) WHERE t.id = v.key",
        first=UUID(int=0),
        make=lambda row: confirmed_mac(row["id"], row["account_id"], row["lookup_digest"]),
    ),
)


def _vouch_for(cursor: Any, table: _Table) -> None:
    cursor.execute(table.is_done)
    [(is_done,)] = cursor.fetchall()
    last = table.first
    while True:
        cursor.execute(table.select, [last, BATCH])
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        if not rows:
            return
        # This runs once, on rows of before. Whoever makes it run again must not be vouched for.
        if is_done:
            raise RowsVouchedFor(
                f"vault.{table.name}: {len(rows)} rows or more have no MAC beside others that have"
                " one, so no holder of the keys wrote them: find out who did"
            )
        if not settings.VOUCH_FOR_ROWS:
            raise RowsOfBefore(
                f"vault.{table.name}: {len(rows)} rows or more have no MAC. If this vault comes"
                " from a checkout of before MACs, look through them and run this once with"
                " AUTHSITE_VOUCH_FOR_ROWS=yes. If it has had them, somebody has emptied them and"
                " wants theirs vouched for: do not, and find out who"
            )
        made = [table.make(row) for row in rows]
        keys = [row[names[0]] for row in rows]
        cursor.execute(table.update, [made[0][1], keys, [value for value, _ in made]])
        last = keys[-1]


def vouch_for_rows(cursor: Any) -> None:
    """Makes the MACs of what was there before, once the owner has said that it was.

    Raises ``RowsVouchedFor`` where that was done, ``RowsOfBefore``.
    """
    for table in _TABLES:
        _vouch_for(cursor, table)


def _forwards(_apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        vouch_for_rows(cursor)


class Migration(migrations.Migration):
    """Runs as the owner, who holds the keys. Grants of before have no MAC and are worth nothing."""

    dependencies = [("vault", "0004_credentials")]
    operations = [migrations.RunPython(_forwards, migrations.RunPython.noop)]
