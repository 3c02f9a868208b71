-- Storing a password anew: at today's cost, or another one by proof of the old.

-- Recomputes a stored verifier at today's cost, from a password that this attempt has proven. Only ever
-- upwards, and only what stands below today: the vault cannot see that it is the same password, and
-- this asks for no second factor and tells nobody. Statuses: upgraded, kept, gone, bad_request.
CREATE OR REPLACE FUNCTION api.upgrade_password_v1(
    p_attempt bytea, p_salt bytea, p_memory_kib integer, p_time_cost integer,
    p_parallelism integer, p_pepper_id text, p_tag bytea, p_proof bytea
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_account uuid;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_password(p_salt, p_memory_kib, p_time_cost, p_parallelism, p_pepper_id, p_tag, p_proof)
    THEN
        RETURN 'bad_request';
    END IF;
    SELECT a.account_id INTO v_account FROM vault.live_attempt(p_attempt) a
    WHERE 'pwd' = ANY (a.amr);
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    -- A change of password that commits while this waits must win: it has raised the epoch.
    PERFORM FROM vault.accounts WHERE id = v_account FOR UPDATE;
    IF NOT EXISTS (SELECT FROM vault.live_attempt(p_attempt)) THEN
        RETURN 'gone';
    END IF;
    PERFORM FROM vault.password_parameters p CROSS JOIN vault.site s
    WHERE p.account_id = v_account AND p_pepper_id = s.pepper_id
      AND p_memory_kib::bigint * p_time_cost >= greatest(
              p.memory_kib::bigint * p.time_cost,
              s.argon2_memory_kib::bigint * s.argon2_time_cost)
      AND (p.inner_scheme IS NOT NULL OR p.pepper_id <> s.pepper_id
           OR p.memory_kib::bigint * p.time_cost
              < s.argon2_memory_kib::bigint * s.argon2_time_cost);
    IF NOT FOUND THEN
        RETURN 'kept';
    END IF;
    PERFORM vault.store_password(v_account, p_salt, p_memory_kib, p_time_cost, p_parallelism,
                                 p_pepper_id, p_tag, p_proof);
    PERFORM vault.record_event('account:password:upgraded', v_account, NULL, NULL, NULL, NULL, NULL);
    RETURN 'upgraded';
END
$$;

-- A new password, by an attempt that has just proven the old one within this session. Ends every
-- other session; this one goes on under a new secret, the account's new epoch and a new MAC.
-- Statuses: changed, gone (proof or session), weak (a second factor is held and not proven), moved
-- (the epoch was raised meanwhile), bad_request.
CREATE OR REPLACE FUNCTION api.change_password_v1(
    p_session bytea, p_attempt bytea,
    p_salt bytea, p_memory_kib integer, p_time_cost integer, p_parallelism integer,
    p_pepper_id text, p_tag bytea, p_proof bytea,
    p_new_secret_hash bytea, p_new_epoch bigint, p_mac bytea, p_mac_key text,
    p_language text, p_network text, p_agent text, p_device bytea DEFAULT NULL
) RETURNS TABLE (status text, others_ended integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proof record;
    v_session vault.sessions%ROWTYPE;
    v_attempt vault.attempts%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_password(p_salt, p_memory_kib, p_time_cost, p_parallelism, p_pepper_id, p_tag, p_proof)
       OR p_new_secret_hash IS NULL OR octet_length(p_new_secret_hash) <> 32
       OR NOT vault.is_mac(p_mac, p_mac_key) OR NOT vault.is_language(p_language)
       OR EXISTS (SELECT FROM vault.sessions WHERE secret_hash = p_new_secret_hash) THEN
        RETURN QUERY SELECT 'bad_request', NULL::integer;
        RETURN;
    END IF;
    v_proof := vault.fresh_proof(p_session, p_attempt);
    IF v_proof.status <> 'fresh' THEN
        RETURN QUERY SELECT v_proof.status, NULL::integer;
        RETURN;
    END IF;
    SELECT * INTO v_session FROM vault.live_session(p_session, 'web');
    SELECT * INTO v_attempt FROM vault.live_attempt(p_attempt);
    IF p_new_epoch IS DISTINCT FROM v_session.account_epoch + 1 THEN
        RETURN QUERY SELECT 'moved', NULL::integer;
        RETURN;
    END IF;
    UPDATE vault.attempts SET consumed_at = clock_timestamp()
    WHERE secret_hash = v_attempt.secret_hash AND consumed_at IS NULL;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'gone', NULL::integer;
        RETURN;
    END IF;
    PERFORM vault.store_password(v_session.account_id, p_salt, p_memory_kib, p_time_cost,
                                 p_parallelism, p_pepper_id, p_tag, p_proof);
    PERFORM vault.clear_guesses(v_session.account_id);
    UPDATE vault.accounts SET epoch = p_new_epoch WHERE id = v_session.account_id;
    others_ended := vault.end_sessions_of(v_session.account_id, v_session.sid, 'password_changed');
    PERFORM vault.remember_device(v_session.account_id, p_device);
    UPDATE vault.sessions SET secret_hash = p_new_secret_hash, account_epoch = p_new_epoch,
           authenticated_at = v_attempt.authenticated_at, amr = v_attempt.amr,
           mac = p_mac, mac_key = p_mac_key, last_seen_at = clock_timestamp()
    WHERE sid = v_session.sid;
    PERFORM vault.record_event('account:password:changed', v_session.account_id, v_session.sid,
                               NULL, NULL, vault.event_digest(p_network),
                               vault.event_digest(p_agent),
                               jsonb_build_object('others_ended', others_ended));
    PERFORM vault.write_letter(v_session.account_id, 'password_changed', p_language);
    status := 'changed';
    RETURN NEXT;
END
$$;
