"""A clock that was set back: the rows of the vault are later than its clock says.

The server's own clock cannot be set by a test. What a function compares are a row's time and the
clock's, so a row an hour later is what a clock an hour earlier is.
"""

import psycopg
from psycopg import sql

_TIMES = """
SELECT c.table_name, array_agg(c.column_name::text), array_agg(c.udt_name::text)
FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'vault' AND t.table_type = 'BASE TABLE'
  AND c.udt_name IN ('timestamptz', '_timestamptz') AND c.is_generated = 'NEVER'
GROUP BY c.table_name
"""
# Times in other shapes: seconds since 1970, and an app's steps of 30 seconds.
_OTHERS = (
    "UPDATE vault.device_credentials SET trusted_until = trusted_until + %(seconds)s",
    "UPDATE vault.totp_devices SET last_step = last_step + %(seconds)s / 30 WHERE last_step >= 0",
)


def set_back(admin: psycopg.Connection, seconds: int = 3600) -> int:
    """Sets the clock back; gives how many columns of how ever many tables that were."""
    shifted = 0
    with admin.transaction():
        # Times alone are moved: what hangs together goes on hanging together.
        admin.execute("SET LOCAL session_replication_role = replica")
        for table, columns, types in admin.execute(_TIMES).fetchall():
            moved = [_moved(name, kind) for name, kind in zip(columns, types, strict=True)]
            statement = sql.SQL("UPDATE vault.{} SET {}").format(
                sql.Identifier(table), sql.SQL(", ").join(moved)
            )
            admin.execute(statement, {"seconds": seconds})
            shifted += len(moved)
        for statement_text in _OTHERS:
            admin.execute(statement_text, {"seconds": seconds})
    return shifted


def _moved(column: str, kind: str) -> sql.Composed:
    later = "{0} = {0} + make_interval(secs => %(seconds)s)"
    if kind == "_timestamptz":
        later = (
            "{0} = (SELECT array_agg(one + make_interval(secs => %(seconds)s) ORDER BY place)"
            " FROM unnest({0}) WITH ORDINALITY AS each (one, place))"
        )
    return sql.SQL(later).format(sql.Identifier(column))


def advance(admin: psycopg.Connection, seconds: int) -> None:
    """Lets time pass."""
    set_back(admin, -seconds)
