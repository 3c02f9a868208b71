"""Applies the vault's SQL: numbered history by migrations, today's functions and privileges after.

History is never edited. Functions are not history: after each migration all of them are dropped
and made again from the files, in one transaction, so that the database's are the files'.
"""

import hashlib
from pathlib import Path

from django.conf import settings
from django.db import connections, migrations, transaction

SQL = Path(__file__).parent / "sql"


class HistoryEdited(Exception):
    """A file of the vault's history is not what it was when its migration was written."""


def history(name: str, sha256: str) -> migrations.RunSQL:
    """The migration operation that runs ``sql/history/<name>``; it cannot be reversed.

    Raises ``HistoryEdited`` when the file is not the one that had this digest: a database that has
    run it would never learn of the change.
    """
    text = (SQL / "history" / name).read_bytes()
    if hashlib.sha256(text).hexdigest() != sha256:
        raise HistoryEdited(f"sql/history/{name} was edited: undo that, and add a numbered file")
    return migrations.RunSQL(text.decode())


def function_files() -> list[Path]:
    """Today's function files, helpers first."""
    return sorted((SQL / "functions").glob("*.sql"), key=lambda f: (f.stem != "support", f.stem))


_DROP = """
DO $$
DECLARE
    thing record;
BEGIN
    FOR thing IN SELECT c.oid::regclass AS name FROM pg_class c
                 JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'views' AND c.relkind = 'v' LOOP
        EXECUTE format('DROP VIEW %s', thing.name);
    END LOOP;
    FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc p
                 JOIN pg_namespace n ON n.oid = p.pronamespace
                 WHERE n.nspname IN ('api', 'vault') LOOP
        EXECUTE format('DROP ROUTINE %s CASCADE', thing.name);
    END LOOP;
END
$$;
"""


def apply_functions(using: str) -> None:
    """Makes the functions, views and privileges in the database ``using`` equal to the files."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        # Bodies may name functions of later files.
        cursor.execute("SET LOCAL check_function_bodies = off")
        cursor.execute(_DROP)
        for file in function_files():
            cursor.execute(file.read_text(encoding="utf-8"))
        cursor.execute((SQL / "privileges.sql").read_text(encoding="utf-8"))
        cursor.execute(
            "SELECT api.prepare_site_v1(%s, %s, %s, %s)",
            [
                settings.ARGON2_MEMORY_KIB,
                settings.ARGON2_TIME_COST,
                settings.ARGON2_PARALLELISM,
                settings.PEPPER_KEYS.active_id,
            ],
        )
