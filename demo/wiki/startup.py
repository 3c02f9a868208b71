"""Brings the wiki's SQLite file up to date at start: schema, first pages, and pruning."""

import fcntl
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from . import pages, sessions, settings

_SEED = Path(__file__).parent / "seed"


def prepare_database() -> None:
    """Migrates and seeds the database; several processes may start at once, one at a time works."""
    database = settings.WIKI_DATABASE
    database.parent.mkdir(parents=True, exist_ok=True)
    with database.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("migrate", verbosity=0, interactive=False)
        for path in sorted((_SEED / settings.WIKI_LANGUAGE).glob("*.txt")):
            pages.seed(title=path.stem, text=path.read_text(encoding="utf-8"))
        sessions.prune()
    # Worker processes must not share a connection that was opened before they forked.
    connection.close()
