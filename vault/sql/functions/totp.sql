-- TOTP apps (RFC 6238): one's own, and what comes with an account from elsewhere. Their secrets are
-- sealed, and opened in totp_codes.sql.

-- The time step of now: 30 seconds each (RFC 6238 section 4.2).
CREATE OR REPLACE FUNCTION vault.current_step() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.epoch_seconds(clock_timestamp()) / 30;
$$;

-- Whether a time step is within ten of now: no caller can spend the years to come, or bring back
-- what was long ago.
CREATE OR REPLACE FUNCTION vault.is_near_step(p_step bigint) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(p_step BETWEEN vault.current_step() - 10 AND vault.current_step() + 10, false);
$$;

-- One's own apps, without their secrets.
CREATE OR REPLACE FUNCTION api.list_totp_v1(p_session bytea)
RETURNS TABLE (id uuid, name text, created_at timestamptz, last_used_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.id, d.name, d.created_at, d.last_used_at
    FROM vault.live_session(p_session, 'web') s
    JOIN vault.totp_devices d ON d.account_id = s.account_id
    ORDER BY d.created_at;
$$;

CREATE OR REPLACE FUNCTION vault.is_totp(
    p_id uuid, p_name text, p_sealed bytea, p_digest bytea, p_digest_key text, p_step bigint
) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(p_id IS NOT NULL AND length(p_name) BETWEEN 1 AND 100
        AND octet_length(p_sealed) BETWEEN 30 AND 500 AND octet_length(p_digest) = 32
        AND length(p_digest_key) BETWEEN 1 AND 40 AND p_step >= -1, false);
$$;

-- Statuses: added, exists (this secret, or this id), full.
CREATE OR REPLACE FUNCTION vault.store_totp(
    p_account uuid, p_id uuid, p_name text, p_sealed bytea, p_digest bytea, p_digest_key text,
    p_step bigint, p_window integer DEFAULT 1
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM vault.totp_devices WHERE account_id = p_account) >= 10 THEN
        RETURN 'full';
    END IF;
    IF EXISTS (SELECT FROM vault.totp_devices
               WHERE account_id = p_account AND secret_digest = p_digest) THEN
        RETURN 'exists';
    END IF;
    INSERT INTO vault.totp_devices (id, account_id, name, sealed_secret, secret_digest, digest_key,
                                    last_step, clock_window)
    VALUES (p_id, p_account, p_name, p_sealed, p_digest, p_digest_key, p_step, p_window)
    ON CONFLICT DO NOTHING;
    RETURN CASE WHEN FOUND THEN 'added' ELSE 'exists' END;
END
$$;

-- Adds an app by fresh proof. Web has seen a right code of its, of time step p_step, which is spent
-- with it. Statuses: added, exists, full, gone, weak, bad_request.
CREATE OR REPLACE FUNCTION api.add_totp_v1(
    p_session bytea, p_attempt bytea, p_id uuid, p_name text, p_sealed bytea, p_digest bytea,
    p_digest_key text, p_step bigint, p_language text, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proof record;
    v_status text;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_totp(p_id, p_name, p_sealed, p_digest, p_digest_key, p_step)
       OR NOT vault.is_near_step(p_step) OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    v_proof := vault.fresh_proof(p_session, p_attempt);
    IF v_proof.status <> 'fresh' THEN
        RETURN v_proof.status;
    END IF;
    v_status := vault.store_totp(v_proof.account_id, p_id, p_name, p_sealed, p_digest,
                                 p_digest_key, p_step);
    IF v_status = 'added' THEN
        PERFORM vault.end_sessions_but(v_proof.account_id, v_proof.sid, 'factor_changed');
        PERFORM vault.record_event('account:totp:added', v_proof.account_id, v_proof.sid, NULL,
                                   NULL, vault.event_digest(p_network),
                                   vault.event_digest(p_agent),
                                   jsonb_build_object('device', p_id));
        PERFORM vault.write_letter(v_proof.account_id, 'totp_added', p_language);
    END IF;
    RETURN v_status;
END
$$;

-- For the owner process: an app that comes with an account from elsewhere, where codes of up to
-- p_step may have been used (-1: none were), and its clock may be off by p_window steps. Statuses: added, exists, full, unknown, bad_request.
CREATE OR REPLACE FUNCTION api.import_totp_v1(
    p_account uuid, p_id uuid, p_name text, p_sealed bytea, p_digest bytea, p_digest_key text,
    p_step bigint, p_window integer DEFAULT 1
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_status text;
BEGIN
    PERFORM vault.require_read_committed();
    -- A later step would keep its owner out until then.
    IF NOT vault.is_totp(p_id, p_name, p_sealed, p_digest, p_digest_key, p_step)
       OR (p_step > vault.current_step() AND NOT vault.is_near_step(p_step))
       OR coalesce(p_window, 0) NOT BETWEEN 1 AND 10 THEN
        RETURN 'bad_request';
    END IF;
    PERFORM FROM vault.accounts WHERE id = p_account FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    v_status := vault.store_totp(p_account, p_id, p_name, p_sealed, p_digest, p_digest_key,
                                 p_step, p_window);
    IF v_status = 'added' THEN
        PERFORM vault.record_event('account:totp:added', p_account, NULL, NULL, NULL, NULL, NULL,
                                   jsonb_build_object('device', p_id));
    END IF;
    RETURN v_status;
END
$$;

-- Gives one of one's own apps another name. Statuses: renamed, unknown, gone, bad_request.
CREATE OR REPLACE FUNCTION api.rename_totp_v1(p_session bytea, p_id uuid, p_name text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_account uuid;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_id IS NULL OR coalesce(length(p_name), 0) NOT BETWEEN 1 AND 100 THEN
        RETURN 'bad_request';
    END IF;
    SELECT s.account_id INTO v_account FROM vault.live_session(p_session, 'web') s;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    UPDATE vault.totp_devices SET name = p_name WHERE id = p_id AND account_id = v_account;
    RETURN CASE WHEN FOUND THEN 'renamed' ELSE 'unknown' END;
END
$$;

-- Takes an app away by fresh proof. Statuses: removed, unknown, gone, weak, bad_request.
CREATE OR REPLACE FUNCTION api.remove_totp_v1(
    p_session bytea, p_attempt bytea, p_id uuid, p_language text, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proof record;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_id IS NULL OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    v_proof := vault.fresh_proof(p_session, p_attempt);
    IF v_proof.status <> 'fresh' THEN
        RETURN v_proof.status;
    END IF;
    DELETE FROM vault.totp_devices WHERE id = p_id AND account_id = v_proof.account_id;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    PERFORM vault.end_sessions_but(v_proof.account_id, v_proof.sid, 'factor_changed');
    PERFORM vault.record_event('account:totp:removed', v_proof.account_id, v_proof.sid, NULL,
                               NULL, vault.event_digest(p_network), vault.event_digest(p_agent),
                               jsonb_build_object('device', p_id));
    PERFORM vault.write_letter(v_proof.account_id, 'totp_removed', p_language);
    RETURN 'removed';
END
$$;
