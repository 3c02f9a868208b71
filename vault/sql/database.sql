-- What a database of this site refuses to everybody. Run once by a superuser in each of the two
-- databases, after roles.sql and before the first migration; safe to run again.

DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO authsite_migrate, authsite_web, '
                   'authsite_operator, authsite_worker', current_database());
    EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO authsite_owner', current_database());
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO authsite_owner;

-- Only the owner writes code: no DO block and no function by a limited role.
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
REVOKE USAGE ON LANGUAGE sql FROM PUBLIC;
GRANT USAGE ON LANGUAGE plpgsql, sql TO authsite_owner;

-- Only the global form works (with IN SCHEMA it does nothing).
ALTER DEFAULT PRIVILEGES FOR ROLE authsite_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE authsite_migrate REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- A bare role could still fill the disk with large objects and block others by advisory locks.
DO $$
DECLARE
    routine regprocedure;
BEGIN
    FOR routine IN
        SELECT p.oid::regprocedure FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'pg_catalog'
          AND (p.proname ~ '^(lo_|lowrite|loread|be_lo)' OR p.proname ~ '^pg_(try_)?advisory_')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', routine);
    END LOOP;
END
$$;
