-- The keys that sign assertions, sealed. What is published is made from what a seal holds: a public
-- half that somebody writes here is nobody's.

-- Whether a key stands in the published set: until a day after it was replaced, unless withdrawn, for
-- good or by a lockout.
CREATE OR REPLACE FUNCTION vault.is_published(p_key vault.signing_keys) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p_key.lockout_id IS NULL AND (p_key.state <> 'retired'
        OR p_key.retired_at > clock_timestamp() - interval '1 day');
$$;

-- What is published, and which of it signs. A key that was replaced signs on for an hour: until then
-- somebody may hold a copy of the published set that lacks the new one, which is 'next' meanwhile.
CREATE OR REPLACE FUNCTION api.signing_keys_v1()
RETURNS TABLE (kid text, alg text, state text, sealed_private bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.kid, k.alg,
           CASE WHEN k.kid = signer.kid THEN 'active' WHEN k.state = 'active' THEN 'next'
                ELSE k.state END,
           k.sealed_private
    FROM vault.signing_keys k
    LEFT JOIN LATERAL (
        SELECT s.kid FROM vault.signing_keys s
        WHERE s.alg = k.alg AND s.lockout_id IS NULL AND (s.state = 'active'
                                 OR s.retired_at > clock_timestamp() - interval '1 hour')
        ORDER BY s.retired_at NULLS LAST LIMIT 1
    ) AS signer ON true
    WHERE vault.is_published(k)
    ORDER BY k.alg, k.created_at DESC;
$$;

-- The published halves as the table has them, for whoever only has to say whether a token that turned
-- up is ours. A writer of the database could add one: nothing is opened by it.
CREATE OR REPLACE FUNCTION api.published_keys_v1()
RETURNS TABLE (kid text, alg text, public_jwk jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.kid, k.alg, k.public_jwk FROM vault.signing_keys k WHERE vault.is_published(k);
$$;

-- Adds a key; an active one takes over from the key of that algorithm that was active, which stays
-- published for a day.
CREATE OR REPLACE FUNCTION api.add_signing_key_v1(
    p_kid text, p_alg text, p_state text, p_public_jwk jsonb, p_sealed_private bytea
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_state = 'active' THEN
        UPDATE vault.signing_keys SET state = 'retired', retired_at = clock_timestamp()
        WHERE alg = p_alg AND state = 'active';
    END IF;
    INSERT INTO vault.signing_keys (kid, alg, state, public_jwk, sealed_private)
    VALUES (p_kid, p_alg, p_state, p_public_jwk, p_sealed_private);
    PERFORM vault.record_event('site:signing_key:added', NULL, NULL, NULL, NULL, NULL, NULL,
                               jsonb_build_object('kid', p_kid, 'alg', p_alg, 'state', p_state));
END
$$;
