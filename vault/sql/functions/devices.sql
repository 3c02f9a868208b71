-- Known devices: a browser carries one secret; a session that it opens makes it known to an account.

-- Which budget a guess at this account is charged to: the known device's own, or the strangers'.
CREATE OR REPLACE FUNCTION vault.guess_subject(p_account uuid, p_device bytea) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN EXISTS (SELECT FROM vault.device_credentials d
                             WHERE d.secret_hash = sha256(p_device) AND d.account_id = p_account)
                THEN sha256(uuid_send(p_account) || p_device)
                ELSE uuid_send(p_account) END;
END
$$;

-- Makes a device known, or notes that it was used; an account has 20 at the most, the latest ones.
CREATE OR REPLACE FUNCTION vault.remember_device(p_account uuid, p_device bytea) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO vault.device_credentials (secret_hash, account_id)
    SELECT sha256(p_device), p_account WHERE octet_length(p_device) = 32
    ON CONFLICT (secret_hash, account_id) DO UPDATE SET last_used_at = clock_timestamp();
    DELETE FROM vault.device_credentials WHERE account_id = p_account AND secret_hash IN (
        SELECT d.secret_hash FROM vault.device_credentials d WHERE d.account_id = p_account
        ORDER BY d.last_used_at DESC OFFSET 20 FOR UPDATE SKIP LOCKED);
$$;
