"""A real backup and its restore: pg_dump and pg_restore, as the runbook says them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
from django.test import override_settings

from demo.databases import OWNER, SQL_FOLDER, VAULT_DATABASE
from demo.postgres import Server
from demo.postgres_home import INSTALLATION, package_folder
from tests.environment import dsn, subprocess_environment
from vault.connection import close_pools

RESTORED = "authsite_restored"
Play = Callable[[str], AbstractContextManager[None]]


def _run(server: Server, program: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(package_folder() / INSTALLATION / "bin" / program), *arguments],
        env={
            "PATH": os.environ["PATH"],
            "PGHOST": server.host,
            "PGPORT": str(server.port),
            "PGUSER": server.superuser,
            "PGPASSWORD": server.password,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def dump(server: Server, file: Path) -> None:
    """Last night's backup of the vault."""
    _run(server, "pg_dump", "--format=custom", f"--file={file}", VAULT_DATABASE)


@contextmanager
def restored(server: Server, file: Path) -> Iterator[psycopg.Connection]:
    """The backup in a fresh database, where nothing of what came after it is; as the superuser."""
    _run(server, "createdb", f"--owner={OWNER}", "--template=template0", RESTORED)
    try:
        _run(server, "pg_restore", "--exit-on-error", f"--dbname={RESTORED}", str(file))
        _run(server, "psql", "--quiet", f"--dbname={RESTORED}", f"--file={SQL_FOLDER}/database.sql")
        with psycopg.connect(server.dsn(RESTORED), autocommit=True) as connection:
            yield connection
    finally:
        close_pools()
        _run(server, "dropdb", "--force", RESTORED)


def manage(*arguments: str) -> str:
    """A command of the owner's, in a process of its own, at the restored database."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=Path(__file__).resolve().parents[2],
        env={**subprocess_environment("owner"), "VAULT_URL": dsn("owner", RESTORED)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def in_the_restored(playing: Play, role: str) -> Iterator[None]:
    """This process as one of the site's, pointed at the restored database."""
    with playing(role), override_settings(VAULT_URL=dsn(role, RESTORED)):
        yield
