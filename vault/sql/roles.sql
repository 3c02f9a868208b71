-- The cluster's roles. Run once by a superuser, before the databases are made; safe to run again.
-- Passwords are set apart (ALTER ROLE ... PASSWORD), so that none stands in a file.
--
--   authsite_owner     owns every table and function; nobody can log in as it
--   authsite_migrate   the owner process: may become authsite_owner, while migrating or importing,
--                      and the three below, to try what they must not be able to do
--   authsite_web       the public site
--   authsite_operator  the operator's site
--   authsite_worker    mail, back-channel logout, sealing, pruning

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['authsite_owner', 'authsite_migrate', 'authsite_web',
                                  'authsite_operator', 'authsite_worker'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I', wanted);
        END IF;
    END LOOP;
END
$$;

ALTER ROLE authsite_owner NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE authsite_migrate LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
ALTER ROLE authsite_web LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
ALTER ROLE authsite_operator LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
ALTER ROLE authsite_worker LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;

GRANT authsite_owner TO authsite_migrate;
-- For checkvault, which becomes each of them and tries what must fail. It gives the owner process
-- nothing: it owns every table and function already, inherits nothing of theirs (NOINHERIT), and
-- session_user stays authsite_migrate, so that it still guesses at no password.
GRANT authsite_web, authsite_operator, authsite_worker TO authsite_migrate;
-- Lets the lockout function end another role's stuck backends (docs/runbook.md).
GRANT pg_signal_backend TO authsite_owner;

-- A limited role waits neither for ever nor at anybody's expense; a role may change its own
-- settings, so the functions set their lock_timeout themselves as well.
ALTER ROLE authsite_web SET statement_timeout = '15s';
ALTER ROLE authsite_web SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE authsite_operator SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE authsite_worker SET idle_in_transaction_session_timeout = '30s';

-- Nobody but the roles named in database.sql gets into any database of this cluster.
REVOKE CONNECT, TEMPORARY ON DATABASE postgres FROM PUBLIC;
REVOKE CONNECT, TEMPORARY ON DATABASE template1 FROM PUBLIC;
