-- Counters that every process of the site shares (authsite/counters.py). Unlogged: after a crash
-- of the server they start from nothing, which costs at most one window of a limit.

CREATE UNLOGGED TABLE authsite_counter (
    key text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL,
    expires timestamptz NOT NULL
) WITH (fillfactor = 60);  -- room for updates of `value` in place

CREATE INDEX authsite_counter_expires ON authsite_counter (expires);

REVOKE ALL ON authsite_counter FROM PUBLIC;

-- A database without the site's roles (a developer's own) needs no grants.
DO $$
DECLARE
    grantee text;
BEGIN
    FOREACH grantee IN ARRAY ARRAY['authsite_web', 'authsite_operator'] LOOP
        IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = grantee) THEN
            EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', grantee);
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON authsite_counter TO %I', grantee);
        END IF;
    END LOOP;
END
$$;
