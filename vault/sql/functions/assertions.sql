-- Assertions with which clients authenticate (RFC 7523 section 3): each is good once.

-- Spends an assertion, by the SHA-256 of client id and jti; it ends at p_ends_at (seconds since 1970),
-- and is remembered for a day longer, so that a clock set back opens nothing. Of many who show one at
-- once, one is answered spent. Statuses: spent, replayed, unknown (no such wiki), bad_request.
CREATE OR REPLACE FUNCTION api.spend_assertion_v1(
    p_client_id text, p_hash bytea, p_ends_at bigint
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    -- An end further away would fill the table with what is never pruned.
    IF coalesce(octet_length(p_hash), 0) <> 32 OR p_ends_at IS NULL
       OR abs(p_ends_at - extract(epoch FROM clock_timestamp())) > 86400 THEN
        RETURN 'bad_request';
    END IF;
    IF NOT EXISTS (SELECT FROM vault.wikis w WHERE w.client_id = p_client_id) THEN
        RETURN 'unknown';
    END IF;
    INSERT INTO vault.spent_assertions (assertion_hash, ends_at)
    VALUES (p_hash, to_timestamp(p_ends_at)) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        PERFORM vault.record_event('wiki:assertion:replayed', NULL, NULL, p_client_id, NULL, NULL, NULL);
        RETURN 'replayed';
    END IF;
    RETURN 'spent';
END
$$;
