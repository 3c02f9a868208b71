"""A real PostgreSQL for every test process, migrated once and emptied after each test that used it.

What the site's pool commits is really committed (docs of the vault), so nothing is rolled back:
the tables are emptied instead.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.test import override_settings

from demo.databases import SITE_DATABASE, VAULT_DATABASE, prepare_cluster
from demo.postgres import EmbeddedPostgres, Server
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


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL of this test process's own, with the site's roles and databases, migrated."""
    folder = Path(tempfile.mkdtemp(prefix="authsite-tests-"))
    folder.chmod(0o711)
    embedded = EmbeddedPostgres(folder / "postgres", port=PORT, durable=False, max_connections=200)
    try:
        running = embedded.start()
        prepare_cluster(running, DATABASE_PASSWORDS)
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


# What each database keeps from one test to the next, by schema.
_KEPT = {
    (VAULT_DATABASE, "vault"): ["site", "policy", "event_tags", "signing_keys", "event_sealing"],
    (SITE_DATABASE, "public"): ["django_migrations", "django_content_type", "auth_permission"],
}

# Most tables are empty after most tests: to look is sixty times quicker than to truncate them all.
_EMPTY = """
DO $$
DECLARE
    v_table regclass;
    v_is_filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;  -- in any order, whatever refers to them
    FOR v_table IN SELECT oid FROM pg_class
        WHERE relnamespace = '{schema}'::regnamespace AND relkind = 'r'
          AND relname <> ALL ('{{{kept}}}')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', v_table) INTO v_is_filled;
        IF v_is_filled THEN
            EXECUTE format('DELETE FROM %s', v_table);
        END IF;
    END LOOP;
    PERFORM setval(s.seqrelid, s.seqstart, false) FROM pg_sequence s
    JOIN pg_depend d ON d.objid = s.seqrelid AND d.deptype IN ('a', 'i')
    JOIN pg_class c ON c.oid = d.refobjid
    WHERE c.relnamespace = '{schema}'::regnamespace AND c.relname <> ALL ('{{{kept}}}');
END
$$
"""


def _empty(server: Server) -> None:
    shutil.rmtree(SEAL_STORE, ignore_errors=True)
    for (database, schema), kept in _KEPT.items():
        with superuser(server, database) as connection:
            connection.execute(_EMPTY.format(schema=schema, kept=",".join(kept)))
            if schema == "vault":
                connection.execute(
                    "UPDATE vault.site SET epoch = 1, sign_up_open = true, sign_in_open = true,"
                    " sign_in_known_only = false"
                )
                connection.execute("UPDATE vault.signing_keys SET lockout_id = NULL")
                connection.execute(
                    "UPDATE vault.event_sealing SET number = 0, upto = 0, holes = '{}'"
                )


@pytest.fixture
def vault(server: Server) -> Iterator[None]:
    """An empty vault and site database, emptied again at the end."""
    from vault import wikis

    wikis.forget()
    yield
    from django.db import connections

    connections.close_all()
    _empty(server)


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
