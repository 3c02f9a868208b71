-- Signing out everywhere, and whom that has reached: what became of telling each wiki.

-- Ends all of one's own sessions, this one too, with every code, token and pending sign-in: the epoch
-- carries them all. Known browsers are strangers again. Gives the sids of those that ended, NULL when
-- one's own has.
CREATE OR REPLACE FUNCTION api.end_all_own_sessions_v1(
    p_secret bytea, p_network text, p_agent text
) RETURNS uuid[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_session vault.sessions%ROWTYPE;
    v_ended uuid[];
BEGIN
    PERFORM vault.require_read_committed();
    SELECT * INTO v_session FROM vault.live_session(p_secret, 'web');
    PERFORM FROM vault.accounts WHERE id = v_session.account_id FOR UPDATE;
    SELECT * INTO v_session FROM vault.live_session(p_secret, 'web');
    IF v_session.sid IS NULL THEN
        RETURN NULL;
    END IF;
    v_ended := ARRAY(SELECT s.sid FROM vault.sessions s
                     WHERE s.account_id = v_session.account_id AND s.ended_at IS NULL
                       AND s.kind = 'web' ORDER BY s.last_seen_at DESC LIMIT 50);
    UPDATE vault.accounts SET epoch = epoch + 1 WHERE id = v_session.account_id;
    PERFORM vault.end_sessions_of(v_session.account_id, NULL, 'ended_by_owner');
    PERFORM vault.record_event('account:session:ended', v_session.account_id, v_session.sid, NULL,
                               NULL, vault.event_digest(p_network), vault.event_digest(p_agent),
                               jsonb_build_object('why', 'ended_by_owner', 'everywhere', true));
    RETURN v_ended;
END
$$;

-- What became of telling a wiki: told, waiting, failed (given up), or nothing, where it never asked to
-- be told.
CREATE OR REPLACE FUNCTION vault.logout_state(p_sid uuid, p_account uuid, p_client text)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((
        SELECT CASE WHEN o.done_at IS NOT NULL THEN 'told' WHEN o.buried_at IS NOT NULL THEN 'failed'
                    ELSE 'waiting' END
        FROM vault.outbox o
        WHERE o.kind = 'backchannel_logout' AND o.account_id = p_account
          AND o.payload ->> 'sid' = p_sid::text AND o.payload ->> 'client_id' = p_client
        ORDER BY o.id DESC LIMIT 1), '');
$$;

-- Whom the end of these sessions has reached, by their sids: for the page after signing out, which has
-- no session any more. Sessions that are alive say nothing.
CREATE OR REPLACE FUNCTION api.logout_progress_v1(p_sids uuid[])
RETURNS TABLE (sid uuid, wiki text, state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.sid, w.name, vault.logout_state(s.sid, s.account_id, w.client_id)
    FROM vault.sessions s JOIN vault.session_wikis sw USING (sid) JOIN vault.wikis w USING (client_id)
    WHERE cardinality(p_sids) <= 50 AND s.sid = ANY (p_sids) AND s.ended_at IS NOT NULL
    ORDER BY w.name, s.sid;
$$;

-- One's own sessions that ended within the hour, with what became of telling each wiki.
CREATE OR REPLACE FUNCTION api.own_logouts_v1(p_secret bytea)
RETURNS TABLE (sid uuid, agent_label text, ended_at timestamptz, wiki text, state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.sid, s.agent_label, s.ended_at, w.name,
           vault.logout_state(s.sid, s.account_id, w.client_id)
    FROM vault.live_session(p_secret, 'web') mine
    JOIN vault.sessions s ON s.account_id = mine.account_id AND s.kind = 'web'
    LEFT JOIN vault.session_wikis sw ON sw.sid = s.sid LEFT JOIN vault.wikis w USING (client_id)
    WHERE s.ended_at > clock_timestamp() - interval '1 hour'
    ORDER BY s.ended_at DESC, s.sid, w.name LIMIT 100;
$$;
