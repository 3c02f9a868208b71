-- Challenges of passkeys' ceremonies: spent when presented, whatever comes of the ceremony
-- (WebAuthn Level 3 section 13.4.3).

-- Spends a challenge, by its SHA-256. Of many who present one at once, one is answered spent.
-- Statuses: spent, replayed, bad_request.
CREATE OR REPLACE FUNCTION api.spend_challenge_v1(p_hash bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF coalesce(octet_length(p_hash), 0) <> 32 THEN
        RETURN 'bad_request';
    END IF;
    INSERT INTO vault.spent_challenges (challenge_hash) VALUES (p_hash) ON CONFLICT DO NOTHING;
    RETURN CASE WHEN FOUND THEN 'spent' ELSE 'replayed' END;
END
$$;
