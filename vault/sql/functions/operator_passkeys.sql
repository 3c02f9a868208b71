-- Operators' own passkeys, which work at their site alone: enrolled by a link from the console, listed
-- and removed within a session. Signing in with one is for passkeys.sql.

-- Whether these proofs are an operator's: a passkey that knew its user, and nothing less.
CREATE OR REPLACE FUNCTION vault.is_operators_proof(p_proofs text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(p_proofs && '{hwk,swk}' AND 'uv' = ANY (p_proofs), false);
$$;

CREATE OR REPLACE FUNCTION vault.is_live_operator(p_account uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM vault.operators o JOIN vault.accounts a ON a.id = o.account_id
                   WHERE o.account_id = p_account AND o.revoked_at IS NULL AND a.state = 'active');
$$;

-- The link of this token, if a passkey can still be enrolled by it.
CREATE OR REPLACE FUNCTION vault.open_invite(p_token bytea) RETURNS SETOF vault.operator_invites
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.* FROM vault.operator_invites i
    WHERE i.token_hash = sha256(p_token) AND i.spent_at IS NULL
      AND i.expires_at > clock_timestamp() AND vault.is_live_operator(i.account_id);
$$;

-- A link for a live operator; the ones before it are void. At the owner's console alone. Statuses:
-- invited, unknown (no operator, or a locked one), bad_request.
CREATE OR REPLACE FUNCTION api.invite_operator_v1(
    p_account uuid, p_token_hash bytea, p_expires_at bigint, p_mac bytea, p_mac_key text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_now bigint := vault.epoch_seconds(clock_timestamp());
BEGIN
    PERFORM vault.require_read_committed();
    IF coalesce(octet_length(p_token_hash), 0) <> 32 OR NOT vault.is_mac(p_mac, p_mac_key)
       OR p_expires_at IS NULL OR p_expires_at <= v_now
       OR p_expires_at > v_now + vault.policy_seconds('invite_token') + 120
       OR EXISTS (SELECT FROM vault.operator_invites WHERE token_hash = p_token_hash) THEN
        RETURN 'bad_request';
    END IF;
    -- The account's row is the lock that orders links, and a link with its use.
    PERFORM FROM vault.accounts WHERE id = p_account FOR UPDATE;
    IF NOT vault.is_live_operator(p_account) THEN
        RETURN 'unknown';
    END IF;
    UPDATE vault.operator_invites SET spent_at = clock_timestamp()
    WHERE account_id = p_account AND spent_at IS NULL;
    INSERT INTO vault.operator_invites (token_hash, account_id, expires_at, mac, mac_key)
    VALUES (p_token_hash, p_account, to_timestamp(p_expires_at), p_mac, p_mac_key);
    PERFORM vault.record_event('operator:invite:console', p_account, NULL, NULL, NULL, NULL, NULL);
    RETURN 'invited';
END
$$;

-- Whose link it is, with what its MAC covers, and what a new passkey has to know of those that are
-- there. Changes nothing: whoever looks at a link does not use it.
CREATE OR REPLACE FUNCTION api.find_operator_invite_v1(p_token bytea)
RETURNS TABLE (token_hash bytea, account_id uuid, expires_at bigint, mac bytea, mac_key text,
               username text, user_handle bytea, held bytea[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.token_hash, i.account_id, vault.epoch_seconds(i.expires_at), i.mac, i.mac_key,
           a.username,
           (SELECT k.user_handle FROM vault.passkeys k
            WHERE k.account_id = a.id AND k.kind = 'operator' ORDER BY k.created_at LIMIT 1),
           ARRAY(SELECT k.credential_id FROM vault.passkeys k
                 WHERE k.account_id = a.id AND k.kind = 'operator' ORDER BY k.created_at)
    FROM vault.open_invite(p_token) i JOIN vault.accounts a ON a.id = i.account_id;
$$;

-- Uses a link up for the passkey that was made by it, whose user was verified: both or neither. The
-- account and end are those of the row whose MAC was checked. Statuses: enrolled, gone (used, over,
-- void, or no live operator's any more), full, exists, bad_request.
CREATE OR REPLACE FUNCTION api.enrol_operator_passkey_v1(
    p_token bytea, p_account uuid, p_expires_at bigint, p_credential bytea, p_user_handle bytea,
    p_public_key bytea, p_aaguid uuid, p_is_synced boolean, p_backed_up boolean,
    p_transports text[], p_name text, p_sign_count bigint, p_mac bytea, p_mac_key text,
    p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_passkey(p_credential, p_user_handle, p_public_key, p_aaguid, p_is_synced,
                            p_backed_up, p_transports, p_name, p_sign_count, p_mac, p_mac_key) THEN
        RETURN 'bad_request';
    END IF;
    -- Of many who use one link at once, all but the first find it used.
    PERFORM FROM vault.accounts WHERE id = p_account FOR UPDATE;
    PERFORM FROM vault.open_invite(p_token) i
    WHERE i.account_id = p_account AND vault.epoch_seconds(i.expires_at) = p_expires_at;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    IF (SELECT count(*) FROM vault.passkeys
        WHERE account_id = p_account AND kind = 'operator') >= 10 THEN
        RETURN 'full';
    END IF;
    INSERT INTO vault.passkeys (credential_id, account_id, user_handle, public_key, aaguid,
        is_synced, backed_up, transports, name, sign_count, mac, mac_key, kind, knows_user)
    VALUES (p_credential, p_account, p_user_handle, p_public_key, p_aaguid, p_is_synced,
        p_backed_up, p_transports, p_name, p_sign_count, p_mac, p_mac_key, 'operator', true)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'exists';
    END IF;
    UPDATE vault.operator_invites SET spent_at = clock_timestamp()
    WHERE token_hash = sha256(p_token);
    PERFORM vault.record_event('operator:passkey:enrolled', p_account, NULL, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent),
                               vault.passkey_detail(p_credential));
    PERFORM vault.write_letter(p_account, 'operator_passkey_added');
    RETURN 'enrolled';
END
$$;

-- One's own, for their page, and for the browser to know which may be shown.
CREATE OR REPLACE FUNCTION api.list_operator_passkeys_v1(p_session bytea)
RETURNS TABLE (credential_id bytea, transports text[], name text, is_synced boolean,
               created_at timestamptz, last_used_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.credential_id, k.transports, k.name, k.is_synced, k.created_at, k.last_used_at
    FROM vault.live_session(p_session, 'operator') s
    JOIN vault.passkeys k ON k.account_id = s.account_id AND k.kind = 'operator'
    ORDER BY k.created_at;
$$;

-- Takes one of one's own away, by fresh proof, and ends one's other sessions here: whoever has it
-- may be in one. Statuses: removed, unknown, last, unproven, forbidden, bad_request.
CREATE OR REPLACE FUNCTION api.remove_operator_passkey_v1(
    p_session bytea, p_credential bytea, p_reason text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'looker', (
        SELECT s.account_id FROM vault.live_session(p_session, 'operator') s));
BEGIN
    IF v_proven.status <> 'proven' THEN
        RETURN v_proven.status;
    END IF;
    IF p_credential IS NULL OR length(coalesce(p_reason, '')) > 1000 THEN
        RETURN 'bad_request';
    END IF;
    IF NOT EXISTS (SELECT FROM vault.passkeys k WHERE k.account_id = v_proven.account_id
                   AND k.kind = 'operator' AND k.credential_id <> p_credential) THEN
        RETURN 'last';
    END IF;
    DELETE FROM vault.passkeys
    WHERE credential_id = p_credential AND account_id = v_proven.account_id AND kind = 'operator';
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    UPDATE vault.sessions SET ended_at = clock_timestamp(), end_reason = 'passkey_removed'
    WHERE account_id = v_proven.account_id AND kind = 'operator' AND ended_at IS NULL
      AND secret_hash <> sha256(p_session);
    PERFORM vault.record_event('operator:passkey:removed', v_proven.account_id, NULL, NULL,
                               v_proven.account_id, NULL, NULL,
                               vault.passkey_detail(p_credential) || jsonb_strip_nulls(
                                   jsonb_build_object('reason', nullif(btrim(p_reason), ''))));
    PERFORM vault.write_letter(v_proven.account_id, 'operator_passkey_removed');
    RETURN 'removed';
END
$$;

-- Notes in an operator's session that they have just shown their passkey: an attempt of theirs,
-- which that uses up. Statuses: proven, gone (session or attempt), unfinished (it was no passkey that
-- knew its user).
CREATE OR REPLACE FUNCTION api.prove_operator_v1(p_session bytea, p_attempt bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_session vault.sessions%ROWTYPE;
    v_attempt vault.attempts%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    SELECT * INTO v_session FROM vault.live_session(p_session, 'operator');
    SELECT * INTO v_attempt FROM vault.live_attempt(p_attempt) t
    WHERE t.purpose = 'operator' AND t.account_id = v_session.account_id
      AND t.authenticated_at > clock_timestamp()
          - make_interval(secs => vault.policy_seconds('fresh_proof'));
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    IF NOT vault.is_operators_proof(v_attempt.proofs) THEN
        RETURN 'unfinished';
    END IF;
    UPDATE vault.attempts SET consumed_at = clock_timestamp()
    WHERE secret_hash = v_attempt.secret_hash AND consumed_at IS NULL;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    UPDATE vault.sessions SET proven_at = v_attempt.authenticated_at
    WHERE sid = v_session.sid AND ended_at IS NULL;
    RETURN CASE WHEN FOUND THEN 'proven' ELSE 'gone' END;
END
$$;

-- The operator behind a live session whose passkey was shown within the last five minutes, if their
-- level reaches p_least. To ask uses the proof up, whatever is answered: each lockout takes one of
-- its own. The account that it is about is locked before the session, as everywhere; where that is
-- an operator's, the acting one's too, in one order, so that of two who lock each other out one does.
-- Else the acting one's stays free: whoever holds it locked must not stop a lockout by that. Statuses:
-- proven, unproven, forbidden.
CREATE OR REPLACE FUNCTION vault.proven_operator(
    p_secret bytea, p_least text, p_target uuid, OUT status text, OUT account_id uuid
) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_proven_at timestamptz;
    v_rival boolean := EXISTS (SELECT FROM vault.operators o
                               WHERE o.account_id = p_target AND o.revoked_at IS NULL);
BEGIN
    PERFORM vault.require_read_committed();
    PERFORM FROM vault.accounts a
    WHERE a.id = p_target OR (v_rival AND a.id = (
        SELECT s.account_id FROM vault.live_session(p_secret, 'operator') s))
    ORDER BY a.id FOR UPDATE;
    SELECT s.proven_at INTO v_proven_at FROM vault.sessions s
    WHERE s.secret_hash = sha256(p_secret) AND s.kind = 'operator' FOR UPDATE;
    UPDATE vault.sessions s SET proven_at = NULL
    WHERE s.secret_hash = sha256(p_secret) AND s.proven_at IS NOT NULL;
    account_id := vault.acting_operator(p_secret, p_least);
    status := CASE
        WHEN account_id IS NULL THEN 'forbidden'
        WHEN coalesce(v_proven_at, '-infinity') <= clock_timestamp()
             - make_interval(secs => vault.policy_seconds('fresh_proof')) THEN 'unproven'
        ELSE 'proven' END;
END
$$;
