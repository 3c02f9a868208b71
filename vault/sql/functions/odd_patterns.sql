-- Odd patterns: what happened in the last ten minutes, against thresholds. Each function gives kind and
-- subject, how often it was seen, how much of that is newer than what its open alert has counted, since
-- when and until when, and other numbers.

-- The first event that is not older. Ids are given in the order of time, so that halving finds it
-- without an index on times.
CREATE OR REPLACE FUNCTION vault.first_event_since(p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_low bigint;
    v_high bigint;
    v_id bigint;
    v_at timestamptz;
BEGIN
    SELECT min(e.id), max(e.id) + 1 INTO v_low, v_high FROM vault.events e;
    WHILE v_low < v_high LOOP
        SELECT e.id, e.at INTO v_id, v_at FROM vault.events e
        WHERE e.id >= v_low + (v_high - v_low) / 2 ORDER BY e.id LIMIT 1;
        IF v_at >= p_at THEN
            v_high := v_low + (v_high - v_low) / 2;
        ELSE
            v_low := v_id + 1;
        END IF;
    END LOOP;
    RETURN v_low;
END
$$;

-- Events of these kinds from p_since on, the newest 200,000 at the most. Ten seconds more are looked
-- at, since an id and its time are not taken in the very same moment.
CREATE OR REPLACE FUNCTION vault.events_since(p_since timestamptz, p_tags text[])
RETURNS SETOF vault.events
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.* FROM vault.events e
    WHERE e.id >= (SELECT vault.first_event_since(p_since - interval '10 seconds'))
      AND e.at > p_since AND e.tag = ANY (p_tags)
    ORDER BY e.id DESC LIMIT 200000;
$$;

-- From when on things count for an alert: those before an acknowledgement are known, those before
-- mark are in an open alert's count already.
CREATE OR REPLACE FUNCTION vault.alert_marks(p_since timestamptz)
RETURNS TABLE (kind text, subject text, known timestamptz, mark timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.kind, a.subject, max(a.acknowledged_at),
           max(a.last_at) FILTER (WHERE a.closed_at IS NULL)
    FROM vault.alerts a WHERE a.closed_at IS NULL OR a.acknowledged_at > p_since
    GROUP BY a.kind, a.subject;
$$;

-- Failed passwords over many names: one alert for a network that explains them, one for the rest.
-- The busiest network is never part of the rest, so that one network is one alert from its first
-- minute on.
CREATE OR REPLACE FUNCTION vault.odd_failures(p_given jsonb, p_since timestamptz)
RETURNS TABLE (kind text, subject text, seen bigint, newer bigint, oldest timestamptz,
               newest timestamptz, detail jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH failures AS MATERIALIZED (
        SELECT e.at, encode(e.network, 'hex') AS network,
               coalesce(e.account_id::text, e.detail ->> 'name') AS name
        FROM vault.events_since(p_since, ARRAY[
            'account:password:wrong', 'account:password:throttled', 'account:password:locked',
            'account:app_password:refused']) e
    ), networks AS MATERIALIZED (
        SELECT f.network, count(DISTINCT f.name) AS names,
               row_number() OVER (ORDER BY count(DISTINCT f.name) DESC, f.network) AS place
        FROM failures f WHERE f.network IS NOT NULL GROUP BY f.network
    ), explained AS MATERIALIZED (
        SELECT n.network, n.names FROM networks n
        WHERE n.place = 1 OR n.names >= vault.alert_threshold(p_given, 'one_network_many_names')
    ), marks AS MATERIALIZED (
        SELECT * FROM vault.alert_marks(p_since)
    ), sorted AS (
        SELECT f.at, f.name, f.network,
               CASE WHEN x.network IS NULL THEN 'failures_over_accounts'
                    ELSE 'one_network_many_names' END AS kind,
               coalesce(x.network, '') AS subject
        FROM failures f LEFT JOIN explained x ON x.network = f.network
    )
    SELECT s.kind, s.subject, count(*),
           count(*) FILTER (WHERE s.at > coalesce(own.mark, more.mark, '-infinity')),
           min(s.at), max(s.at),
           jsonb_build_object('names', count(DISTINCT s.name))
    FROM sorted s
    LEFT JOIN marks own ON own.kind = s.kind AND own.subject = s.subject
    LEFT JOIN marks more ON more.kind = s.kind AND more.subject = 'more'
    WHERE s.at > coalesce(greatest(own.known, more.known), '-infinity')
    GROUP BY s.kind, s.subject
    HAVING count(DISTINCT s.name) >= vault.alert_threshold(p_given, s.kind);
$$;

-- Which events have a usual rate.
CREATE OR REPLACE FUNCTION vault.rate_kind(p_tag text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE p_tag WHEN 'account:token:requested' THEN 'token_requests'
                      ELSE 'factor_openings' END;
$$;

CREATE OR REPLACE FUNCTION vault.rated_events_since(p_since timestamptz)
RETURNS TABLE (kind text, at timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.rate_kind(e.tag), e.at FROM vault.events_since(p_since, ARRAY[
        'account:totp:opened', 'account:factor:wrong', 'account:factor:throttled',
        'account:token:requested']) e
    -- A wrong code of an app was counted when its secret was opened.
    WHERE (e.tag = 'account:factor:wrong' AND e.detail ->> 'kind' = 'totp') IS NOT TRUE;
$$;

-- Counts the running ten minutes and those before them afresh, and forgets what is older than a day.
CREATE OR REPLACE FUNCTION vault.note_usual_rates(p_now timestamptz) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH slots AS (
        SELECT date_bin('10 minutes', p_now - back * interval '10 minutes', '2000-01-01T00:00Z')
               AS slot
        FROM generate_series(0, 1) AS back
    ), seen AS MATERIALIZED (
        SELECT r.kind, date_bin('10 minutes', r.at, '2000-01-01T00:00Z') AS slot, count(*) AS count
        FROM vault.rated_events_since((SELECT min(slot) FROM slots)) r GROUP BY 1, 2
    )
    INSERT INTO vault.usual_rates (kind, slot, count)
    SELECT k.kind, s.slot, coalesce(seen.count, 0)
    FROM slots s
    CROSS JOIN (VALUES ('factor_openings'), ('token_requests')) AS k (kind)
    LEFT JOIN seen ON seen.kind = k.kind AND seen.slot = s.slot
    ORDER BY k.kind, s.slot
    ON CONFLICT (kind, slot) DO UPDATE SET count = excluded.count;
    DELETE FROM vault.usual_rates WHERE slot < p_now - interval '25 hours';
$$;

-- Second factors tried, and letters with tokens asked for, beyond what is usual: the average of the
-- day before these ten minutes, so that a wave does not excuse itself.
CREATE OR REPLACE FUNCTION vault.odd_rates(p_given jsonb, p_since timestamptz)
RETURNS TABLE (kind text, subject text, seen bigint, newer bigint, oldest timestamptz,
               newest timestamptz, detail jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH usual AS (
        SELECT u.kind, avg(u.count) AS rate FROM vault.usual_rates u
        WHERE u.slot > p_since - interval '24 hours'
          AND u.slot + interval '10 minutes' <= p_since
        GROUP BY u.kind
    )
    SELECT r.kind, '', count(*), count(*) FILTER (WHERE r.at > coalesce(m.mark, '-infinity')),
           min(r.at), max(r.at), jsonb_build_object('usual', round(coalesce(u.rate, 0)))
    FROM vault.rated_events_since(p_since) r
    LEFT JOIN vault.alert_marks(p_since) m ON m.kind = r.kind
    LEFT JOIN usual u ON u.kind = r.kind
    WHERE r.at > coalesce(m.known, '-infinity')
    GROUP BY r.kind, u.rate
    HAVING count(*) >= greatest(vault.alert_threshold(p_given, r.kind),
               coalesce(u.rate, 0) * vault.alert_threshold(p_given, 'usual_times'));
$$;

-- Guesses that wait longer for their verdict than they may.
CREATE OR REPLACE FUNCTION vault.overdue_since(p_since timestamptz)
RETURNS TABLE (at timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.proposed_at + make_interval(secs => vault.policy_seconds('proposal'))
    FROM (SELECT proposed_at, outcome FROM vault.password_proposals WHERE proposed_at > p_since
          UNION ALL
          SELECT proposed_at, outcome FROM vault.factor_proposals WHERE proposed_at > p_since) p
    WHERE coalesce(p.outcome, 'opened') = 'opened'
      AND p.proposed_at < statement_timestamp()
          - make_interval(secs => vault.policy_seconds('proposal'));
$$;

-- The kinds of rows that are under a MAC or a seal.
CREATE OR REPLACE FUNCTION vault.row_kind(p_what text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN p_what IN (
        'account', 'address', 'app_password', 'attempt', 'consent', 'event_seal', 'event_sealing', 'grant',
        'letter', 'logout', 'mailed_token', 'operator', 'operator_invite', 'passkey', 'password',
        'recovery_code', 'refresh_token', 'seal_store', 'session', 'signing_key', 'totp_device',
        'trusted_browser', 'wiki')
        THEN p_what ELSE 'other' END;
$$;

-- Things that should not happen at all, or hardly ever.
CREATE OR REPLACE FUNCTION vault.odd_events(p_given jsonb, p_since timestamptz)
RETURNS TABLE (kind text, subject text, seen bigint, newer bigint, oldest timestamptz,
               newest timestamptz, detail jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH odd AS MATERIALIZED (
        SELECT CASE e.tag WHEN 'site:row:refused' THEN 'rows_refused'
                          WHEN 'account:passkey:counter' THEN 'sign_count_back'
                          WHEN 'wiki:assertion:replayed' THEN 'assertions_replayed'
                          ELSE 'unjudged' END AS kind,
               -- Every process may report a row: what it says must not become words of a letter.
               CASE e.tag WHEN 'site:row:refused' THEN vault.row_kind(e.detail ->> 'what')
                          WHEN 'account:passkey:counter' THEN e.account_id::text
                          WHEN 'wiki:assertion:replayed' THEN coalesce(e.client_id, '')
                          ELSE '' END AS subject, e.at
        FROM vault.events_since(p_since, ARRAY[
            'site:row:refused', 'account:passkey:counter', 'wiki:assertion:replayed',
            'account:password:unjudged', 'account:factor:unjudged']) e
        UNION ALL
        SELECT 'unjudged', '', o.at FROM vault.overdue_since(p_since) o
    ), marks AS MATERIALIZED (
        SELECT * FROM vault.alert_marks(p_since)
    )
    SELECT o.kind, o.subject, count(*),
           count(*) FILTER (WHERE o.at > coalesce(own.mark, more.mark, '-infinity')),
           min(o.at), max(o.at), '{}'::jsonb
    FROM odd o
    LEFT JOIN marks own ON own.kind = o.kind AND own.subject = o.subject
    LEFT JOIN marks more ON more.kind = o.kind AND more.subject = 'more'
    WHERE o.at > coalesce(greatest(own.known, more.known), '-infinity')
    GROUP BY o.kind, o.subject
    HAVING count(*) >= vault.alert_threshold(p_given, o.kind);
$$;

-- Somebody knows a password and tries the second factor: right passwords, and as many tries at the
-- second factor that came to nothing.
CREATE OR REPLACE FUNCTION vault.odd_accounts(p_given jsonb, p_since timestamptz)
RETURNS TABLE (kind text, subject text, seen bigint, newer bigint, oldest timestamptz,
               newest timestamptz, detail jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH tries AS MATERIALIZED (
        SELECT e.account_id::text AS subject, e.at,
               (e.tag = 'account:password:right')::integer AS passwords,
               (e.tag <> 'account:password:right')::integer AS wrong
        FROM vault.events_since(p_since, ARRAY[
            'account:password:right', 'account:factor:wrong', 'account:factor:unjudged']) e
    ), marks AS MATERIALIZED (
        SELECT * FROM vault.alert_marks(p_since) m WHERE m.kind = 'right_password_wrong_factor'
    )
    SELECT 'right_password_wrong_factor', t.subject, sum(t.wrong),
           coalesce(sum(t.wrong) FILTER (
               WHERE t.at > coalesce(own.mark, more.mark, '-infinity')), 0),
           min(t.at), max(t.at), jsonb_build_object('passwords', sum(t.passwords))
    FROM tries t
    LEFT JOIN marks own ON own.subject = t.subject
    LEFT JOIN marks more ON more.subject = 'more'
    WHERE t.at > coalesce(greatest(own.known, more.known), '-infinity')
    GROUP BY t.subject
    HAVING least(sum(t.wrong), sum(t.passwords))
           >= vault.alert_threshold(p_given, 'right_password_wrong_factor');
$$;

-- What should have left the site: jobs that were given up, and jobs that wait for five minutes.
CREATE OR REPLACE FUNCTION vault.odd_jobs(p_given jsonb, p_since timestamptz)
RETURNS TABLE (kind text, subject text, seen bigint, newer bigint, oldest timestamptz,
               newest timestamptz, detail jsonb)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'dead_letters', '', count(*),
           count(*) FILTER (WHERE o.buried_at > coalesce(m.mark, '-infinity')),
           min(o.buried_at), max(o.buried_at), '{}'::jsonb
    FROM vault.outbox o
    LEFT JOIN vault.alert_marks(p_since) m ON m.kind = 'dead_letters'
    WHERE o.buried_at > p_since AND o.buried_at > coalesce(m.known, '-infinity')
    HAVING count(*) >= vault.alert_threshold(p_given, 'dead_letters')
    UNION ALL
    -- Not how many there were in a while, but how many there are.
    SELECT 'outbox_behind', '', count(*),
           greatest(count(*) - coalesce((SELECT a.count FROM vault.alerts a
               WHERE a.kind = 'outbox_behind' AND a.closed_at IS NULL), 0), 0),
           min(late.at), clock_timestamp(), '{}'::jsonb
    FROM (SELECT o.created_at + interval '5 minutes' AS at FROM vault.outbox o
          WHERE o.done_at IS NULL AND o.buried_at IS NULL
            AND o.created_at < clock_timestamp() - interval '5 minutes' LIMIT 100000) late
    WHERE late.at > coalesce((SELECT max(a.acknowledged_at) FROM vault.alerts a
                              WHERE a.kind = 'outbox_behind'), '-infinity')
    HAVING count(*) >= vault.alert_threshold(p_given, 'outbox_behind');
$$;
