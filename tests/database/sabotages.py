"""What a superuser may have done to a vault, and exactly which checks must see it."""

from dataclasses import dataclass

from django.conf import settings

from demo.databases import SITE_DATABASE, VAULT_DATABASE

JUDGE = "api.judge_password_v1(uuid)"


@dataclass(frozen=True)
class Sabotage:
    """What is done, how it is undone, and exactly which checks must find it."""

    act: str
    undo: str
    found_by: set[str]
    database: str = VAULT_DATABASE


SABOTAGES = {
    # --- roles
    "the owner can log in": Sabotage(
        "ALTER ROLE authsite_owner LOGIN",
        "ALTER ROLE authsite_owner NOLOGIN",
        {"role-attributes"},
    ),
    "a limited role is a superuser": Sabotage(
        "ALTER ROLE authsite_worker SUPERUSER",
        "ALTER ROLE authsite_worker NOSUPERUSER",
        {"role-attributes", "worker-refused"},
    ),
    "a limited role bypasses row security": Sabotage(
        "ALTER ROLE authsite_web BYPASSRLS",
        "ALTER ROLE authsite_web NOBYPASSRLS",
        {"role-attributes"},
    ),
    "a limited role replicates": Sabotage(
        "ALTER ROLE authsite_web REPLICATION",
        "ALTER ROLE authsite_web NOREPLICATION",
        {"role-attributes"},
    ),
    "the owner process inherits": Sabotage(
        "ALTER ROLE authsite_migrate INHERIT",
        "ALTER ROLE authsite_migrate NOINHERIT",
        {"role-attributes"},
    ),
    "a limited role may become the owner": Sabotage(
        "GRANT authsite_owner TO authsite_web",
        "REVOKE authsite_owner FROM authsite_web",
        {"role-memberships"},
    ),
    "a stranger may become a limited role": Sabotage(
        "CREATE ROLE stranger; GRANT authsite_web TO stranger",
        "DROP ROLE stranger",
        {"role-memberships"},
    ),
    "somebody reads all tables": Sabotage(
        "CREATE ROLE stranger; GRANT pg_read_all_data TO stranger",
        "DROP ROLE stranger",
        {"role-memberships"},
    ),
    "the owner process may not play web": Sabotage(
        "REVOKE authsite_web FROM authsite_migrate",
        "GRANT authsite_web TO authsite_migrate",
        {"role-memberships"},
    ),
    "web waits for ever": Sabotage(
        "ALTER ROLE authsite_web RESET idle_in_transaction_session_timeout",
        "ALTER ROLE authsite_web SET idle_in_transaction_session_timeout = '10s'",
        {"role-settings"},
    ),
    "web switched its timeout off": Sabotage(
        "ALTER ROLE authsite_web SET statement_timeout = 0",
        "ALTER ROLE authsite_web SET statement_timeout = '15s'",
        {"role-settings"},
    ),
    "the statements of web are logged": Sabotage(
        "ALTER ROLE authsite_web SET log_statement = 'all'",
        "ALTER ROLE authsite_web RESET log_statement",
        {"role-settings"},
    ),
    # --- grants
    "a table is granted to web": Sabotage(
        "GRANT SELECT ON vault.accounts TO authsite_web",
        "REVOKE SELECT ON vault.accounts FROM authsite_web",
        {"grants-as-files"},
    ),
    "a column is granted to a stranger": Sabotage(
        "CREATE ROLE stranger; GRANT SELECT (username) ON vault.accounts TO stranger",
        "REVOKE ALL (username) ON vault.accounts FROM stranger; DROP ROLE stranger",
        {"grants-as-files"},
    ),
    "a table and its schema are granted to web": Sabotage(
        "GRANT USAGE ON SCHEMA vault TO authsite_web;"
        " GRANT DELETE ON vault.account_locks TO authsite_web",
        "REVOKE USAGE ON SCHEMA vault FROM authsite_web;"
        " REVOKE DELETE ON vault.account_locks FROM authsite_web",
        {"grants-as-files", "web-refused"},
    ),
    "a view is granted to web": Sabotage(
        "GRANT USAGE ON SCHEMA views TO authsite_web; GRANT SELECT ON views.events TO authsite_web",
        "REVOKE USAGE ON SCHEMA views FROM authsite_web;"
        " REVOKE SELECT ON views.events FROM authsite_web",
        {"grants-as-files", "web-refused"},
    ),
    "a function is everybody's": Sabotage(
        "GRANT EXECUTE ON FUNCTION api.report_row_v1 TO PUBLIC",
        "REVOKE EXECUTE ON FUNCTION api.report_row_v1 FROM PUBLIC",
        {"grants-as-files"},
    ),
    "the owner's function is everybody's": Sabotage(
        "GRANT EXECUTE ON FUNCTION api.console_unlock_account_v1 TO PUBLIC",
        "REVOKE EXECUTE ON FUNCTION api.console_unlock_account_v1 FROM PUBLIC",
        {"grants-as-files", "web-refused", "operator-refused", "worker-refused"},
    ),
    "the worker lacks a function": Sabotage(
        "REVOKE EXECUTE ON FUNCTION api.prune_v1 FROM authsite_worker",
        "GRANT EXECUTE ON FUNCTION api.prune_v1 TO authsite_worker",
        {"grants-as-files"},
    ),
    "what is newly made is everybody's": Sabotage(
        "ALTER DEFAULT PRIVILEGES FOR ROLE authsite_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES FOR ROLE authsite_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        {"default-privileges"},
    ),
    "new tables are readable by web": Sabotage(
        "ALTER DEFAULT PRIVILEGES FOR ROLE authsite_owner IN SCHEMA vault"
        " GRANT SELECT ON TABLES TO authsite_web",
        "ALTER DEFAULT PRIVILEGES FOR ROLE authsite_owner IN SCHEMA vault"
        " REVOKE SELECT ON TABLES FROM authsite_web",
        {"default-privileges"},
    ),
    "everybody gets into postgres": Sabotage(
        "GRANT CONNECT ON DATABASE postgres TO PUBLIC",
        "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC",
        {"databases-closed"},
    ),
    "web makes temporary tables": Sabotage(
        f"GRANT TEMPORARY ON DATABASE {VAULT_DATABASE} TO authsite_web",
        f"REVOKE TEMPORARY ON DATABASE {VAULT_DATABASE} FROM authsite_web",
        {"databases-closed", "web-refused"},
    ),
    "web makes large objects": Sabotage(
        "GRANT EXECUTE ON FUNCTION lo_creat(integer) TO authsite_web",
        "REVOKE EXECUTE ON FUNCTION lo_creat(integer) FROM authsite_web",
        {"large-objects-closed"},
    ),
    "there is a large object": Sabotage(
        "SELECT lo_create(4711)", "SELECT lo_unlink(4711)", {"large-objects-closed"}
    ),
    "everybody takes advisory locks": Sabotage(
        "GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO PUBLIC",
        "REVOKE EXECUTE ON FUNCTION pg_advisory_lock(bigint) FROM PUBLIC",
        {"advisory-locks-closed"},
    ),
    "everybody writes code": Sabotage(
        "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC",
        "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
        {"languages-closed", "web-refused", "operator-refused", "worker-refused"},
    ),
    "everybody uses the schema public": Sabotage(
        "GRANT USAGE ON SCHEMA public TO PUBLIC",
        "REVOKE USAGE ON SCHEMA public FROM PUBLIC",
        {"public-schema-closed"},
    ),
    "the worker reads the site database": Sabotage(
        "GRANT SELECT ON django_admin_log TO authsite_worker",
        "REVOKE SELECT ON django_admin_log FROM authsite_worker",
        {"site-database-closed"},
        SITE_DATABASE,
    ),
    # --- functions
    "a function looks wherever its caller says": Sabotage(
        f"ALTER FUNCTION {JUDGE} RESET search_path",
        f"ALTER FUNCTION {JUDGE} RESET ALL;"
        f" ALTER FUNCTION {JUDGE} SET search_path = pg_catalog, pg_temp;"
        f" ALTER FUNCTION {JUDGE} SET lock_timeout = '3s'",
        {"function-settings"},
    ),
    "a function waits for ever": Sabotage(
        f"ALTER FUNCTION {JUDGE} RESET lock_timeout",
        f"ALTER FUNCTION {JUDGE} SET lock_timeout = '3s'",
        {"function-settings"},
    ),
    "a function runs as somebody else": Sabotage(
        "ALTER FUNCTION api.list_wikis_v1() OWNER TO postgres",
        "ALTER FUNCTION api.list_wikis_v1() OWNER TO authsite_owner",
        {"all-owned-by-owner"},
    ),
    "there is another function": Sabotage(
        "CREATE FUNCTION api.backdoor_v1() RETURNS int LANGUAGE sql"
        " SET search_path = pg_catalog, pg_temp AS 'SELECT 1';"
        " ALTER FUNCTION api.backdoor_v1() OWNER TO authsite_owner;"
        " REVOKE ALL ON FUNCTION api.backdoor_v1() FROM PUBLIC",
        "DROP FUNCTION api.backdoor_v1()",
        {"functions-as-files"},
    ),
    "there is another kind of event": Sabotage(
        "INSERT INTO vault.event_tags VALUES ('account:nothing:happened')",
        "DELETE FROM vault.event_tags WHERE tag = 'account:nothing:happened'",
        {"event-tags-as-files"},
    ),
    # --- tables
    "a verifier has a constraint": Sabotage(
        "ALTER TABLE vault.password_verifiers"
        " ADD CONSTRAINT telling CHECK (octet_length(digest) < 99)",
        "ALTER TABLE vault.password_verifiers DROP CONSTRAINT telling",
        {"verifiers-stand-alone"},
    ),
    "a verifier is indexed": Sabotage(
        "CREATE INDEX telling ON vault.recovery_codes (digest)",
        "DROP INDEX vault.telling",
        {"verifiers-stand-alone"},
    ),
    "there is another table": Sabotage(
        "CREATE TABLE vault.copies AS SELECT * FROM vault.password_verifiers;"
        " ALTER TABLE vault.copies OWNER TO authsite_owner",
        "DROP TABLE vault.copies",
        {"tables-as-files"},
    ),
    "there is another column": Sabotage(
        "ALTER TABLE vault.accounts ADD COLUMN hint text",
        "ALTER TABLE vault.accounts DROP COLUMN hint",
        {"tables-as-files"},
    ),
    "a table belongs to somebody else": Sabotage(
        "ALTER TABLE vault.event_salts OWNER TO authsite_migrate",
        "ALTER TABLE vault.event_salts OWNER TO authsite_owner",
        {"all-owned-by-owner", "web-errors-print-nothing", "operator-errors-print-nothing"},
    ),
    "a trigger copies what is written": Sabotage(
        "CREATE FUNCTION public.copy() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN NEW; END'; CREATE TRIGGER copying BEFORE INSERT ON vault.password_proposals"
        " FOR EACH ROW EXECUTE FUNCTION public.copy()",
        "DROP TRIGGER copying ON vault.password_proposals; DROP FUNCTION public.copy()",
        {"nothing-acts-by-itself", "nothing-beside-the-schemas"},
    ),
    "a rule drops events": Sabotage(
        "CREATE RULE silence AS ON DELETE TO vault.events DO INSTEAD NOTHING",
        "DROP RULE silence ON vault.events",
        {"nothing-acts-by-itself"},
    ),
    "foreign keys are switched off": Sabotage(
        "ALTER TABLE vault.device_credentials DISABLE TRIGGER ALL",
        "ALTER TABLE vault.device_credentials ENABLE TRIGGER ALL",
        {"nothing-acts-by-itself"},
    ),
    "there is another schema": Sabotage(
        "CREATE SCHEMA annex", "DROP SCHEMA annex", {"nothing-beside-the-schemas"}
    ),
    "a migration is forgotten": Sabotage(
        "UPDATE django_migrations SET name = '0003_x'"
        " WHERE app = 'vault' AND name = '0003_device_credentials'",
        "UPDATE django_migrations SET name = '0003_device_credentials' WHERE name = '0003_x'",
        {"migrations-applied"},
    ),
    # --- numbers
    "sessions live longer": Sabotage(
        "UPDATE vault.policy SET seconds = seconds + 1 WHERE name = 'session_absolute'",
        "UPDATE vault.policy SET seconds = seconds - 1 WHERE name = 'session_absolute'",
        {"policy-within-design"},
    ),
    "a bound is missing": Sabotage(
        "DELETE FROM vault.policy WHERE name = 'event_digests'",
        "INSERT INTO vault.policy VALUES ('event_digests', 7776000)",
        {"policy-within-design"},
    ),
    "decoys cost less": Sabotage(
        "UPDATE vault.site SET argon2_memory_kib = 8",
        f"UPDATE vault.site SET argon2_memory_kib = {settings.ARGON2_MEMORY_KIB}",
        {"decoys-as-settings"},
    ),
    # --- the server
    "rows are published": Sabotage(
        "CREATE PUBLICATION leak FOR ALL TABLES", "DROP PUBLICATION leak", {"rows-go-nowhere-else"}
    ),
    "code runs at each change of the schema": Sabotage(
        "CREATE FUNCTION pg_temp.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        " CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION pg_temp.f()",
        "DROP EVENT TRIGGER t",
        {"no-code-of-others"},
    ),
}
