-- Attempts become sessions; sessions are resumed, listed and ended by whoever holds their secret.

-- The session with this secret, if it is alive. Whatever ends sessions is checked here, and only
-- here: its own end, idle and absolute limits, the account's state and epoch, the site's epoch.
CREATE OR REPLACE FUNCTION vault.live_session(p_secret bytea, p_kind text)
RETURNS SETOF vault.sessions
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.* FROM vault.sessions s
    JOIN vault.accounts a ON a.id = s.account_id
    CROSS JOIN vault.site
    WHERE s.secret_hash = sha256(p_secret) AND s.kind = p_kind AND s.ended_at IS NULL
      AND s.expires_at > clock_timestamp()
      AND s.last_seen_at + make_interval(secs => s.idle_seconds) > clock_timestamp()
      AND s.account_epoch = a.epoch AND s.site_epoch = site.epoch AND a.state = 'active';
$$;

-- Whether a session may live this long: kinds of session have the policy's upper bounds.
CREATE OR REPLACE FUNCTION vault.is_lifetime(
    p_policy text, p_created timestamptz, p_expires timestamptz, p_idle integer
) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(p_idle > 0 AND p_idle <= vault.policy_seconds(p_policy || '_idle')
        AND abs(extract(epoch FROM clock_timestamp() - p_created)) < 120
        AND p_expires > p_created
        AND p_expires <= p_created
            + make_interval(secs => vault.policy_seconds(p_policy || '_absolute')), false);
$$;

-- Turns an attempt into a session. amr and auth_time are the attempt's; the caller names them so
-- that its MAC can cover them, and is refused when they differ. With the secret of a live session
-- of the same account and the same sid, that session goes on under the new secret; any other
-- session of this browser ends. With p_proof_hash, what was proven is a fresh proof within the new
-- session as well, for as long as it is fresh. Statuses: opened, unfinished (the password, or a second
-- factor that is held, is not proven), closed (signing in is, to everybody or to this browser), gone,
-- changed, bad_request.
CREATE OR REPLACE FUNCTION vault.open_session(
    p_kind text, p_policy text, p_attempt bytea, p_sid uuid, p_secret_hash bytea, p_amr text[],
    p_authenticated_at bigint, p_account_epoch bigint, p_site_epoch bigint,
    p_created_at bigint, p_expires_at bigint, p_idle_seconds integer, p_kept boolean,
    p_agent_label text, p_mac bytea, p_mac_key text, p_old_secret bytea,
    p_network text, p_agent text, p_device bytea, p_proof_hash bytea, p_language text,
    p_keep_place boolean
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_purpose text := CASE p_kind WHEN 'web' THEN 'sign_in' ELSE 'operator' END;
    v_attempt vault.attempts%ROWTYPE;
    v_old vault.sessions%ROWTYPE;
    v_now timestamptz := clock_timestamp();
    v_language text;
    v_is_new_device boolean;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_sid IS NULL OR p_secret_hash IS NULL OR octet_length(p_secret_hash) <> 32
       OR p_mac IS NULL OR octet_length(p_mac) <> 32 OR p_mac_key IS NULL OR p_kept IS NULL
       OR length(coalesce(p_agent_label, '')) > 100
       OR octet_length(coalesce(p_proof_hash, p_secret_hash)) <> 32
       OR NOT vault.is_language(coalesce(p_language, 'en'))
       OR EXISTS (SELECT FROM vault.sessions WHERE secret_hash = p_secret_hash)
       OR NOT vault.is_lifetime(p_policy, to_timestamp(p_created_at), to_timestamp(p_expires_at),
                                p_idle_seconds) THEN
        RETURN 'bad_request';
    END IF;
    IF EXISTS (SELECT FROM vault.live_attempt(p_attempt) t
               WHERE t.purpose = v_purpose AND NOT vault.is_enough(t.account_id, t.proofs)) THEN
        RETURN 'unfinished';
    END IF;
    IF p_kind = 'web' AND vault.is_closed_to(p_attempt, p_device) THEN
        RETURN 'closed';
    END IF;
    UPDATE vault.attempts SET consumed_at = v_now
    WHERE secret_hash = (SELECT t.secret_hash FROM vault.live_attempt(p_attempt) t)
      AND consumed_at IS NULL AND purpose = v_purpose
    RETURNING * INTO v_attempt;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    -- Before the row is shared, or two sign-ins could wait for each other. What is told of this one is
    -- told in the language of the one before: it may be a stranger's.
    SELECT a.language INTO v_language FROM vault.accounts a WHERE a.id = v_attempt.account_id;
    UPDATE vault.accounts SET language = p_language
    WHERE id = v_attempt.account_id AND language <> p_language;
    -- A lock that commits while this waits must win: FOR SHARE orders the two.
    PERFORM FROM vault.accounts WHERE id = v_attempt.account_id AND state = 'active'
        AND epoch = v_attempt.account_epoch AND proofs_epoch = v_attempt.proofs_epoch FOR SHARE;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    IF v_attempt.amr IS DISTINCT FROM p_amr
       OR v_attempt.account_epoch IS DISTINCT FROM p_account_epoch
       OR v_attempt.site_epoch IS DISTINCT FROM p_site_epoch
       OR vault.epoch_seconds(v_attempt.authenticated_at) IS DISTINCT FROM p_authenticated_at THEN
        RETURN 'changed';
    END IF;
    SELECT * INTO v_old FROM vault.live_session(p_old_secret, p_kind);
    IF v_old.sid = p_sid AND v_old.account_id = v_attempt.account_id THEN
        UPDATE vault.sessions SET secret_hash = p_secret_hash, amr = p_amr,
            authenticated_at = v_attempt.authenticated_at, created_at = to_timestamp(p_created_at),
            expires_at = to_timestamp(p_expires_at), idle_seconds = p_idle_seconds,
            kept = p_kept, last_seen_at = v_now, agent_label = coalesce(p_agent_label, ''),
            network = CASE WHEN p_keep_place THEN coalesce(vault.coarse_network(p_network), '')
                           ELSE '' END,
            mac = p_mac, mac_key = p_mac_key
        WHERE sid = p_sid;
    ELSE
        IF v_old.sid IS NOT NULL THEN
            UPDATE vault.sessions SET ended_at = v_now, end_reason = 'replaced'
            WHERE sid = v_old.sid;
            PERFORM vault.tell_wikis(v_old.sid, v_old.account_id);
            PERFORM vault.record_event(
                'account:session:ended', v_old.account_id, v_old.sid, NULL, NULL,
                vault.event_digest(p_network), vault.event_digest(p_agent),
                jsonb_build_object('why', 'replaced'));
        END IF;
        INSERT INTO vault.sessions (sid, secret_hash, kind, account_id, account_epoch, site_epoch,
            amr, authenticated_at, created_at, expires_at, idle_seconds, kept, last_seen_at,
            agent_label, mac, mac_key, network)
        VALUES (p_sid, p_secret_hash, p_kind, v_attempt.account_id, v_attempt.account_epoch,
            v_attempt.site_epoch, p_amr, v_attempt.authenticated_at, to_timestamp(p_created_at),
            to_timestamp(p_expires_at), p_idle_seconds, p_kept, v_now,
            coalesce(p_agent_label, ''), p_mac, p_mac_key,
            CASE WHEN p_keep_place THEN coalesce(vault.coarse_network(p_network), '') ELSE '' END)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RETURN 'bad_request';
        END IF;
    END IF;
    IF p_proof_hash IS NOT NULL THEN
        INSERT INTO vault.attempts (secret_hash, account_id, account_epoch, site_epoch, purpose,
                                    proofs, amr, authenticated_at, sid, expires_at, proofs_epoch)
        VALUES (p_proof_hash, v_attempt.account_id, v_attempt.account_epoch, v_attempt.site_epoch,
                'reauthenticate', v_attempt.proofs, v_attempt.amr, v_attempt.authenticated_at, p_sid,
                v_attempt.expires_at, v_attempt.proofs_epoch)
        ON CONFLICT DO NOTHING;
    END IF;
    v_is_new_device := vault.remember_device(v_attempt.account_id, p_device);
    IF p_kind = 'web' AND v_old.sid IS DISTINCT FROM p_sid THEN
        PERFORM vault.tell_of_sign_in(v_attempt.account_id, p_sid, p_device, v_is_new_device,
                                      p_network, p_agent_label,
                                      v_language);
    END IF;
    PERFORM vault.record_event('account:session:opened', v_attempt.account_id, p_sid, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent),
                               jsonb_build_object('kind', p_kind, 'amr', p_amr));
    RETURN 'opened';
END
$$;

-- Whether a door of the site is shut between this attempt and a session: every sign-in ends here, whatever
-- it began with. An account that was made just now is known in no browser yet.
CREATE OR REPLACE FUNCTION vault.is_closed_to(p_attempt bytea, p_device bytea) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_site vault.site%ROWTYPE;
BEGIN
    SELECT * INTO v_site FROM vault.site;
    -- Nearly always: nothing else is looked at.
    IF v_site.sign_in_open AND NOT v_site.sign_in_known_only THEN
        RETURN false;
    END IF;
    RETURN vault.is_shut_out(v_site, EXISTS (
        SELECT FROM vault.live_attempt(p_attempt) t JOIN vault.accounts a ON a.id = t.account_id
        WHERE EXISTS (SELECT FROM vault.device_credentials d
                      WHERE d.secret_hash = sha256(p_device) AND d.account_id = a.id)
           OR (a.created_at > clock_timestamp()
                   - make_interval(secs => vault.policy_seconds('attempt'))
               AND NOT EXISTS (SELECT FROM vault.device_credentials d WHERE d.account_id = a.id))));
END
$$;

CREATE OR REPLACE FUNCTION api.open_session_v1(
    p_attempt bytea, p_sid uuid, p_secret_hash bytea, p_amr text[], p_authenticated_at bigint,
    p_account_epoch bigint, p_site_epoch bigint, p_created_at bigint, p_expires_at bigint,
    p_idle_seconds integer, p_kept boolean, p_agent_label text, p_mac bytea, p_mac_key text,
    p_old_secret bytea, p_network text, p_agent text, p_device bytea DEFAULT NULL,
    p_proof_hash bytea DEFAULT NULL, p_language text DEFAULT NULL,
    p_keep_place boolean DEFAULT false
) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.open_session('web', CASE WHEN p_kept THEN 'kept_session' ELSE 'session' END,
        p_attempt, p_sid, p_secret_hash, p_amr, p_authenticated_at, p_account_epoch, p_site_epoch,
        p_created_at, p_expires_at, p_idle_seconds, p_kept, p_agent_label, p_mac, p_mac_key,
        p_old_secret, p_network, p_agent, p_device, p_proof_hash, p_language, p_keep_place);
$$;

-- A session's row for its MAC to be checked, in the shape both kinds share.
CREATE FUNCTION vault.resume_session(p_secret bytea, p_kind text)
RETURNS TABLE (sid uuid, account_id uuid, username text, account_epoch bigint, site_epoch bigint,
               amr text[], authenticated_at bigint, created_at bigint, expires_at bigint,
               idle_seconds integer, kept boolean, mac bytea, mac_key text, name_mac bytea,
               name_mac_key text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s vault.sessions%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    SELECT * INTO s FROM vault.live_session(p_secret, p_kind);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- Once a minute is enough to keep it from idling out.
    IF s.last_seen_at < clock_timestamp() - interval '1 minute' THEN
        UPDATE vault.sessions SET last_seen_at = clock_timestamp()
        WHERE sessions.sid = s.sid AND ended_at IS NULL;
    END IF;
    RETURN QUERY SELECT s.sid, s.account_id, a.username, s.account_epoch, s.site_epoch, s.amr,
        vault.epoch_seconds(s.authenticated_at), vault.epoch_seconds(s.created_at),
        vault.epoch_seconds(s.expires_at), s.idle_seconds, s.kept, s.mac, s.mac_key, a.mac,
        a.mac_key
    FROM vault.accounts a WHERE a.id = s.account_id;
END
$$;

CREATE OR REPLACE FUNCTION api.resume_session_v1(p_secret bytea)
RETURNS TABLE (sid uuid, account_id uuid, username text, account_epoch bigint, site_epoch bigint,
               amr text[], authenticated_at bigint, created_at bigint, expires_at bigint,
               idle_seconds integer, kept boolean, mac bytea, mac_key text, name_mac bytea,
               name_mac_key text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT * FROM vault.resume_session(p_secret, 'web');
$$;

-- Ends the session that holds this secret; tells its wikis. Answers their names, NULL when there
-- was no such session.
CREATE OR REPLACE FUNCTION vault.end_own_session(
    p_secret bytea, p_kind text, p_network text, p_agent text
) RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_session vault.sessions%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    UPDATE vault.sessions SET ended_at = clock_timestamp(), end_reason = 'signed_out'
    WHERE secret_hash = sha256(p_secret) AND kind = p_kind AND ended_at IS NULL
    RETURNING * INTO v_session;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM vault.tell_wikis(v_session.sid, v_session.account_id);
    PERFORM vault.record_event('account:session:ended', v_session.account_id, v_session.sid, NULL,
                               NULL, vault.event_digest(p_network), vault.event_digest(p_agent),
                               jsonb_build_object('why', 'signed_out'));
    RETURN coalesce((SELECT array_agg(w.name ORDER BY w.name) FROM vault.session_wikis sw
                     JOIN vault.wikis w USING (client_id) WHERE sw.sid = v_session.sid),
                    ARRAY[]::text[]);
END
$$;

CREATE OR REPLACE FUNCTION api.end_session_v1(p_secret bytea, p_network text, p_agent text)
RETURNS text[]
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.end_own_session(p_secret, 'web', p_network, p_agent);
$$;

-- One's own live sessions, with the wikis that each has signed in to.
CREATE OR REPLACE FUNCTION api.list_sessions_v1(p_secret bytea)
RETURNS TABLE (sid uuid, is_current boolean, agent_label text, network text, amr text[],
               created_at timestamptz, last_seen_at timestamptz, kept boolean, wikis text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.sid, s.sid = mine.sid, s.agent_label, s.network, s.amr, s.created_at, s.last_seen_at,
           s.kept,
           ARRAY(SELECT w.name FROM vault.session_wikis sw JOIN vault.wikis w USING (client_id)
                 WHERE sw.sid = s.sid ORDER BY w.name)
    FROM vault.live_session(p_secret, 'web') mine
    JOIN vault.sessions s ON s.account_id = mine.account_id
    WHERE s.kind = 'web' AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()
      AND s.last_seen_at + make_interval(secs => s.idle_seconds) > clock_timestamp()
      AND s.account_epoch = mine.account_epoch AND s.site_epoch = mine.site_epoch
    ORDER BY s.sid = mine.sid DESC, s.last_seen_at DESC;
$$;

-- Ends one of one's own sessions. Statuses: ended, gone.
CREATE OR REPLACE FUNCTION api.end_own_session_v1(
    p_secret bytea, p_sid uuid, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_account uuid;
BEGIN
    PERFORM vault.require_read_committed();
    SELECT account_id INTO v_account FROM vault.live_session(p_secret, 'web');
    UPDATE vault.sessions SET ended_at = clock_timestamp(), end_reason = 'ended_by_owner'
    WHERE sid = p_sid AND account_id = v_account AND kind = 'web' AND ended_at IS NULL;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    PERFORM vault.tell_wikis(p_sid, v_account);
    PERFORM vault.record_event('account:session:ended', v_account, p_sid, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent),
                               jsonb_build_object('why', 'ended_by_owner'));
    RETURN 'ended';
END
$$;

-- Ends all of one's own other sessions, and keeps what is known of browsers. Gives how many, NULL when
-- one's own has ended.
CREATE OR REPLACE FUNCTION api.end_other_sessions_v1(
    p_secret bytea, p_network text, p_agent text
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_session vault.sessions%ROWTYPE;
    v_ended uuid;
    v_total integer := 0;
BEGIN
    PERFORM vault.require_read_committed();
    SELECT * INTO v_session FROM vault.live_session(p_secret, 'web');
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    FOR v_ended IN
        UPDATE vault.sessions SET ended_at = clock_timestamp(), end_reason = 'ended_by_owner'
        WHERE account_id = v_session.account_id AND kind = 'web' AND ended_at IS NULL
          AND sid <> v_session.sid RETURNING sid
    LOOP
        PERFORM vault.tell_wikis(v_ended, v_session.account_id);
        v_total := v_total + 1;
    END LOOP;
    PERFORM vault.record_event('account:session:ended', v_session.account_id, v_session.sid, NULL,
                               NULL, vault.event_digest(p_network), vault.event_digest(p_agent),
                               jsonb_build_object('why', 'ended_by_owner', 'others', v_total));
    RETURN v_total;
END
$$;
