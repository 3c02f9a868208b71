"""Empties both databases after a test, as one that knows where to look.

Most tables are empty after most tests, and what is left is mostly in a few of them: one question to
each database names those, over a connection that stays open from test to test.
"""

from dataclasses import dataclass, field
from typing import LiteralString

import psycopg

from demo.databases import SITE_DATABASE, VAULT_DATABASE
from demo.postgres import Server

# What each database keeps from one test to the next, by schema.
_KEPT = {
    (VAULT_DATABASE, "vault"): ["site", "policy", "event_tags", "signing_keys", "event_sealing"],
    (SITE_DATABASE, "public"): ["django_migrations", "django_content_type", "auth_permission"],
}
# Not left to the server: in the midst of a test, rows would begin to come in another order.
_TIDY_EVERY = 50
_TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relnamespace = %(schema)s::regnamespace AND relkind = 'r' AND relname <> ALL (%(kept)s)
"""
_SEQUENCES = """
SELECT s.oid::regclass::text FROM pg_class s
JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')
JOIN pg_class c ON c.oid = d.refobjid
WHERE s.relkind = 'S' AND c.relnamespace = %(schema)s::regnamespace AND c.relname <> ALL (%(kept)s)
"""
_FORGET = """
SELECT pg_clear_relation_stats(c.relnamespace::regnamespace::text, c.relname)
FROM unnest(%(tables)s::regclass[]) AS t JOIN pg_index i ON i.indrelid = t
JOIN pg_class c ON c.oid IN (i.indrelid, i.indexrelid)
GROUP BY c.oid
"""
_AS_AT_FIRST: tuple[LiteralString, ...] = (
    "UPDATE vault.site SET epoch = 1, sign_up_open = true, sign_in_open = true",
    "UPDATE vault.site SET sign_in_known_only = false",
    "UPDATE vault.signing_keys SET lockout_id = NULL",
    "UPDATE vault.event_sealing SET number = 0, upto = 0, holes = '{}'",
)


@dataclass
class _Database:
    """One database, and the question what a test has left in it."""

    connection: psycopg.Connection
    question: str
    tables: list[str]

    @classmethod
    def at(cls, address: str, schema: str, kept: list[str]) -> "_Database":
        """Connects as the superuser, and asks once what there is to look into."""
        connection = psycopg.connect(address, autocommit=True)
        asked = {"schema": schema, "kept": kept}
        tables = [name for (name,) in connection.execute(_TABLES, asked)]
        sequences = [name for (name,) in connection.execute(_SEQUENCES, asked)]
        assert tables
        looks = [f"SELECT true, '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables]
        looks += [f"SELECT false, '{name}' FROM {name} WHERE is_called" for name in sequences]
        return cls(connection, " UNION ALL ".join(looks), tables)

    def empty(self) -> None:
        """Deletes every row, and has every number begin again."""
        left = self.connection.execute(self.question, prepare=True).fetchall()
        if left:
            with self.connection.transaction():
                # In any order, whatever refers to them.
                self.connection.execute("SET LOCAL session_replication_role = replica")
                for is_table, name in left:
                    self.connection.execute(
                        f"DELETE FROM {name}"
                        if is_table
                        else f"SELECT setval('{name}', seqstart, false) FROM pg_sequence"
                        f" WHERE seqrelid = '{name}'::regclass"
                    )

    def tidy(self) -> None:
        """Takes away what deleted rows leave behind, and that the tables were seen empty.

        A plan for a table of which nothing is known is one for many rows, as the site's are.
        """
        self.connection.execute(f"VACUUM {', '.join(self.tables)}")
        self.connection.execute(_FORGET, {"tables": self.tables})


@dataclass
class Emptier:
    """Both databases of a server, connected to when first needed."""

    server: Server
    _databases: dict[str, _Database] = field(default_factory=dict)
    _emptied: int = 0

    def empty(self) -> None:
        """Makes both databases what they were before the first test."""
        try:
            self._empty()
        except psycopg.OperationalError:
            # A test may end every session, also ours: that it did is no failure of the next one.
            self.close()
            self._empty()
        self._emptied += 1
        if self._emptied % _TIDY_EVERY == 0:
            for database in self._databases.values():
                database.tidy()

    def close(self) -> None:
        """Hangs up."""
        for database in self._databases.values():
            database.connection.close()
        self._databases.clear()

    def _empty(self) -> None:
        for (name, schema), kept in _KEPT.items():
            if name not in self._databases:
                self._databases[name] = _Database.at(self.server.dsn(name), schema, kept)
            self._databases[name].empty()
        for statement in _AS_AT_FIRST:
            self._databases[VAULT_DATABASE].connection.execute(statement)
