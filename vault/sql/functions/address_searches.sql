-- Whose address is this? For operators and the owner's console, by keyed digests alone.

-- The accounts that have an address of one of these digests: confirmed, not confirmed, or taken away
-- within the days in which that can be undone. Who has it is written into the trail, the address is
-- not: nothing there can be tried out. At most 20 are named.
CREATE OR REPLACE FUNCTION vault.find_by_address(p_digests bytea[], p_actor uuid)
RETURNS TABLE (status text, account_id uuid, username text, state text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_accounts uuid[];
BEGIN
    PERFORM vault.require_read_committed();
    IF coalesce(cardinality(p_digests), 0) NOT BETWEEN 1 AND 20 THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    v_accounts := ARRAY(
        SELECT DISTINCT e.account_id FROM vault.email_addresses e
        WHERE e.lookup_digest = ANY (p_digests) LIMIT 20);
    PERFORM vault.record_event('operator:address:searched', NULL, NULL, NULL, p_actor, NULL, NULL,
                               jsonb_build_object('accounts', v_accounts));
    RETURN QUERY
        SELECT 'found', a.id, a.username,
               CASE WHEN bool_or(e.removed_at IS NULL AND e.verified_at IS NOT NULL) THEN 'confirmed'
                    WHEN bool_or(e.removed_at IS NULL) THEN 'unconfirmed' ELSE 'removed' END
        FROM vault.email_addresses e JOIN vault.accounts a ON a.id = e.account_id
        WHERE a.id = ANY (v_accounts) AND e.lookup_digest = ANY (p_digests)
        GROUP BY a.id, a.username ORDER BY a.username;
    IF NOT FOUND THEN
        status := 'nobody';
        RETURN NEXT;
    END IF;
END
$$;

-- Statuses: found, nobody, forbidden (no live operator's session), bad_request.
CREATE OR REPLACE FUNCTION api.find_by_address_v1(p_session bytea, p_digests bytea[])
RETURNS TABLE (status text, account_id uuid, username text, state text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_actor uuid := vault.acting_operator(p_session, 'looker');
BEGIN
    IF v_actor IS NULL THEN
        status := 'forbidden';
        RETURN NEXT;
    ELSE
        RETURN QUERY SELECT * FROM vault.find_by_address(p_digests, v_actor);
    END IF;
END
$$;

-- The console's door: granted to no role.
CREATE OR REPLACE FUNCTION api.console_find_by_address_v1(p_digests bytea[])
RETURNS TABLE (status text, account_id uuid, username text, state text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT * FROM vault.find_by_address(p_digests, NULL);
$$;
