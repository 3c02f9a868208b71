"""Two vaults side by side in one cluster, a small and a large one; all thrown away.

Both are migrated by the site's own command. One cluster, so that a busy minute, a checkpoint or a
setting hits both alike.
"""

import contextlib
import json
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from bench.site import CannotPrepare
from demo.databases import SITE_DATABASE, prepare_cluster, role_dsn
from demo.environment import ROOT, Demo, Place, State, load_secrets
from demo.postgres import EmbeddedPostgres, Server

_SQL = Path(__file__).parent
_SMALL, _LARGE = "bench_small_vault", "bench_large_vault"


@dataclass(frozen=True, slots=True)
class Vault:
    """One filled vault, which only superusers look into otherwise than through its functions."""

    database: str
    accounts: int
    demo: Demo = field(repr=False)
    # Kept open: a backend that ends is counted as one of the server's other processes.
    superuser: psycopg.Connection = field(repr=False)

    @property
    def web_dsn(self) -> str:
        """The web role's way in."""
        passwords = self.demo.secrets["database_passwords"]
        return role_dsn(self.demo.server, "web", passwords, self.database)

    def environment(self, role: str) -> dict[str, str]:
        """Give the environment of a process of `role` whose vault is this one."""
        passwords = self.demo.secrets["database_passwords"]
        return {
            **self.demo.role_environment(role),
            "VAULT_URL": role_dsn(self.demo.server, role, passwords, self.database),
        }

    def tidy(self) -> None:
        """Make the guess budgets what they were; then a checkpoint, lest one fall in between."""
        self.superuser.execute(read_sql("vault_tidying.sql"))
        self.superuser.execute("VACUUM vault.guess_budgets")
        self.superuser.execute("CHECKPOINT")

    def megabytes(self) -> float:
        """Give how much disk the database takes."""
        [size] = self._ask("SELECT pg_database_size(current_database())")
        return float(size) / 1_000_000

    def argon2_parameters(self) -> str:
        """Give the cost at which new passwords are stored."""
        memory_kib, passes, lanes = self._ask(
            "SELECT argon2_memory_kib, argon2_time_cost, argon2_parallelism FROM vault.site"
        )
        return f"m={memory_kib} KiB, t={passes}, p={lanes}"

    def fill(self) -> None:
        """Make all accounts."""
        self.superuser.execute(
            "SELECT set_config('bench.accounts', %s, false)", [str(self.accounts)]
        )
        self.superuser.execute(read_sql("vault_filling.sql"))
        # What was filled and nothing else: a table that is empty while it is analysed is
        # scanned in full from then on, until autovacuum comes by again.
        self.superuser.execute(
            "VACUUM ANALYZE vault.accounts, vault.usernames, vault.password_parameters,"
            " vault.password_verifiers, vault.guess_budgets, vault.device_credentials"
        )

    def create_people(self, usernames: Sequence[str], password: str) -> None:
        """Create accounts by the site's own command, with passwords that are really hashed."""
        wanted = [{"username": name, "password": password} for name in usernames]
        self.manage("createaccount", "--from", "-", given=json.dumps(wanted))

    def manage(self, *arguments: str, given: str = "") -> None:
        """Run one of the site's commands as owner. Raises ``CannotPrepare``."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            input=given,
            env=self.environment("owner"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise CannotPrepare(done.stderr)

    def _ask(self, question: LiteralString) -> tuple[Any, ...]:
        [row] = self.superuser.execute(question).fetchall()
        return row


@contextlib.contextmanager
def running_vaults(small: int, large: int, shared_buffers: str) -> Iterator[tuple[Vault, Vault]]:
    """Start PostgreSQL with two vaults of so many accounts; stop and delete it all at the end."""
    folder = Path(tempfile.mkdtemp(prefix="authsite-bench-vault-"))
    folder.chmod(0o711)  # PostgreSQL may run as a user of its own, who passes through
    state = State(folder / "var")
    state.make()
    # Safe from crashes as in production: what a commit costs is part of what is measured.
    embedded = EmbeddedPostgres(folder / "postgres", log=state.log / "postgres.log")
    try:
        server = _started(embedded, shared_buffers)
        demo = Demo(Place(), state, server, load_secrets(state))
        prepare_cluster(
            server,
            demo.secrets["database_passwords"],
            databases=(_SMALL, _LARGE, SITE_DATABASE),
        )
        with (
            psycopg.connect(server.dsn(_SMALL), autocommit=True) as of_small,
            psycopg.connect(server.dsn(_LARGE), autocommit=True) as of_large,
        ):
            vaults = Vault(_SMALL, small, demo, of_small), Vault(_LARGE, large, demo, of_large)
            for vault in vaults:
                vault.manage("migrate", "--database", "vault")
                vault.fill()
            yield vaults
    finally:
        embedded.stop()
        embedded.forget()
        shutil.rmtree(folder)


def _started(embedded: EmbeddedPostgres, shared_buffers: str) -> Server:
    server = embedded.start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER SYSTEM SET shared_buffers = {}").format(sql.Literal(shared_buffers))
        )
    embedded.stop()
    return embedded.start()


def new_password() -> str:
    """A password for the people of one run."""
    return secrets.token_urlsafe(15)


def read_sql(name: str) -> bytes:
    """Give the statements of one of the files beside this one."""
    # Bytes are taken as they are; several statements are one transaction.
    return (_SQL / name).read_bytes()
