-- Signing keys, taken out of service by a lockout: what they signed is worth nothing, and they sign nothing,
-- until they are put back. Others that are published go on; where none is left, nobody is sent to a wiki
-- until the console has made new ones (manage.py rotatekeys --signing --compromised).

-- Keys that came since a lockout that holds are taken by it as well. Statuses: withdrawn, already (there is
-- no key to withdraw), bad_request.
CREATE OR REPLACE FUNCTION vault.lock_signing_keys(
    p_reason text, p_actor uuid, p_ends_at timestamptz
) RETURNS TABLE (status text, kids text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_lockout bigint;
BEGIN
    PERFORM vault.require_read_committed();
    kids := '{}';
    IF NOT vault.is_reason(p_reason) OR NOT vault.is_end(p_ends_at) THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    status := 'already';
    PERFORM vault.lock_signing_key_changes();
    IF EXISTS (SELECT FROM vault.signing_keys k WHERE vault.verifies_hints(k)) THEN
        v_lockout := coalesce(
            vault.place_lockout('signing_keys', '', p_reason, p_actor, p_ends_at),
            (SELECT l.id FROM vault.lockouts l WHERE l.kind = 'signing_keys' AND l.lifted_at IS NULL));
    END IF;
    IF v_lockout IS NOT NULL THEN
        WITH withdrawn AS (
            UPDATE vault.signing_keys k SET lockout_id = v_lockout
            WHERE vault.verifies_hints(k) RETURNING k.kid
        )
        SELECT array_agg(w.kid ORDER BY w.kid) INTO kids FROM withdrawn w;
        PERFORM vault.record_event('lockout:signing_keys:withdrawn', NULL, NULL, NULL, p_actor,
            NULL, NULL, vault.lockout_detail(p_reason, p_ends_at,
                                             jsonb_build_object('kids', kids)));
        PERFORM vault.tell_operators('lockout:signing_keys:withdrawn', p_actor, cardinality(kids));
        status := 'withdrawn';
    END IF;
    RETURN NEXT;
END
$$;

-- Puts back what the lockout took, but for keys that were withdrawn for good meanwhile. Statuses: restored,
-- already, bad_request.
CREATE OR REPLACE FUNCTION vault.restore_signing_keys(
    p_reason text, p_actor uuid, p_is_over boolean DEFAULT false
) RETURNS TABLE (status text, kids text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_lockout bigint;
BEGIN
    PERFORM vault.require_read_committed();
    kids := '{}';
    IF NOT vault.is_reason(p_reason) THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    PERFORM vault.lock_signing_key_changes();
    v_lockout := vault.lift_lockout('signing_keys', '', p_reason, p_actor);
    status := 'already';
    IF v_lockout IS NOT NULL THEN
        WITH restored AS (
            UPDATE vault.signing_keys k SET lockout_id = NULL
            WHERE k.lockout_id = v_lockout RETURNING k.kid, k.retired_at
        )
        SELECT coalesce(array_agg(r.kid ORDER BY r.kid), '{}') INTO kids FROM restored r
        WHERE r.retired_at IS DISTINCT FROM '-infinity';
        -- Logouts that could not be signed are tried at once.
        UPDATE vault.outbox SET not_before = clock_timestamp()
        WHERE done_at IS NULL AND buried_at IS NULL AND last_error = 'signing_key_missing';
        PERFORM vault.record_event('lockout:signing_keys:restored', NULL, NULL, NULL, p_actor,
            NULL, NULL, vault.lockout_detail(p_reason, NULL, jsonb_build_object(
                'kids', kids, 'by_itself', nullif(p_is_over, false))));
        PERFORM vault.tell_operators('lockout:signing_keys:restored', p_actor, cardinality(kids));
        status := 'restored';
    END IF;
    RETURN NEXT;
END
$$;

CREATE OR REPLACE FUNCTION api.lock_signing_keys_v1(
    p_session bytea, p_reason text, p_ends_at timestamptz
) RETURNS TABLE (status text, kids text[])
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'chief', NULL);
BEGIN
    IF v_proven.status <> 'proven' THEN
        RETURN QUERY SELECT v_proven.status, '{}'::text[];
    ELSE
        RETURN QUERY SELECT * FROM vault.lock_signing_keys(p_reason, v_proven.account_id, p_ends_at);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION api.restore_signing_keys_v1(p_session bytea, p_reason text)
RETURNS TABLE (status text, kids text[])
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'chief', NULL);
BEGIN
    IF v_proven.status <> 'proven' THEN
        RETURN QUERY SELECT v_proven.status, '{}'::text[];
    ELSE
        RETURN QUERY SELECT * FROM vault.restore_signing_keys(p_reason, v_proven.account_id);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION api.console_lock_signing_keys_v1(p_reason text, p_ends_at timestamptz)
RETURNS TABLE (status text, kids text[])
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT * FROM vault.lock_signing_keys(p_reason, NULL, p_ends_at);
$$;

CREATE OR REPLACE FUNCTION api.console_restore_signing_keys_v1(p_reason text)
RETURNS TABLE (status text, kids text[])
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT * FROM vault.restore_signing_keys(p_reason, NULL);
$$;
