-- Accounts whose way in is a passkey: signing up with one, and taking the password away.

-- Whether a name could be given out now; signing up asks once more. Statuses: free, taken, alike,
-- closed, bad_request.
CREATE OR REPLACE FUNCTION api.check_name_v1(p_username text, p_skeletons text[]) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN coalesce(octet_length(p_username), 0) NOT BETWEEN 1 AND 255
             OR coalesce(cardinality(p_skeletons), 0) NOT BETWEEN 1 AND 20 THEN 'bad_request'
        WHEN NOT site.sign_up_open THEN 'closed'
        WHEN EXISTS (SELECT FROM vault.usernames WHERE username = p_username) THEN 'taken'
        WHEN EXISTS (SELECT FROM vault.skeletons WHERE skeleton = ANY (p_skeletons)) THEN 'alike'
        ELSE 'free' END
    FROM vault.site;
$$;

-- Sign-up without a password: account, passkey, recovery codes and (unconfirmed) address in one step,
-- and an attempt that has proven the passkey, whose ceremony knew its user. Statuses as
-- create_account, exists (the passkey is somebody's), and attempt fields when created.
CREATE OR REPLACE FUNCTION api.register_with_passkey_v1(
    p_account uuid, p_username text, p_mac bytea, p_mac_key text, p_skeletons text[],
    p_credential bytea, p_user_handle bytea, p_public_key bytea, p_aaguid uuid,
    p_is_synced boolean, p_backed_up boolean, p_transports text[], p_name text,
    p_sign_count bigint, p_passkey_mac bytea, p_passkey_mac_key text,
    p_salt bytea, p_memory_kib integer, p_time_cost integer, p_parallelism integer,
    p_pepper_id text, p_tags bytea[], p_proofs bytea[],
    p_address uuid, p_sealed_address bytea, p_address_digest bytea, p_address_key text,
    p_browser_hash bytea, p_language text, p_attempt_hash bytea, p_network text, p_agent text
) RETURNS TABLE (status text, account_epoch bigint, site_epoch bigint, authenticated_at bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_site vault.site%ROWTYPE;
    v_account vault.accounts%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    SELECT * INTO v_site FROM vault.site;
    IF NOT v_site.sign_up_open THEN
        status := 'closed';
        RETURN NEXT;
        RETURN;
    END IF;
    IF NOT vault.is_passkey(p_credential, p_user_handle, p_public_key, p_aaguid, p_is_synced,
                            p_backed_up, p_transports, p_name, p_sign_count, p_passkey_mac,
                            p_passkey_mac_key)
       OR NOT vault.are_recovery_codes(p_salt, p_memory_kib, p_time_cost, p_parallelism,
                                       p_pepper_id, p_tags, p_proofs)
       OR NOT vault.is_new_address(p_address, p_sealed_address, p_address_digest, p_address_key)
       OR coalesce(octet_length(p_attempt_hash), 0) <> 32
       OR coalesce(octet_length(p_browser_hash), 0) <> 32 OR NOT vault.is_language(p_language) THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM vault.passkeys WHERE credential_id = p_credential) THEN
        status := 'exists';
        RETURN NEXT;
        RETURN;
    END IF;
    status := vault.create_account(p_account, p_username, p_skeletons, true, p_mac, p_mac_key);
    IF status <> 'created' THEN
        PERFORM vault.record_event('account:sign_up:refused', NULL, NULL, NULL, NULL,
                                   vault.event_digest(p_network), vault.event_digest(p_agent),
                                   jsonb_build_object('why', status));
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO vault.passkeys (credential_id, account_id, user_handle, public_key, aaguid,
        is_synced, backed_up, transports, name, sign_count, mac, mac_key, knows_user)
    VALUES (p_credential, p_account, p_user_handle, p_public_key, p_aaguid, p_is_synced,
        p_backed_up, p_transports, p_name, p_sign_count, p_passkey_mac, p_passkey_mac_key, true);
    PERFORM vault.store_recovery_codes(p_account, p_salt, p_memory_kib, p_time_cost, p_parallelism,
                                       p_pepper_id, p_tags, p_proofs);
    PERFORM vault.add_first_address(p_account, p_address, p_sealed_address, p_address_digest,
                                    p_address_key, p_browser_hash, p_language);
    SELECT * INTO v_account FROM vault.accounts a WHERE a.id = p_account;
    PERFORM vault.open_attempt(p_attempt_hash, v_account, v_site.epoch, 'sign_in',
        ARRAY[CASE WHEN p_is_synced THEN 'swk' ELSE 'hwk' END, 'uv'], NULL, v_now);
    PERFORM vault.record_event('account:sign_up:success', p_account, NULL, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent),
                               '{"by": "passkey"}');
    account_epoch := v_account.epoch;
    site_epoch := v_site.epoch;
    authenticated_at := vault.epoch_seconds(v_now);
    RETURN NEXT;
END
$$;

-- Takes the password away, by fresh proof: from then on a passkey is the way in. Two have to be there
-- that have known their user, and a recovery code, so that one loss shuts nobody out. Statuses:
-- removed, none (there is no password), few (passkeys or codes), gone, weak, bad_request.
CREATE OR REPLACE FUNCTION api.remove_password_v1(
    p_session bytea, p_attempt bytea, p_language text, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proof record;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    v_proof := vault.fresh_proof(p_session, p_attempt);
    IF v_proof.status <> 'fresh' THEN
        RETURN v_proof.status;
    END IF;
    IF (SELECT count(*) FROM vault.passkeys k
        WHERE k.account_id = v_proof.account_id AND k.kind = 'web' AND k.knows_user) < 2
       OR NOT EXISTS (SELECT FROM vault.recovery_codes c
                      WHERE c.account_id = v_proof.account_id) THEN
        RETURN 'few';
    END IF;
    DELETE FROM vault.password_verifiers WHERE account_id = v_proof.account_id;
    IF NOT FOUND THEN
        RETURN 'none';
    END IF;
    DELETE FROM vault.password_parameters WHERE account_id = v_proof.account_id;
    PERFORM vault.end_sessions_but(v_proof.account_id, v_proof.sid, 'factor_changed');
    PERFORM vault.record_event('account:password:removed', v_proof.account_id, v_proof.sid, NULL,
                               NULL, vault.event_digest(p_network), vault.event_digest(p_agent));
    PERFORM vault.write_letter(v_proof.account_id, 'password_removed', p_language);
    RETURN 'removed';
END
$$;
