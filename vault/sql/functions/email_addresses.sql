-- E-mail addresses: sealed, with a keyed digest for look-ups. Never an identity.
--
-- That an address is confirmed is under a MAC, which whoever counts on it checks: over the
-- address's id, its account and its digest.

-- Whether these can be a new address, or none at all.
CREATE OR REPLACE FUNCTION vault.is_new_address(
    p_address uuid, p_sealed bytea, p_digest bytea, p_key text
) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(num_nonnulls(p_address, p_sealed, p_digest, p_key) = 0
        OR (octet_length(p_sealed) BETWEEN 30 AND 2000 AND octet_length(p_digest) = 32
            AND length(p_key) BETWEEN 1 AND 40 AND p_address IS NOT NULL
            AND NOT EXISTS (SELECT FROM vault.email_addresses WHERE id = p_address)), false);
$$;

-- Adds an account's first address, if there is one; it counts as confirmed where it comes with a MAC.
CREATE OR REPLACE FUNCTION vault.add_address(
    p_account uuid, p_address uuid, p_sealed bytea, p_digest bytea, p_key text,
    p_mac bytea, p_mac_key text
) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO vault.email_addresses (id, account_id, sealed, lookup_digest, lookup_key,
                                       is_primary, verified_at, mac, mac_key)
    SELECT p_address, p_account, p_sealed, p_digest, p_key, true,
           CASE WHEN p_mac <> '' THEN clock_timestamp() END, p_mac, p_mac_key
    WHERE p_address IS NOT NULL
    ON CONFLICT DO NOTHING;
$$;

-- The same at sign-up, where it asks for the letter that confirms it: in the language that letters to
-- this account are written in from now on.
CREATE OR REPLACE FUNCTION vault.add_first_address(
    p_account uuid, p_address uuid, p_sealed bytea, p_digest bytea, p_key text,
    p_browser_hash bytea, p_language text
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE vault.accounts SET language = p_language WHERE id = p_account;
    PERFORM vault.add_address(p_account, p_address, p_sealed, p_digest, p_key, '', '');
    IF p_address IS NOT NULL THEN
        PERFORM vault.ask_to_confirm(p_account, p_address, p_browser_hash, p_language);
    END IF;
END
$$;

-- One's own addresses, for the account page.
CREATE OR REPLACE FUNCTION api.list_addresses_v1(p_session bytea)
RETURNS TABLE (address_id uuid, sealed_address bytea, is_primary boolean,
               address_verified boolean, lookup_digest bytea, lookup_key text, address_mac bytea,
               address_mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.id, e.sealed, e.is_primary, e.verified_at IS NOT NULL, e.lookup_digest, e.lookup_key,
           e.mac, e.mac_key
    FROM vault.live_session(p_session, 'web') s
    JOIN vault.email_addresses e ON e.account_id = s.account_id AND e.removed_at IS NULL
    ORDER BY e.is_primary DESC, e.created_at;
$$;
