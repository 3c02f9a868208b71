-- Passkeys (WebAuthn Level 3). The signature is verified by web, which vouches for it; the row's MAC,
-- under a key that is not here, is what makes a public key somebody's.

-- Which site's passkeys a process deals with: its own. The session_user is the role that logged in.
CREATE OR REPLACE FUNCTION vault.own_kind() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE session_user WHEN 'authsite_web' THEN 'web'
                             WHEN 'authsite_operator' THEN 'operator' END;
$$;

-- The passkey that a browser presented, for its signature and MAC to be checked.
CREATE OR REPLACE FUNCTION api.find_passkey_v1(p_credential bytea)
RETURNS TABLE (credential_id bytea, account_id uuid, user_handle bytea, public_key bytea,
               aaguid uuid, is_synced boolean, sign_count bigint, kind text, mac bytea,
               mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.credential_id, k.account_id, k.user_handle, k.public_key, k.aaguid, k.is_synced,
           k.sign_count, k.kind, k.mac, k.mac_key
    FROM vault.passkeys k WHERE k.credential_id = p_credential AND k.kind = vault.own_kind();
$$;

-- Which passkeys a browser may present within an attempt: those of its account.
CREATE OR REPLACE FUNCTION api.offer_passkeys_v1(p_attempt bytea)
RETURNS TABLE (credential_id bytea, transports text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.credential_id, k.transports FROM vault.live_attempt(p_attempt) t
    JOIN vault.passkeys k ON k.account_id = t.account_id AND k.kind = 'web' ORDER BY k.created_at;
$$;

-- One's own passkeys: for their page, and for what a new registration excludes.
CREATE OR REPLACE FUNCTION api.list_passkeys_v1(p_session bytea)
RETURNS TABLE (credential_id bytea, user_handle bytea, transports text[], name text, aaguid uuid,
               is_synced boolean, backed_up boolean, knows_user boolean, created_at timestamptz,
               last_used_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.credential_id, k.user_handle, k.transports, k.name, k.aaguid, k.is_synced,
           k.backed_up, k.knows_user, k.created_at, k.last_used_at
    FROM vault.live_session(p_session, 'web') s
    JOIN vault.passkeys k ON k.account_id = s.account_id AND k.kind = 'web'
    ORDER BY k.created_at;
$$;

-- Whether these can be a passkey: what its ceremony has verified is for the caller to know.
CREATE OR REPLACE FUNCTION vault.is_passkey(
    p_credential bytea, p_user_handle bytea, p_public_key bytea, p_aaguid uuid,
    p_is_synced boolean, p_backed_up boolean, p_transports text[], p_name text,
    p_sign_count bigint, p_mac bytea, p_mac_key text
) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(octet_length(p_credential) BETWEEN 16 AND 1023
        AND octet_length(p_user_handle) BETWEEN 1 AND 64
        AND octet_length(p_public_key) BETWEEN 32 AND 2000
        AND p_aaguid IS NOT NULL AND p_is_synced IS NOT NULL AND p_backed_up IS NOT NULL
        AND cardinality(p_transports) <= 10 AND coalesce(array_ndims(p_transports), 1) = 1
        AND octet_length(array_to_string(p_transports, '', '')) <= 200
        AND array_position(p_transports, NULL) IS NULL
        AND length(p_name) BETWEEN 1 AND 100
        AND p_sign_count BETWEEN 0 AND 4294967295 AND vault.is_mac(p_mac, p_mac_key), false);
$$;

-- Adds a passkey by fresh proof; the MAC covers all that never changes. Statuses: added, exists,
-- full, gone, weak, bad_request.
CREATE OR REPLACE FUNCTION api.add_passkey_v1(
    p_session bytea, p_attempt bytea, p_credential bytea, p_user_handle bytea, p_public_key bytea,
    p_aaguid uuid, p_is_synced boolean, p_backed_up boolean, p_transports text[], p_name text,
    p_sign_count bigint, p_mac bytea, p_mac_key text, p_language text, p_network text, p_agent text,
    p_knows_user boolean DEFAULT false, p_ends_others boolean DEFAULT true
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proof record;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_passkey(p_credential, p_user_handle, p_public_key, p_aaguid, p_is_synced,
                            p_backed_up, p_transports, p_name, p_sign_count, p_mac, p_mac_key)
       OR p_knows_user IS NULL OR p_ends_others IS NULL
       OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    v_proof := vault.fresh_proof(p_session, p_attempt);
    IF v_proof.status <> 'fresh' THEN
        RETURN v_proof.status;
    END IF;
    IF (SELECT count(*) FROM vault.passkeys
        WHERE account_id = v_proof.account_id AND kind = 'web') >= 20 THEN
        RETURN 'full';
    END IF;
    INSERT INTO vault.passkeys (credential_id, account_id, user_handle, public_key, aaguid,
        is_synced, backed_up, transports, name, sign_count, mac, mac_key, knows_user)
    VALUES (p_credential, v_proof.account_id, p_user_handle, p_public_key, p_aaguid, p_is_synced,
        p_backed_up, p_transports, p_name, p_sign_count, p_mac, p_mac_key, p_knows_user)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'exists';
    END IF;
    IF p_ends_others THEN
        PERFORM vault.end_sessions_but(v_proof.account_id, v_proof.sid, 'factor_changed');
    END IF;
    PERFORM vault.record_event('account:passkey:added', v_proof.account_id, v_proof.sid, NULL,
                               NULL, vault.event_digest(p_network), vault.event_digest(p_agent),
                               vault.passkey_detail(p_credential));
    PERFORM vault.write_letter(v_proof.account_id, 'passkey_added', p_language);
    RETURN 'added';
END
$$;

-- How an event names a passkey: by the digest of its credential id.
CREATE OR REPLACE FUNCTION vault.passkey_detail(p_credential bytea) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object('credential', encode(sha256(p_credential), 'hex'));
$$;

-- Statuses: renamed, unknown, gone, bad_request.
CREATE OR REPLACE FUNCTION api.rename_passkey_v1(p_session bytea, p_credential bytea, p_name text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_account uuid;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_credential IS NULL OR coalesce(length(p_name), 0) NOT BETWEEN 1 AND 100 THEN
        RETURN 'bad_request';
    END IF;
    SELECT s.account_id INTO v_account FROM vault.live_session(p_session, 'web') s;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    UPDATE vault.passkeys SET name = p_name
    WHERE credential_id = p_credential AND account_id = v_account AND kind = 'web';
    RETURN CASE WHEN FOUND THEN 'renamed' ELSE 'unknown' END;
END
$$;

-- Takes a passkey away by fresh proof. Statuses: removed, unknown, gone, weak, bad_request, last (there
-- is no password, and no other passkey that knows its user: nobody would get in any more).
CREATE OR REPLACE FUNCTION api.remove_passkey_v1(
    p_session bytea, p_attempt bytea, p_credential bytea, p_language text, p_network text,
    p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proof record;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_credential IS NULL OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    v_proof := vault.fresh_proof(p_session, p_attempt);
    IF v_proof.status <> 'fresh' THEN
        RETURN v_proof.status;
    END IF;
    IF vault.is_passwordless(v_proof.account_id) AND NOT EXISTS (
            SELECT FROM vault.passkeys k
            WHERE k.account_id = v_proof.account_id AND k.kind = 'web' AND k.knows_user
              AND k.credential_id <> p_credential) THEN
        RETURN 'last';
    END IF;
    DELETE FROM vault.passkeys
    WHERE credential_id = p_credential AND account_id = v_proof.account_id AND kind = 'web';
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    PERFORM vault.end_sessions_but(v_proof.account_id, v_proof.sid, 'factor_changed');
    PERFORM vault.record_event('account:passkey:removed', v_proof.account_id, v_proof.sid, NULL,
                               NULL, vault.event_digest(p_network), vault.event_digest(p_agent),
                               vault.passkey_detail(p_credential));
    PERFORM vault.write_letter(v_proof.account_id, 'passkey_removed', p_language);
    RETURN 'removed';
END
$$;

-- Records that a passkey's signature was verified, as the calling process vouches. With the secret
-- of an attempt of that account and purpose, the proof is added to it; otherwise it opens one, which
-- an attempt to recover never is. The counter only goes forward (WebAuthn section 6.1.1). No budget:
-- nobody guesses a signature. Statuses: right, counter (it went back: perhaps a copy), locked,
-- closed, unknown, gone, bad_request.
CREATE OR REPLACE FUNCTION api.prove_passkey_v1(
    p_credential bytea, p_sign_count bigint, p_backed_up boolean, p_user_verified boolean,
    p_purpose text, p_attempt bytea, p_attempt_hash bytea, p_session bytea,
    p_network text, p_agent text
) RETURNS TABLE (status text, account_id uuid, username text, account_epoch bigint,
                 site_epoch bigint, proofs text[], amr text[], authenticated_at bigint,
                 factors text[], name_mac bytea, name_mac_key text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_key vault.passkeys%ROWTYPE;
    v_account vault.accounts%ROWTYPE;
    v_site vault.site%ROWTYPE;
    v_attempt vault.attempts%ROWTYPE;
    v_proofs text[];
    v_sid uuid;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_credential IS NULL OR p_backed_up IS NULL OR p_user_verified IS NULL
       OR p_sign_count IS NULL OR p_sign_count NOT BETWEEN 0 AND 4294967295
       OR NOT (vault.may_ask_for(p_purpose)
               OR (p_attempt IS NOT NULL AND p_purpose = 'recover'
                   AND vault.may_ask_for('sign_in')))
       OR (p_attempt IS NULL AND (coalesce(octet_length(p_attempt_hash), 0) <> 32 OR EXISTS (
               SELECT FROM vault.attempts t WHERE t.secret_hash = p_attempt_hash))) THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    -- The account before its passkey, as removing one does: neither then waits for the other.
    SELECT * INTO v_account FROM vault.accounts a WHERE a.id = (
        SELECT k.account_id FROM vault.passkeys k WHERE k.credential_id = p_credential) FOR SHARE;
    SELECT * INTO v_site FROM vault.site;
    SELECT * INTO v_key FROM vault.passkeys k
    WHERE k.credential_id = p_credential AND k.account_id = v_account.id
      AND k.kind = vault.own_kind() FOR UPDATE;
    SELECT s.sid INTO v_sid FROM vault.live_session(p_session, 'web') s
    WHERE s.account_id = v_key.account_id AND p_purpose = 'reauthenticate';
    v_proofs := ARRAY[CASE WHEN v_key.is_synced THEN 'swk' ELSE 'hwk' END]
        || CASE WHEN p_user_verified THEN '{uv}'::text[] ELSE '{}' END;
    status := CASE
        WHEN v_key.credential_id IS NULL THEN 'unknown'
        WHEN v_account.state = 'locked' THEN 'locked'
        WHEN NOT v_site.sign_in_open AND p_purpose = 'sign_in' THEN 'closed'
        WHEN p_purpose = 'reauthenticate' AND v_sid IS NULL THEN 'gone'
        -- Both zero: the authenticator keeps no counter.
        WHEN p_sign_count <= v_key.sign_count AND (p_sign_count, v_key.sign_count) <> (0, 0)
            THEN 'counter'
        ELSE 'right' END;
    IF status = 'right' AND p_attempt IS NOT NULL THEN
        SELECT t.* INTO v_attempt FROM vault.live_attempt(p_attempt) t
        WHERE t.account_id = v_key.account_id AND t.purpose = p_purpose
          AND (p_purpose <> 'reauthenticate' OR t.sid = v_sid);
        v_attempt := vault.add_proofs(v_attempt.secret_hash, v_proofs);
        status := CASE WHEN v_attempt.secret_hash IS NULL THEN 'gone' ELSE 'right' END;
    END IF;
    IF status <> 'right' THEN
        PERFORM vault.record_event(
            CASE status WHEN 'counter' THEN 'account:passkey:counter'
                        ELSE 'account:passkey:refused' END,
            v_key.account_id, v_sid, NULL, NULL, vault.event_digest(p_network),
            vault.event_digest(p_agent),
            vault.passkey_detail(p_credential) || jsonb_build_object('why', status));
        RETURN NEXT;
        RETURN;
    END IF;
    UPDATE vault.passkeys k SET sign_count = p_sign_count, backed_up = p_backed_up,
           knows_user = k.knows_user OR p_user_verified, last_used_at = clock_timestamp()
    WHERE k.credential_id = p_credential;
    IF p_attempt IS NULL THEN
        PERFORM vault.open_attempt(p_attempt_hash, v_account, v_site.epoch, p_purpose, v_proofs,
                                   v_sid, clock_timestamp());
        SELECT t.* INTO v_attempt FROM vault.attempts t
        WHERE t.secret_hash = p_attempt_hash AND t.account_id = v_account.id;
    END IF;
    IF p_user_verified THEN
        PERFORM vault.clear_guesses(v_account.id);
    END IF;
    PERFORM vault.record_event('account:passkey:right', v_account.id, v_attempt.sid, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent),
                               vault.passkey_detail(p_credential)
                               || jsonb_build_object('purpose', p_purpose, 'proofs', v_proofs));
    RETURN QUERY SELECT 'right', v_account.id, v_account.username, v_account.epoch, v_site.epoch,
        v_attempt.proofs, v_attempt.amr, vault.epoch_seconds(v_attempt.authenticated_at),
        vault.factors_of(v_account.id), v_account.mac, v_account.mac_key;
END
$$;
