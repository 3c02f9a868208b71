-- What a lockout would hit, counted before it is taken, with a sample of whom. Nothing is changed.

-- Each row says how much of what, and names some of it. p_kind is the lockout's; p_subject a wiki's client
-- id; p_accounts those of a lock. What the counts mean is said by emergency/reach_words.py.
CREATE OR REPLACE FUNCTION vault.lockout_reach(
    p_kind text, p_subject text, p_accounts uuid[], p_actor uuid
) RETURNS TABLE (what text, total bigint, sample text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE p_kind
        WHEN 'accounts' THEN
            RETURN QUERY SELECT * FROM vault.reach_of_accounts(p_accounts, p_actor);
        WHEN 'wiki' THEN
            RETURN QUERY SELECT * FROM vault.reach_of_wiki(p_subject);
        WHEN 'sign_up' THEN
            RETURN QUERY SELECT 'sign_ups', r.total, r.sample
            FROM vault.reach_of_events('account:sign_up:success') r;
        WHEN 'sign_in' THEN
            RETURN QUERY SELECT 'sign_ins', r.total, r.sample
            FROM vault.reach_of_events('account:session:opened') r;
        WHEN 'unknown_devices' THEN
            RETURN QUERY SELECT 'sign_ins', r.total, r.sample
            FROM vault.reach_of_events('account:session:opened') r;
            RETURN QUERY SELECT * FROM vault.reach_of_strangers();
        WHEN 'sessions' THEN
            RETURN QUERY SELECT * FROM vault.reach_of_site();
        WHEN 'signing_keys' THEN
            RETURN QUERY SELECT 'keys', count(*), coalesce(array_agg(k.kid ORDER BY k.kid), '{}')
            FROM vault.signing_keys k WHERE vault.verifies_hints(k);
        ELSE
            NULL;
    END CASE;
END
$$;

-- Of accounts to be locked: those that would be, with their sessions and wikis, and those that stay as
-- they are, and why.
CREATE OR REPLACE FUNCTION vault.reach_of_accounts(p_accounts uuid[], p_actor uuid)
RETURNS TABLE (what text, total bigint, sample text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH named AS MATERIALIZED (
        SELECT a.id, a.username, a.epoch,
               CASE WHEN a.state = 'locked' THEN 'already' WHEN a.id = p_actor THEN 'self'
                    WHEN vault.outranks(a.id, p_actor) THEN 'forbidden' ELSE 'locked' END AS status,
               EXISTS (SELECT FROM vault.operators o
                       WHERE o.account_id = a.id AND o.revoked_at IS NULL) AS is_operator
        FROM vault.accounts a WHERE a.id = ANY (p_accounts)
    ), live AS MATERIALIZED (
        SELECT s.sid, s.agent_label, s.last_seen_at FROM named n
        JOIN vault.sessions s ON s.account_id = n.id AND s.account_epoch = n.epoch
        JOIN vault.site ON site.epoch = s.site_epoch
        WHERE n.status = 'locked' AND s.ended_at IS NULL AND s.expires_at > statement_timestamp()
          AND s.last_seen_at + make_interval(secs => s.idle_seconds) > statement_timestamp()
    )
    SELECT 'accounts', count(*), vault.some_of(array_agg(username ORDER BY username))
    FROM named WHERE status = 'locked'
    UNION ALL
    SELECT 'operators', count(*), vault.some_of(array_agg(username ORDER BY username))
    FROM named WHERE status = 'locked' AND is_operator
    UNION ALL
    SELECT 'sessions', count(*), vault.some_of(array_agg(agent_label ORDER BY last_seen_at DESC))
    FROM live
    UNION ALL
    SELECT 'wikis', count(DISTINCT w.client_id), vault.some_of(array_agg(DISTINCT w.name))
    FROM live JOIN vault.session_wikis sw USING (sid) JOIN vault.wikis w USING (client_id)
    UNION ALL
    SELECT status, count(*), vault.some_of(array_agg(username ORDER BY username))
    FROM named WHERE status <> 'locked' GROUP BY status;
$$;

-- The first ten of them.
CREATE OR REPLACE FUNCTION vault.some_of(p_all text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(p_all[1:10], '{}');
$$;

-- Of a wiki: whoever has a session that has been there.
CREATE OR REPLACE FUNCTION vault.reach_of_wiki(p_client text)
RETURNS TABLE (what text, total bigint, sample text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH people AS MATERIALIZED (
        SELECT DISTINCT a.username FROM vault.session_wikis sw
        JOIN vault.sessions s USING (sid) JOIN vault.accounts a ON a.id = s.account_id
        JOIN vault.site ON site.epoch = s.site_epoch
        WHERE sw.client_id = p_client AND s.ended_at IS NULL
          AND s.expires_at > statement_timestamp() AND s.account_epoch = a.epoch
          AND a.state = 'active'
          AND s.last_seen_at + make_interval(secs => s.idle_seconds) > statement_timestamp()
    )
    SELECT 'people', count(*), (SELECT vault.some_of(array_agg(first.username)) FROM (
        SELECT username FROM people ORDER BY username LIMIT 10) AS first) FROM people;
$$;

-- Of a door: who came through it in the last hour, the latest first.
CREATE OR REPLACE FUNCTION vault.reach_of_events(p_tag text)
RETURNS TABLE (total bigint, sample text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH seen AS MATERIALIZED (
        SELECT e.id, e.account_id
        FROM vault.events_since(statement_timestamp() - interval '1 hour', ARRAY[p_tag]) e
        WHERE e.detail ->> 'kind' IS DISTINCT FROM 'operator'
    )
    SELECT (SELECT count(*) FROM seen), coalesce(array_agg(latest.username ORDER BY latest.id DESC),
                                                '{}')
    FROM (SELECT a.username, max(s.id) AS id FROM seen s
          JOIN vault.accounts a ON a.id = s.account_id
          GROUP BY a.username ORDER BY max(s.id) DESC LIMIT 10) AS latest;
$$;

-- Of the door for unknown browsers: those that became known in the last hour.
CREATE OR REPLACE FUNCTION vault.reach_of_strangers()
RETURNS TABLE (what text, total bigint, sample text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH seen AS MATERIALIZED (
        SELECT DISTINCT e.account_id
        FROM vault.events_since(statement_timestamp() - interval '1 hour',
                                ARRAY['account:session:opened']) e
        WHERE e.detail ->> 'kind' IS DISTINCT FROM 'operator'
    ), made AS MATERIALIZED (
        SELECT a.username FROM seen JOIN vault.accounts a ON a.id = seen.account_id
        JOIN vault.device_credentials d ON d.account_id = a.id
        WHERE d.created_at > statement_timestamp() - interval '1 hour'
    )
    SELECT 'strangers', count(*), vault.some_of(array_agg(DISTINCT username)) FROM made;
$$;

-- Of the whole site's sessions.
CREATE OR REPLACE FUNCTION vault.reach_of_site()
RETURNS TABLE (what text, total bigint, sample text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH live AS MATERIALIZED (
        SELECT s.kind, s.account_id, s.last_seen_at
        FROM vault.sessions s JOIN vault.accounts a ON a.id = s.account_id CROSS JOIN vault.site
        WHERE s.ended_at IS NULL AND s.expires_at > statement_timestamp()
          AND s.last_seen_at + make_interval(secs => s.idle_seconds) > statement_timestamp()
          AND s.account_epoch = a.epoch AND s.site_epoch = site.epoch AND a.state = 'active'
    )
    SELECT CASE k.kind WHEN 'web' THEN 'sessions' ELSE 'operator_sessions' END,
           (SELECT count(*) FROM live WHERE live.kind = k.kind),
           coalesce((SELECT array_agg(a.username ORDER BY latest.last_seen_at DESC) FROM (
               SELECT live.account_id, live.last_seen_at FROM live WHERE live.kind = k.kind
               ORDER BY live.last_seen_at DESC LIMIT 10) AS latest
               JOIN vault.accounts a ON a.id = latest.account_id), '{}')
    FROM (VALUES ('web'), ('operator')) AS k (kind);
$$;

-- The doors: an operator's of any level, and the console's.
CREATE OR REPLACE FUNCTION api.lockout_reach_v1(
    p_session bytea, p_kind text, p_subject text, p_accounts uuid[]
) RETURNS TABLE (what text, total bigint, sample text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.* FROM (SELECT vault.acting_operator(p_session, 'looker') AS id) AS actor,
        LATERAL vault.lockout_reach(p_kind, p_subject, p_accounts, actor.id) r
    WHERE actor.id IS NOT NULL;
$$;

CREATE OR REPLACE FUNCTION api.console_lockout_reach_v1(
    p_kind text, p_subject text, p_accounts uuid[]
) RETURNS TABLE (what text, total bigint, sample text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM vault.lockout_reach(p_kind, p_subject, p_accounts, NULL);
$$;
