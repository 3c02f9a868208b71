-- Operators: who may act, their sign-in on the operator's site, and what they may look at.

-- Makes somebody an operator. The MAC covers account, level, grantor and time, under a key that
-- is not in the database: a row slipped in by a database writer is refused by the operator's site.
CREATE OR REPLACE FUNCTION api.grant_operator_v1(
    p_account uuid, p_level text, p_granted_at bigint, p_mac bytea, p_mac_key text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_level IS NULL OR p_level NOT IN ('looker', 'locker', 'chief')
       OR NOT EXISTS (SELECT FROM vault.accounts WHERE id = p_account) THEN
        RETURN 'bad_request';
    END IF;
    INSERT INTO vault.operators (account_id, level, granted_at, mac, mac_key)
    VALUES (p_account, p_level, to_timestamp(p_granted_at), p_mac, p_mac_key)
    ON CONFLICT (account_id) DO UPDATE SET level = p_level, granted_by = NULL,
        granted_at = to_timestamp(p_granted_at), mac = p_mac, mac_key = p_mac_key,
        revoked_at = NULL;
    PERFORM vault.record_event('operator:grant:console', p_account, NULL, NULL, NULL, NULL, NULL,
                               jsonb_build_object('level', p_level));
    RETURN 'granted';
END
$$;

-- Whether an account is an operator, with what its MAC covers. For the operator's process.
CREATE OR REPLACE FUNCTION api.find_operator_v1(p_account uuid)
RETURNS TABLE (account_id uuid, level text, granted_at bigint, mac bytea, mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.account_id, o.level, vault.epoch_seconds(o.granted_at), o.mac, o.mac_key
    FROM vault.operators o WHERE o.account_id = p_account AND o.revoked_at IS NULL;
$$;

-- As open_session_v1, for an attempt that the operator's process opened for a live operator: by a
-- passkey of their site's that knew its user, and by nothing else. A known device is nothing here.
CREATE OR REPLACE FUNCTION api.open_operator_session_v1(
    p_attempt bytea, p_sid uuid, p_secret_hash bytea, p_amr text[], p_authenticated_at bigint,
    p_account_epoch bigint, p_site_epoch bigint, p_created_at bigint, p_expires_at bigint,
    p_idle_seconds integer, p_agent_label text, p_mac bytea, p_mac_key text,
    p_old_secret bytea, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM vault.live_attempt(p_attempt) t
                   JOIN vault.operators o ON o.account_id = t.account_id
                   WHERE o.revoked_at IS NULL) THEN
        RETURN 'gone';
    END IF;
    IF EXISTS (SELECT FROM vault.live_attempt(p_attempt) t
               WHERE NOT vault.is_operators_proof(t.proofs)) THEN
        RETURN 'unfinished';
    END IF;
    RETURN vault.open_session('operator', 'operator_session', p_attempt, p_sid, p_secret_hash,
        p_amr, p_authenticated_at, p_account_epoch, p_site_epoch, p_created_at, p_expires_at,
        p_idle_seconds, false, p_agent_label, p_mac, p_mac_key, p_old_secret,
        p_network, p_agent, NULL, NULL, NULL, false);
END
$$;

-- The operator's session and, in the same row, the operator. The name is for showing: this process
-- has no key by which to check it, and decides nothing by it.
CREATE OR REPLACE FUNCTION api.resume_operator_session_v1(p_secret bytea)
RETURNS TABLE (sid uuid, account_id uuid, username text, account_epoch bigint, site_epoch bigint,
               amr text[], authenticated_at bigint, created_at bigint, expires_at bigint,
               idle_seconds integer, kept boolean, mac bytea, mac_key text,
               level text, granted_at bigint, operator_mac bytea, operator_mac_key text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT s.sid, s.account_id, s.username, s.account_epoch, s.site_epoch, s.amr,
           s.authenticated_at, s.created_at, s.expires_at, s.idle_seconds, s.kept, s.mac,
           s.mac_key, o.level, vault.epoch_seconds(o.granted_at), o.mac, o.mac_key
    FROM vault.resume_session(p_secret, 'operator') s
    JOIN vault.operators o ON o.account_id = s.account_id
    WHERE o.revoked_at IS NULL;
$$;

CREATE OR REPLACE FUNCTION api.end_operator_session_v1(
    p_secret bytea, p_network text, p_agent text
) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.end_own_session(p_secret, 'operator', p_network, p_agent) IS NOT NULL;
$$;

-- The operator behind a live operator session, if its level reaches p_least: enough for what harms
-- nobody. Lockouts take a fresh proof as well (vault.proven_operator).
CREATE OR REPLACE FUNCTION vault.acting_operator(p_secret bytea, p_least text) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.account_id FROM vault.live_session(p_secret, 'operator') s
    JOIN vault.operators o ON o.account_id = s.account_id
    WHERE o.revoked_at IS NULL
      AND array_position(ARRAY['looker', 'locker', 'chief'], o.level)
          >= array_position(ARRAY['looker', 'locker', 'chief'], p_least);
$$;

-- statement_timestamp() in views: a volatile clock would make PostgreSQL compute the count of
-- sessions for every account before it sorts and cuts.
CREATE OR REPLACE VIEW views.accounts AS
    SELECT a.id, a.username, a.state, a.created_at, o.level AS operator_level,
           l.reason AS lock_reason, l.placed_at AS locked_at, l.ends_at AS locked_until,
           l.keeps_sessions AS sessions_rest, l.told AS lock_told, l.lockout_id AS lock_list,
           (SELECT count(*) FROM vault.sessions s WHERE s.account_id = a.id AND s.kind = 'web'
              AND s.ended_at IS NULL AND s.expires_at > statement_timestamp()
              AND s.last_seen_at + make_interval(secs => s.idle_seconds) > statement_timestamp()
              AND s.account_epoch = a.epoch AND s.site_epoch = site.epoch) AS live_sessions
    FROM vault.accounts a CROSS JOIN vault.site
    LEFT JOIN vault.operators o ON o.account_id = a.id AND o.revoked_at IS NULL
    LEFT JOIN vault.account_locks l ON l.account_id = a.id AND l.lifted_at IS NULL;

CREATE OR REPLACE VIEW views.wikis AS
    SELECT w.client_id, w.name, w.state, w.state_reason, w.first_party, w.home_uri,
           w.redirect_uris, w.post_logout_redirect_uris, w.backchannel_logout_uri,
           w.token_endpoint_auth_method, w.response_types, w.require_pkce, w.id_token_alg,
           w.scopes, w.created_at, w.least_acr, w.default_acr_values, w.jwks, w.jwks_uri,
           w.assertion_alg, w.require_par, w.require_nonce, w.policy_uri,
           w.older_secret_ends_at AS older_ends_at
    FROM vault.wikis w;

CREATE OR REPLACE VIEW views.sessions AS
    SELECT s.sid, s.account_id, a.username, s.kind, s.agent_label, s.created_at, s.last_seen_at,
           s.expires_at, s.kept, s.amr, s.ended_at, s.end_reason,
           (s.ended_at IS NULL AND s.expires_at > statement_timestamp()
            AND s.last_seen_at + make_interval(secs => s.idle_seconds) > statement_timestamp()
            AND s.account_epoch = a.epoch AND s.site_epoch = site.epoch
            AND a.state = 'active') AS is_live,
           ARRAY(SELECT w.name FROM vault.session_wikis sw JOIN vault.wikis w USING (client_id)
                 WHERE sw.sid = s.sid ORDER BY w.name) AS wikis, s.network
    FROM vault.sessions s JOIN vault.accounts a ON a.id = s.account_id CROSS JOIN vault.site;

CREATE OR REPLACE VIEW views.events AS
    SELECT e.id, e.at, e.tag, e.account_id, a.username, e.sid, e.client_id,
           e.actor_id, actor.username AS actor, e.detail
    FROM vault.events e
    LEFT JOIN vault.accounts a ON a.id = e.account_id
    LEFT JOIN vault.accounts actor ON actor.id = e.actor_id;
