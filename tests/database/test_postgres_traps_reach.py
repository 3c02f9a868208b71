"""PostgreSQL's traps 6, 8, 10 and 12: what a bare role may still read, shadow, make or enter."""

import psycopg
import pytest

from demo.databases import LOGINS, SITE_DATABASE, VAULT_DATABASE
from tests.database.asking import (
    Login,
    a_person,
    a_session,
    ask,
    granted,
    guess,
    is_live,
    random_32,
    register,
    value,
)
from tests.database.people import sign_in, sign_up
from tests.environment import dsn
from vault import sessions

LIMITED = ("web", "operator", "worker")


# 6. search_path.


def test_temporary_table_as_a_limited_role_is_refused(vault: None, login: Login) -> None:
    """No role may make a temporary table, by any spelling, so none can shadow anything."""
    for role in LIMITED:
        with login(role) as connection:
            for statement in (
                "CREATE TEMP TABLE site (id int)",
                "CREATE TEMPORARY VIEW accounts AS SELECT 1",
                "CREATE TABLE pg_temp.usernames (username text)",
                "SELECT 1 AS id INTO TEMP accounts",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)


def test_temporary_objects_of_the_vaults_names_shadow_nothing(
    admin: psycopg.Connection, login: Login
) -> None:
    """Even where temporary tables are allowed, the functions read the vault's own."""
    tables = [
        row["tablename"]
        for row in ask(admin, "SELECT tablename FROM pg_tables WHERE schemaname = 'vault'")
    ]
    with granted(admin, f"TEMP ON DATABASE {VAULT_DATABASE}"), login("web") as web:
        ada = a_person(web)
        for table in tables:
            web.execute(f"CREATE TEMP TABLE {table} (id int, username text, secret bytea)")
        web.execute("SET search_path = pg_temp, vault, api, pg_catalog")
        assert guess(web, "Ada", random_32())["status"] == "wrong"
        session = a_session(web, ada)
        assert is_live(web, session)
        assert register(web, "Ada", skeletons=["other"])["status"] == "taken"


def test_definer_functions_have_a_fixed_search_path_with_pg_temp_last(
    admin: psycopg.Connection,
) -> None:
    """Whatever the caller's search_path, every function looks in pg_catalog first, pg_temp last."""
    loose = ask(
        admin,
        "SELECT p.oid::regprocedure::text AS name, p.prosecdef FROM pg_proc p"
        " WHERE p.pronamespace IN ('api'::regnamespace, 'vault'::regnamespace)"
        " AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)",
    )
    # The procedures run with their caller's own rights and must COMMIT: they name all in full.
    assert {row["name"].partition("(")[0] for row in loose} == {
        "api.prove_password_v1",
        "api.ask_totp_v1",
        "api.prove_recovery_code_v1",
        "api.prove_recovery_v1",
        "api.prove_app_password_v1",
    }
    assert not any(row["prosecdef"] for row in loose)


# 8. Client-side binding.


def test_parameters_of_our_pool_are_not_in_the_statements_that_others_see(
    admin: psycopg.Connection,
) -> None:
    """pg_stat_activity shows the pool's statements with $1, never a value."""
    ada = sign_up("Ada Needle")
    session = sign_in(ada)
    assert sessions.resume(session.secret) is not None
    seen = " ".join(
        str(row["query"])
        for row in ask(
            admin,
            "SELECT query FROM pg_stat_activity WHERE application_name = 'authsite-web'",
        )
    )
    assert "$1" in seen
    for secret in (session.secret.hex(), str(session.sid), ada.username, ada.password, "\\x"):
        assert secret not in seen


# 10. "Nothing else" is more than tables.


@pytest.mark.parametrize("role", LIMITED)
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT lo_create(0)",
        "SELECT lo_creat(-1)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_lock(1)",
        "SELECT pg_advisory_xact_lock(1, 2)",
        "SELECT pg_try_advisory_xact_lock_shared(1)",
        "DO $$ BEGIN END $$",
        "CREATE TABLE public.t ()",
        "CREATE TABLE api.t ()",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql RETURN 1",
        "CREATE FUNCTION api.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION api.prune_v1() RETURNS void LANGUAGE sql AS ''",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY (SELECT 1) TO '/tmp/never'",
        "SELECT pg_read_file('/etc/hostname')",
        "SELECT pg_ls_dir('.')",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
        "SELECT rolpassword FROM pg_authid",
        "SELECT * FROM pg_statistic",
        "ALTER SYSTEM SET log_statement = 'all'",
        "SET log_statement = 'all'",
        "SET session_replication_role = 'replica'",
        "BEGIN; LOCK TABLE vault.accounts",
    ],
)
def test_bare_role_does_nothing_but_ask_functions(
    vault: None, login: Login, role: str, statement: str
) -> None:
    """What PostgreSQL gives everybody is taken away: disk, locks, code, files, other backends."""
    with login(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize("role", LIMITED)
def test_function_text_as_a_limited_role_holds_no_secret(
    admin: psycopg.Connection, login: Login, role: str
) -> None:
    """Anybody may read a function's text: no key, salt or long literal stands in one."""
    secret = value(admin, "SELECT secret FROM vault.site")
    with login(role) as connection:
        text = value(
            connection,
            "SELECT string_agg(coalesce(prosrc, '') || pg_get_functiondef(oid), ' ') FROM pg_proc"
            " WHERE pronamespace::regnamespace::text IN ('api', 'vault') AND prokind IN ('f', 'p')",
        )
        assert value(connection, "SELECT count(*) FROM pg_stats WHERE schemaname = 'vault'") == 0
        literals = value(
            connection,
            "SELECT count(*) FROM regexp_matches(%s, '[0-9a-fA-F]{16,}|[A-Za-z0-9+/_-]{40,}', 'g')",
            text,
        )
    assert len(text) > 20_000
    assert secret.hex() not in text
    assert literals == 0


# 12. Default privileges.


@pytest.mark.parametrize("database", [VAULT_DATABASE, SITE_DATABASE])
def test_function_newly_made_by_the_owner_is_executable_by_nobody_else(
    vault: None, database: str
) -> None:
    """A function that nobody has granted yet is refused to everybody: a mistake stays closed."""
    with psycopg.connect(dsn("owner", database)) as owner:
        owner.execute("SET ROLE authsite_owner")
        owner.execute("CREATE FUNCTION public.forgotten() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        for role in ("authsite_web", "authsite_operator", "authsite_worker"):
            assert not value(
                owner, "SELECT has_function_privilege(%s, 'public.forgotten()', 'EXECUTE')", role
            )
        owner.rollback()


@pytest.mark.parametrize("role", list(LOGINS))
@pytest.mark.parametrize("database", ["postgres", "template1", "template0"])
def test_database_of_nobodys_business_is_refused(vault: None, role: str, database: str) -> None:
    """A login of ours gets into the two databases of the site and no other."""
    with pytest.raises(
        psycopg.OperationalError, match=r"permission denied|not accepting|not currently"
    ):
        psycopg.connect(dsn(role, database)).close()


@pytest.mark.parametrize("role", LIMITED)
@pytest.mark.parametrize("database", [VAULT_DATABASE, SITE_DATABASE])
def test_temporary_objects_and_schemas_in_the_sites_databases_are_refused(
    admin: psycopg.Connection, role: str, database: str
) -> None:
    """Neither TEMP nor CREATE on either database."""
    for privilege in ("TEMP", "CREATE"):
        assert not value(
            admin, "SELECT has_database_privilege(%s, %s, %s)", LOGINS[role], database, privilege
        )
