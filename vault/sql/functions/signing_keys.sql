-- The keys that sign assertions: public halves for everybody, private halves sealed.

CREATE OR REPLACE FUNCTION api.signing_keys_v1()
RETURNS TABLE (kid text, alg text, state text, public_jwk jsonb, sealed_private bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.kid, k.alg, k.state, k.public_jwk, k.sealed_private FROM vault.signing_keys k
    WHERE k.state <> 'retired' OR k.retired_at > clock_timestamp() - interval '1 day'
    ORDER BY k.alg, k.created_at DESC;
$$;

-- Adds a key; an active one takes over from the key of that algorithm that was active.
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
