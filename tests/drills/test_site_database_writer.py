"""The thief reads and writes the site database: what Django keeps for itself, and rate counters."""

import django_otp
import psycopg
import pytest

from accounts.models import Account
from demo.databases import SITE_DATABASE
from demo.postgres import Server
from tests.conftest import superuser
from tests.database.asking import ask
from tests.database.people import sign_up
from tests.drills.loot import Loot
from tests.web.holders import Ada, words
from tests.web.people import Browser


def test_site_database_writer_makes_nobody_an_operator(server: Server, loot: Loot) -> None:
    """Flags of Django's decide nothing: there is not even a column for them (docs/decisions)."""
    columns = {field.name for field in Account._meta.get_fields()}
    assert not columns & {"is_staff", "is_superuser", "password", "last_login", "is_active"}
    with superuser(server, SITE_DATABASE) as connection:
        kept = ask(
            connection,
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name ~"
            " 'password|secret|token|digest|hash|session|staff|superuser|seal|key'",
        )
    # Permission codenames, counters' names and django-otp's own words are no secrets.
    telling = {(row["table_name"], row["column_name"]) for row in kept}
    assert not {name for _table, name in telling} & {"password", "secret", "session_data", "token"}
    loot.refused("credentials, sessions, and flags that mean something: none are there")


def test_site_database_writer_gets_no_login(browser: Browser, server: Server, loot: Loot) -> None:
    """Every row thrown away and others put in their place: who is signed in stays so, alone."""
    browser.sign_up("Victim")
    mallory = sign_up("Mallory")
    with superuser(server, SITE_DATABASE) as connection:
        for row in ask(connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            if row["tablename"] not in ("django_migrations", "django_content_type"):
                connection.execute(f'TRUNCATE public."{row["tablename"]}" CASCADE')
    assert "Victim" in browser.get("/account/").content.decode()
    thief = Browser()
    assert thief.get("/account/").status_code == 303
    assert thief.sign_in("Victim", mallory.password + "x").status_code == 200
    assert thief.get("/account/").status_code == 303
    loot.refused("a session, somebody else's account, a password that works")
    loot.gained("fresh counters per network: the vault's budgets hold without them")


def test_site_database_is_closed_to_the_vaults_tables(server: Server, loot: Loot) -> None:
    """No function, no foreign table and no link leads from here into the vault."""
    with superuser(server, SITE_DATABASE) as connection:
        schemas = {row["nspname"] for row in ask(connection, "SELECT nspname FROM pg_namespace")}
        assert not schemas & {"vault", "api", "views"}
        assert not ask(connection, "SELECT * FROM pg_foreign_server")
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.execute("SELECT * FROM authsite_vault.vault.accounts")
    loot.refused("a way over into the vault")


def test_site_database_writer_takes_no_second_step_away(
    ada: Ada, browser: Browser, server: Server, loot: Loot
) -> None:
    """Rows where django-otp would look for devices: made or deleted, the vault says what is asked.

    There is no such table; the drill makes them all, confirmed and not, for everybody.
    """
    labels = [kind._meta.db_table for kind in django_otp.device_classes()]
    assert labels
    columns = "(id bigint, user_id uuid, name text, confirmed boolean)"
    stranger = sign_up("Stranger")
    try:
        with superuser(server, SITE_DATABASE) as connection:
            for table in labels:
                connection.execute(f'CREATE TABLE public."{table}" {columns}')
                connection.execute(f'GRANT ALL ON public."{table}" TO authsite_web')
                connection.execute(
                    f"INSERT INTO public.\"{table}\" VALUES (1, %s, 'x', true)",
                    [stranger.account_id],
                )
            # Ada has none of these, and is asked all the same; the stranger has, and is not.
            assert "One more step" in words(browser.sign_in("Ada"))
            assert "__Host-session" not in browser.cookies
            other = Browser()
            assert other.sign_in("Stranger", stranger.password).status_code == 303
            for table in labels:
                connection.execute(f'TRUNCATE public."{table}"')
            assert "One more step" in words(Browser().sign_in("Ada"))
    finally:
        with superuser(server, SITE_DATABASE) as connection:
            for table in labels:
                connection.execute(f'DROP TABLE IF EXISTS public."{table}"')
    loot.refused("a second step skipped, or one put in somebody's way")
