-- Puts rows under the active key of their ring, while the site goes on serving. The owner's alone.
--
-- The vault can neither check a MAC nor open a seal. The owner process does (vault/resealing.py), row
-- by row, and hands back what it made together with what it had read.

-- Decoys name the pepper that new passwords get, so that an unknown name looks like a new one.
CREATE OR REPLACE FUNCTION api.renew_decoys_v1(p_pepper_id text) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    WITH renewed AS (
        UPDATE vault.site SET pepper_id = p_pepper_id
        WHERE pepper_id <> p_pepper_id AND length(p_pepper_id) BETWEEN 1 AND 40
        RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;

-- Each kind of row by pages: those that name another key than the active one, in the order of their
-- primary key, after the last one of the page before.
--
-- Each renewal takes a page's rows as they were read and as they shall be; gives how many still were
-- so. It skips a row that somebody has locked, and so waits for nobody: the next pass has it.

CREATE OR REPLACE FUNCTION api.stale_operators_v1(p_active text, p_after uuid, p_limit integer)
RETURNS TABLE (account_id uuid, level text, granted_at bigint, mac bytea, mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.account_id, o.level, vault.epoch_seconds(o.granted_at), o.mac, o.mac_key
    FROM vault.operators o
    WHERE o.mac_key <> p_active AND o.revoked_at IS NULL
      AND (p_after IS NULL OR o.account_id > p_after)
    ORDER BY o.account_id LIMIT p_limit;
$$;

CREATE OR REPLACE FUNCTION api.renew_operators_v1(
    p_ids uuid[], p_old bytea[], p_new bytea[], p_active text
) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH free AS (
        SELECT o.account_id, given.new_mac
        FROM unnest(p_ids, p_old, p_new) AS given (id, old_mac, new_mac)
        JOIN vault.operators o ON o.account_id = given.id AND o.mac = given.old_mac
        FOR UPDATE OF o SKIP LOCKED
    ), renewed AS (
        UPDATE vault.operators o SET mac = free.new_mac, mac_key = p_active
        FROM free WHERE o.account_id = free.account_id RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;

CREATE OR REPLACE FUNCTION api.stale_operator_invites_v1(
    p_active text, p_after bytea, p_limit integer
) RETURNS TABLE (token_hash bytea, account_id uuid, expires_at bigint, mac bytea, mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.token_hash, i.account_id, vault.epoch_seconds(i.expires_at), i.mac, i.mac_key
    FROM vault.operator_invites i
    WHERE i.mac_key <> p_active AND i.spent_at IS NULL AND i.expires_at > clock_timestamp()
      AND (p_after IS NULL OR i.token_hash > p_after)
    ORDER BY i.token_hash LIMIT p_limit;
$$;

CREATE OR REPLACE FUNCTION api.renew_operator_invites_v1(
    p_ids bytea[], p_old bytea[], p_new bytea[], p_active text
) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH free AS (
        SELECT i.token_hash, given.new_mac
        FROM unnest(p_ids, p_old, p_new) AS given (id, old_mac, new_mac)
        JOIN vault.operator_invites i ON i.token_hash = given.id AND i.mac = given.old_mac
        FOR UPDATE OF i SKIP LOCKED
    ), renewed AS (
        UPDATE vault.operator_invites i SET mac = free.new_mac, mac_key = p_active
        FROM free WHERE i.token_hash = free.token_hash RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;

CREATE OR REPLACE FUNCTION api.stale_names_v1(p_active text, p_after uuid, p_limit integer)
RETURNS TABLE (account_id uuid, username text, mac bytea, mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id, a.username, a.mac, a.mac_key FROM vault.accounts a
    WHERE a.mac_key NOT IN ('', p_active) AND (p_after IS NULL OR a.id > p_after)
    ORDER BY a.id LIMIT p_limit;
$$;

CREATE OR REPLACE FUNCTION api.renew_names_v1(
    p_ids uuid[], p_old bytea[], p_new bytea[], p_active text
) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH free AS (
        SELECT a.id, given.new_mac
        FROM unnest(p_ids, p_old, p_new) AS given (id, old_mac, new_mac)
        JOIN vault.accounts a ON a.id = given.id AND a.mac = given.old_mac
        FOR NO KEY UPDATE OF a SKIP LOCKED
    ), renewed AS (
        UPDATE vault.accounts a SET mac = free.new_mac, mac_key = p_active
        FROM free WHERE a.id = free.id RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;

CREATE OR REPLACE FUNCTION api.stale_wikis_v1(p_active text, p_after text, p_limit integer)
RETURNS SETOF vault.wikis
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM vault.wikis w
    WHERE w.mac_key NOT IN ('', p_active) AND (p_after IS NULL OR w.client_id > p_after)
    ORDER BY w.client_id LIMIT p_limit;
$$;

CREATE OR REPLACE FUNCTION api.renew_wikis_v1(
    p_ids text[], p_old bytea[], p_new bytea[], p_active text
) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH free AS (
        SELECT w.client_id, given.new_mac
        FROM unnest(p_ids, p_old, p_new) AS given (id, old_mac, new_mac)
        JOIN vault.wikis w ON w.client_id = given.id AND w.mac = given.old_mac
        FOR NO KEY UPDATE OF w SKIP LOCKED
    ), renewed AS (
        UPDATE vault.wikis w SET mac = free.new_mac, mac_key = p_active
        FROM free WHERE w.client_id = free.client_id RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;

CREATE OR REPLACE FUNCTION api.stale_passkeys_v1(p_active text, p_after bytea, p_limit integer)
RETURNS SETOF vault.passkeys
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM vault.passkeys k
    WHERE k.mac_key <> p_active AND (p_after IS NULL OR k.credential_id > p_after)
    ORDER BY k.credential_id LIMIT p_limit;
$$;

CREATE OR REPLACE FUNCTION api.renew_passkeys_v1(
    p_ids bytea[], p_old bytea[], p_new bytea[], p_active text
) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH free AS (
        SELECT k.credential_id, given.new_mac
        FROM unnest(p_ids, p_old, p_new) AS given (id, old_mac, new_mac)
        JOIN vault.passkeys k ON k.credential_id = given.id AND k.mac = given.old_mac
        FOR NO KEY UPDATE OF k SKIP LOCKED
    ), renewed AS (
        UPDATE vault.passkeys k SET mac = free.new_mac, mac_key = p_active
        FROM free WHERE k.credential_id = free.credential_id RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;

CREATE OR REPLACE FUNCTION api.stale_app_passwords_v1(
    p_active text, p_after uuid, p_limit integer
) RETURNS TABLE (id uuid, account_id uuid, secret_hash bytea, name text, scopes text[],
                 networks cidr[], created_at bigint, expires_at bigint, mac bytea, mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.id, p.account_id, p.secret_hash, p.name, p.scopes, p.networks,
           vault.epoch_seconds(p.created_at), vault.epoch_seconds(p.expires_at), p.mac, p.mac_key
    FROM vault.app_passwords p
    WHERE p.mac_key <> p_active AND (p_after IS NULL OR p.id > p_after) AND p.revoked_at IS NULL
      AND (p.expires_at IS NULL OR p.expires_at > clock_timestamp())
    ORDER BY p.id LIMIT p_limit;
$$;

CREATE OR REPLACE FUNCTION api.renew_app_passwords_v1(
    p_ids uuid[], p_old bytea[], p_new bytea[], p_active text
) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH free AS (
        SELECT p.id, given.new_mac
        FROM unnest(p_ids, p_old, p_new) AS given (id, old_mac, new_mac)
        JOIN vault.app_passwords p ON p.id = given.id AND p.mac = given.old_mac
        FOR NO KEY UPDATE OF p SKIP LOCKED
    ), renewed AS (
        UPDATE vault.app_passwords p SET mac = free.new_mac, mac_key = p_active
        FROM free WHERE p.id = free.id RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;

-- A browser that is not trusted any more carries no MAC.
CREATE OR REPLACE FUNCTION api.stale_trusted_browsers_v1(
    p_active text, p_after uuid, p_limit integer
) RETURNS TABLE (id uuid, account_id uuid, secret_hash bytea, trusted_until bigint, mac bytea,
                 mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.id, d.account_id, d.secret_hash, d.trusted_until, d.mac, d.mac_key
    FROM vault.device_credentials d
    WHERE d.mac_key <> p_active AND (p_after IS NULL OR d.id > p_after)
      AND d.trusted_until > vault.epoch_seconds(clock_timestamp())
    ORDER BY d.id LIMIT p_limit;
$$;

CREATE OR REPLACE FUNCTION api.renew_trusted_browsers_v1(
    p_ids uuid[], p_old bytea[], p_new bytea[], p_active text
)
RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH free AS (
        SELECT d.id, given.new_mac
        FROM unnest(p_ids, p_old, p_new) AS given (id, old_mac, new_mac)
        JOIN vault.device_credentials d ON d.id = given.id AND d.mac = given.old_mac
        WHERE d.trusted_until IS NOT NULL
        FOR NO KEY UPDATE OF d SKIP LOCKED
    ), renewed AS (
        UPDATE vault.device_credentials d SET mac = free.new_mac, mac_key = p_active
        FROM free WHERE d.id = free.id AND d.trusted_until IS NOT NULL RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;

-- A key that verifies nothing any more stays under the old ring, and goes with it.
CREATE OR REPLACE FUNCTION api.stale_signing_keys_v1(
    p_active text, p_after text, p_limit integer
) RETURNS TABLE (kid text, sealed_private bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.kid, k.sealed_private FROM vault.signing_keys k
    WHERE vault.sealing_key(k.sealed_private) <> p_active AND vault.verifies_hints(k)
      AND (p_after IS NULL OR k.kid > p_after)
    ORDER BY k.kid LIMIT p_limit;
$$;

CREATE OR REPLACE FUNCTION api.renew_signing_keys_v1(p_ids text[], p_old bytea[], p_new bytea[])
RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH free AS (
        SELECT k.kid, given.new_seal
        FROM unnest(p_ids, p_old, p_new) AS given (id, old_seal, new_seal)
        JOIN vault.signing_keys k ON k.kid = given.id AND k.sealed_private = given.old_seal
        FOR NO KEY UPDATE OF k SKIP LOCKED
    ), renewed AS (
        UPDATE vault.signing_keys k SET sealed_private = free.new_seal
        FROM free WHERE k.kid = free.kid RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;

-- A consent goes by its account's id and its wiki's, which is all that follows those 36 characters.
CREATE OR REPLACE FUNCTION api.stale_consents_v1(p_active text, p_after text, p_limit integer)
RETURNS TABLE (id text, account_id uuid, client_id text, scopes text[], given_at bigint, mac bytea,
               mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.account_id::text || c.client_id, c.* FROM vault.consents c
    WHERE c.mac_key <> p_active
      AND (p_after IS NULL
           OR (c.account_id, c.client_id) > (left(p_after, 36)::uuid, substr(p_after, 37)))
    ORDER BY c.account_id, c.client_id LIMIT p_limit;
$$;

CREATE OR REPLACE FUNCTION api.renew_consents_v1(
    p_ids text[], p_old bytea[], p_new bytea[], p_active text
) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH free AS (
        SELECT c.account_id, c.client_id, given.new_mac
        FROM unnest(p_ids, p_old, p_new) AS given (id, old_mac, new_mac)
        JOIN vault.consents c ON c.account_id = left(given.id, 36)::uuid
            AND c.client_id = substr(given.id, 37) AND c.mac = given.old_mac
        FOR NO KEY UPDATE OF c SKIP LOCKED
    ), renewed AS (
        UPDATE vault.consents c SET mac = free.new_mac, mac_key = p_active
        FROM free WHERE c.account_id = free.account_id AND c.client_id = free.client_id
        RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;

CREATE OR REPLACE FUNCTION api.stale_totp_v1(p_active text, p_after uuid, p_limit integer)
RETURNS TABLE (id uuid, account_id uuid, sealed_secret bytea, secret_digest bytea, digest_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.id, d.account_id, d.sealed_secret, d.secret_digest, d.digest_key
    FROM vault.totp_devices d
    WHERE (d.digest_key <> p_active OR vault.sealing_key(d.sealed_secret) <> p_active)
      AND (p_after IS NULL OR d.id > p_after)
    ORDER BY d.id LIMIT p_limit;
$$;

CREATE OR REPLACE FUNCTION api.renew_totp_v1(
    p_ids uuid[], p_old bytea[], p_new bytea[], p_digests bytea[], p_active text
) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH free AS (
        SELECT d.id, given.new_seal, given.new_digest
        FROM unnest(p_ids, p_old, p_new, p_digests)
            AS given (id, old_seal, new_seal, new_digest)
        JOIN vault.totp_devices d ON d.id = given.id AND d.sealed_secret = given.old_seal
        FOR NO KEY UPDATE OF d SKIP LOCKED
    ), renewed AS (
        UPDATE vault.totp_devices d SET sealed_secret = free.new_seal,
               secret_digest = free.new_digest, digest_key = p_active
        FROM free WHERE d.id = free.id RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;

CREATE OR REPLACE FUNCTION api.stale_addresses_v1(p_active text, p_after uuid, p_limit integer)
RETURNS SETOF vault.email_addresses
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM vault.email_addresses e
    WHERE (e.lookup_key <> p_active OR e.mac_key NOT IN ('', p_active)
           OR vault.sealing_key(e.sealed) <> p_active)
      AND (p_after IS NULL OR e.id > p_after)
    ORDER BY e.id LIMIT p_limit;
$$;

-- An address that is not confirmed has an empty MAC, before and after.
CREATE OR REPLACE FUNCTION api.renew_addresses_v1(
    p_ids uuid[], p_old bytea[], p_old_macs bytea[], p_new bytea[], p_digests bytea[],
    p_new_macs bytea[], p_active text
) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH free AS (
        SELECT e.id, given.new_seal, given.new_digest, given.new_mac
        FROM unnest(p_ids, p_old, p_old_macs, p_new, p_digests, p_new_macs)
            AS given (id, old_seal, old_mac, new_seal, new_digest, new_mac)
        JOIN vault.email_addresses e
            ON e.id = given.id AND e.sealed = given.old_seal AND e.mac = given.old_mac
        FOR NO KEY UPDATE OF e SKIP LOCKED
    ), renewed AS (
        UPDATE vault.email_addresses e SET sealed = free.new_seal,
               lookup_digest = free.new_digest, lookup_key = p_active, mac = free.new_mac,
               mac_key = CASE WHEN free.new_mac = '' THEN '' ELSE p_active END
        FROM free WHERE e.id = free.id RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;

-- The addresses of letters that wait, or are kept because they could not be sent.
CREATE OR REPLACE FUNCTION api.stale_letters_v1(p_active text, p_after bigint, p_limit integer)
RETURNS TABLE (id bigint, account_id uuid, sealed_address bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT j.id, j.account_id, j.sealed_address FROM vault.outbox j
    WHERE j.sealed_address IS NOT NULL AND j.done_at IS NULL
      AND vault.sealing_key(j.sealed_address) <> p_active AND (p_after IS NULL OR j.id > p_after)
    ORDER BY j.id LIMIT p_limit;
$$;

CREATE OR REPLACE FUNCTION api.renew_letters_v1(p_ids bigint[], p_old bytea[], p_new bytea[])
RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH free AS (
        SELECT j.id, given.new_seal
        FROM unnest(p_ids, p_old, p_new) AS given (id, old_seal, new_seal)
        JOIN vault.outbox j ON j.id = given.id AND j.sealed_address = given.old_seal
        FOR NO KEY UPDATE OF j SKIP LOCKED
    ), renewed AS (
        UPDATE vault.outbox j SET sealed_address = free.new_seal
        FROM free WHERE j.id = free.id RETURNING 1
    )
    SELECT count(*)::integer FROM renewed;
$$;
