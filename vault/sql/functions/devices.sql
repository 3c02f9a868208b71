-- Known devices: a browser carries one secret; a session that it opens makes it known to an account.
-- Its owner may trust it for a while: then a code is not asked for there.

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
-- Whether it was unknown: of several sign-ins at once, to the first.
CREATE OR REPLACE FUNCTION vault.remember_device(p_account uuid, p_device bytea) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF octet_length(p_device) IS DISTINCT FROM 32
       OR EXISTS (SELECT FROM vault.refused_devices r WHERE r.secret_hash = sha256(p_device)) THEN
        RETURN true;
    END IF;
    INSERT INTO vault.device_credentials (secret_hash, account_id)
    VALUES (sha256(p_device), p_account)
    ON CONFLICT (secret_hash, account_id) DO NOTHING;
    IF NOT FOUND THEN
        UPDATE vault.device_credentials d SET last_used_at = clock_timestamp()
        WHERE d.secret_hash = sha256(p_device) AND d.account_id = p_account;
        RETURN false;
    END IF;
    DELETE FROM vault.device_credentials WHERE account_id = p_account AND secret_hash IN (
        SELECT d.secret_hash FROM vault.device_credentials d WHERE d.account_id = p_account
        ORDER BY d.last_used_at DESC OFFSET 20 FOR UPDATE SKIP LOCKED);
    RETURN true;
END
$$;

-- Trusts this browser until a time, which the caller names so that its MAC can cover it: by a session
-- that has just shown a second factor there. Statuses: trusted, gone (session, or the browser is not
-- known), weak (no second factor, or too long ago), bad_request.
CREATE OR REPLACE FUNCTION api.trust_browser_v1(
    p_session bytea, p_device bytea, p_until bigint, p_label text, p_mac bytea, p_mac_key text,
    p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_session vault.sessions%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_until IS NULL OR p_until <= vault.epoch_seconds(clock_timestamp())
       OR p_until > vault.epoch_seconds(clock_timestamp())
                    + vault.policy_seconds('trusted_browser') + 120
       OR length(coalesce(p_label, '')) > 100 OR NOT vault.is_mac(p_mac, p_mac_key) THEN
        RETURN 'bad_request';
    END IF;
    SELECT * INTO v_session FROM vault.live_session(p_session, 'web');
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    IF 'mfa' <> ALL (v_session.amr) OR v_session.authenticated_at < clock_timestamp()
       - make_interval(secs => vault.policy_seconds('fresh_proof')) THEN
        RETURN 'weak';
    END IF;
    UPDATE vault.device_credentials d
    SET trusted_at = clock_timestamp(), trusted_until = p_until, label = coalesce(p_label, ''),
        mac = p_mac, mac_key = p_mac_key
    WHERE d.secret_hash = sha256(p_device) AND d.account_id = v_session.account_id;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    PERFORM vault.record_event('account:browser:trusted', v_session.account_id, v_session.sid, NULL,
                               NULL, vault.event_digest(p_network), vault.event_digest(p_agent));
    RETURN 'trusted';
END
$$;

-- Spares an attempt to sign in the code of an app, where its owner trusts the browser; with what the
-- MAC is over, for the caller to check before it believes that. Statuses: spared, unknown (or not any
-- more), gone (the attempt has no password, or is over).
CREATE OR REPLACE FUNCTION api.spare_code_v1(
    p_attempt bytea, p_device bytea, p_network text, p_agent text
) RETURNS TABLE (status text, account_id uuid, trusted_until bigint, mac bytea, mac_key text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_attempt vault.attempts%ROWTYPE;
    v_device vault.device_credentials%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    SELECT t.* INTO v_attempt FROM vault.live_attempt(p_attempt) t
    WHERE t.purpose = 'sign_in' AND 'password' = ANY (t.proofs);
    IF NOT FOUND THEN
        status := 'gone';
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT d.* INTO v_device FROM vault.device_credentials d
    WHERE d.secret_hash = sha256(p_device) AND d.account_id = v_attempt.account_id
      AND d.trusted_until > vault.epoch_seconds(clock_timestamp());
    IF NOT FOUND THEN
        status := 'unknown';
        RETURN NEXT;
        RETURN;
    END IF;
    v_attempt := vault.add_proofs(v_attempt.secret_hash, '{browser}');
    IF v_attempt.secret_hash IS NULL THEN
        status := 'gone';
        RETURN NEXT;
        RETURN;
    END IF;
    PERFORM vault.record_event('account:browser:spared', v_attempt.account_id, NULL, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent));
    RETURN QUERY SELECT 'spared', v_device.account_id, v_device.trusted_until, v_device.mac,
                        v_device.mac_key;
END
$$;

-- The browsers that one trusts, this one first.
CREATE OR REPLACE FUNCTION api.list_trusted_browsers_v1(p_session bytea, p_device bytea)
RETURNS TABLE (id uuid, label text, is_current boolean, trusted_at timestamptz,
               trusted_until bigint, last_used_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.id, d.label, coalesce(d.secret_hash = sha256(p_device), false), d.trusted_at,
           d.trusted_until, d.last_used_at
    FROM vault.live_session(p_session, 'web') s
    JOIN vault.device_credentials d ON d.account_id = s.account_id
    WHERE d.trusted_until > vault.epoch_seconds(clock_timestamp())
    ORDER BY 3 DESC, d.trusted_at DESC;
$$;

-- Trusts one of one's own browsers no more; without one's name for it, none of them. It only takes
-- away, so the session is enough. Statuses: distrusted, unknown, gone.
CREATE OR REPLACE FUNCTION api.distrust_browser_v1(
    p_session bytea, p_browser uuid, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_session vault.sessions%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    SELECT * INTO v_session FROM vault.live_session(p_session, 'web');
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    UPDATE vault.device_credentials d SET trusted_until = NULL, mac = '', mac_key = ''
    WHERE d.account_id = v_session.account_id AND d.trusted_until IS NOT NULL
      AND (p_browser IS NULL OR d.id = p_browser);
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    PERFORM vault.record_event('account:browser:distrusted', v_session.account_id, v_session.sid,
                               NULL, NULL, vault.event_digest(p_network),
                               vault.event_digest(p_agent));
    RETURN 'distrusted';
END
$$;

-- Whether a passkey is to be offered in this browser now: once an account and browser.
CREATE OR REPLACE FUNCTION api.offer_passkey_v1(p_session bytea, p_device bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_account uuid;
BEGIN
    PERFORM vault.require_read_committed();
    SELECT s.account_id INTO v_account FROM vault.live_session(p_session, 'web') s;
    UPDATE vault.device_credentials d SET passkey_offered_at = clock_timestamp()
    WHERE d.secret_hash = sha256(p_device) AND d.account_id = v_account
      AND d.passkey_offered_at IS NULL;
    RETURN FOUND;
END
$$;
