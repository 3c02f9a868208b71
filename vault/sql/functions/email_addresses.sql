-- E-mail addresses: sealed, with a keyed digest for look-ups. Never an identity.

CREATE OR REPLACE FUNCTION vault.add_address(
    p_account uuid, p_sealed bytea, p_digest bytea, p_key text, p_verified boolean
) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO vault.email_addresses (account_id, sealed, lookup_digest, lookup_key, is_primary,
                                       verified_at)
    SELECT p_account, p_sealed, p_digest, p_key, true,
           CASE WHEN p_verified THEN clock_timestamp() END
    WHERE p_sealed IS NOT NULL AND p_digest IS NOT NULL AND p_key IS NOT NULL;
$$;

-- One's own addresses, for the account page.
CREATE OR REPLACE FUNCTION api.list_addresses_v1(p_session bytea)
RETURNS TABLE (id uuid, sealed bytea, is_primary boolean, verified boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.id, e.sealed, e.is_primary, e.verified_at IS NOT NULL
    FROM vault.live_session(p_session, 'web') s
    JOIN vault.email_addresses e ON e.account_id = s.account_id
    ORDER BY e.is_primary DESC, e.created_at;
$$;
