"""A real PostgreSQL for every test process, migrated once and emptied after each test that used it.

What the site's pool commits is really committed (docs of the vault), so nothing is rolled back:
the tables are emptied instead.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.test import override_settings
from xdist.scheduler import LoadScopeScheduling

from demo.databases import VAULT_DATABASE, prepare_cluster
from demo.postgres import EmbeddedPostgres, Server
from tests.emptying import Emptier
from tests.environment import (
    DATABASE_PASSWORDS,
    PORT,
    SEAL_STORE,
    dsn,
    environment_for,
    subprocess_environment,
)

ROOT = Path(__file__).resolve().parents[1]

# How long one example takes is the machine's business.
hypothesis.settings.register_profile(
    "patient",
    parent=hypothesis.settings(),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")

# With two processes (-n 2) one takes these in their order, the other all the rest in theirs, which
# takes about as long: what runs after what is the same each time, there is one demo and one running
# site, and the browser still comes last in its process.
_ONE_HALF = ("tests/database/", "tests/web/")


class _TwoHalves(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return "one half" if nodeid.startswith(_ONE_HALF) else "the other half"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Gives each half of the suite to a process."""
    return _TwoHalves(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Takes this process's keys and addresses out of what its workers get: each has its own."""
    for name in environment_for("web"):
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL of this test process's own, with the site's roles and databases, migrated."""
    folder = Path(tempfile.mkdtemp(prefix="authsite-tests-"))
    folder.chmod(0o711)
    embedded = EmbeddedPostgres(folder / "postgres", port=PORT, durable=False, max_connections=200)
    try:
        running = embedded.start()
        prepare_cluster(running, DATABASE_PASSWORDS)
        with superuser(running) as connection:
            # tests/emptying.py tidies up, between tests.
            connection.execute("ALTER SYSTEM SET autovacuum_naptime = '20d'")
            connection.execute("SELECT pg_reload_conf()")
        for arguments in (["migrate", "--database", "vault"], ["migrate"]):
            _manage("owner", *arguments)
        _manage("owner", "createsigningkeys")
        yield running
    finally:
        from vault.connection import close_pools

        close_pools()
        embedded.stop()
        embedded.forget()
        shutil.rmtree(folder, ignore_errors=True)


def _manage(role: str, *arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=subprocess_environment(role),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def manage(vault: None) -> Callable[..., str]:
    """Runs manage.py as a role in a process of its own: ``manage("owner", "addwiki", ...)``."""
    return _manage


def superuser(server: Server, database: str = VAULT_DATABASE) -> psycopg.Connection:
    """An autocommit connection that may do everything: for looking behind the vault's back."""
    return psycopg.connect(server.dsn(database), autocommit=True)


@pytest.fixture
def admin(vault: None, server: Server) -> Iterator[psycopg.Connection]:
    """The superuser's connection to the vault."""
    with superuser(server) as connection:
        yield connection


@pytest.fixture
def login() -> Callable[[str], AbstractContextManager[psycopg.Connection]]:
    """Connects to the vault as a role's own login: ``with login("web") as connection``."""

    @contextmanager
    def connect(role: str) -> Iterator[psycopg.Connection]:
        with psycopg.connect(dsn(role, VAULT_DATABASE), autocommit=True) as connection:
            yield connection

    return connect


@pytest.fixture(scope="session")
def emptier(server: Server) -> Iterator[Emptier]:
    """What empties both databases after a test."""
    emptier = Emptier(server)
    yield emptier
    emptier.close()


@pytest.fixture
def vault(emptier: Emptier) -> Iterator[None]:
    """An empty vault and site database, emptied again at the end."""
    from vault import wikis

    wikis.forget()
    yield
    from django.db import connections

    connections.close_all()
    shutil.rmtree(SEAL_STORE, ignore_errors=True)
    emptier.empty()


@pytest.fixture
def playing() -> Callable[[str], AbstractContextManager[None]]:
    """Lets this process play another role: ``with playing("operator"): ...``.

    Only settings change; what the database allows still depends on that role's own login.
    """
    from tests.roles import settings_of

    @contextmanager
    def play(role: str) -> Iterator[None]:
        with override_settings(**settings_of(role, environment_for(role))):
            yield

    return play


@pytest.fixture(autouse=True)
def _settings_are_the_tests() -> None:
    assert settings.ROLE == "web"


@pytest.fixture(autouse=True)
def _database_access_is_ours(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """pytest-django's blocker guards a test database that we don't use: ours is thrown away."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
