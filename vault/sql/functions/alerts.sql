-- Odd patterns: what happened in the last ten minutes, against thresholds. One row, one event and one
-- letter to the operators for each pattern and subject, until it was quiet for an hour or somebody
-- has seen it. Nothing that anybody typed stands in an alert.

-- Each kind's threshold where none is given, and how far it may be moved: no worker can be configured
-- to see nothing. docs/operating.md says what each one counts.
CREATE OR REPLACE FUNCTION vault.alert_thresholds()
RETURNS TABLE (kind text, usual integer, most integer)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    VALUES ('failures_over_accounts', 100, 100000),
           ('one_network_many_names', 20, 10000),
           ('right_password_wrong_factor', 5, 50),
           ('factor_openings', 200, 100000),
           ('token_requests', 60, 100000),
           ('usual_times', 5, 100),        -- no kind: how many times the usual is beyond the usual
           ('sign_count_back', 1, 100),
           ('unjudged', 3, 1000),
           ('rows_refused', 1, 10),
           ('dead_letters', 3, 10000),
           ('outbox_behind', 10, 100000);
$$;

-- One threshold of those given; NULL where it is none.
CREATE OR REPLACE FUNCTION vault.alert_threshold(p_given jsonb, p_kind text) RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN p_given -> p_kind IS NULL THEN k.usual
        WHEN jsonb_typeof(p_given -> p_kind) = 'number' AND p_given ->> p_kind ~ '^[0-9]{1,6}$'
             AND (p_given ->> p_kind)::integer BETWEEN 1 AND k.most
            THEN (p_given ->> p_kind)::integer
        END
    FROM vault.alert_thresholds() k WHERE k.kind = p_kind;
$$;

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
        WHERE e.id >= (v_low + v_high) / 2 ORDER BY e.id LIMIT 1;
        IF v_at >= p_at THEN
            v_high := (v_low + v_high) / 2;
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
            'account:password:wrong', 'account:password:throttled', 'account:password:locked']) e
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

-- Guesses that nobody has had judged in time, judged in a transaction that stays open, or judged and
-- taken back: written down from p_since on, so that none goes unrecorded.
CREATE OR REPLACE FUNCTION vault.mark_unjudged(p_since timestamptz) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH unjudged AS (
        UPDATE vault.password_proposals p SET digest = NULL, outcome = 'unjudged'
        WHERE p.id IN (
            SELECT due.id FROM vault.password_proposals due
            WHERE due.outcome IS NULL AND due.proposed_at > p_since
              AND due.proposed_at < clock_timestamp()
                  - make_interval(secs => vault.policy_seconds('proposal'))
            -- Whoever holds one is counted all the same (odd_events); nobody waits for them.
            FOR UPDATE SKIP LOCKED)
        RETURNING p.account_id, p.sid, p.network, p.agent, p.purpose
    )
    INSERT INTO vault.events (tag, account_id, sid, network, agent, detail)
    SELECT 'account:password:unjudged', account_id, sid, network, agent,
           jsonb_build_object('purpose', purpose) FROM unjudged;
    WITH unjudged AS (
        UPDATE vault.factor_proposals p SET digest = NULL, outcome = 'unjudged'
        WHERE p.id IN (
            SELECT due.id FROM vault.factor_proposals due
            -- A secret that was opened without a word about the code is one of them.
            WHERE coalesce(due.outcome, 'opened') = 'opened' AND due.proposed_at > p_since
              AND due.proposed_at < clock_timestamp()
                  - make_interval(secs => vault.policy_seconds('proposal'))
            FOR UPDATE SKIP LOCKED)
        RETURNING p.account_id, p.sid, p.network, p.agent, p.kind
    )
    INSERT INTO vault.events (tag, account_id, sid, network, agent, detail)
    SELECT 'account:factor:unjudged', account_id, sid, network, agent,
           jsonb_build_object('kind', kind) FROM unjudged;
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

-- Things that should not happen at all, or hardly ever.
CREATE OR REPLACE FUNCTION vault.odd_events(p_given jsonb, p_since timestamptz)
RETURNS TABLE (kind text, subject text, seen bigint, newer bigint, oldest timestamptz,
               newest timestamptz, detail jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH odd AS MATERIALIZED (
        SELECT CASE e.tag WHEN 'site:row:refused' THEN 'rows_refused'
                          WHEN 'account:passkey:counter' THEN 'sign_count_back'
                          ELSE 'unjudged' END AS kind,
               -- Every process may report a row: what it says must not become words of a letter.
               CASE e.tag WHEN 'site:row:refused' THEN vault.row_kind(e.detail ->> 'what')
                          WHEN 'account:passkey:counter' THEN e.account_id::text
                          ELSE '' END AS subject, e.at
        FROM vault.events_since(p_since, ARRAY[
            'site:row:refused', 'account:passkey:counter', 'account:password:unjudged',
            'account:factor:unjudged']) e
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

-- The kinds of rows that are under a MAC or a seal.
CREATE OR REPLACE FUNCTION vault.row_kind(p_what text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN p_what IN (
        'account', 'address', 'app_password', 'event_seal', 'event_sealing', 'grant', 'letter',
        'mailed_token', 'operator', 'passkey', 'password', 'recovery_code', 'refresh_token',
        'seal_store', 'session', 'signing_key', 'totp_device', 'wiki') THEN p_what ELSE 'other' END;
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

-- The greater number of each name.
CREATE OR REPLACE FUNCTION vault.greater_numbers(p_one jsonb, p_other jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(n.key, n.number), '{}') FROM (
        SELECT b.key, max(b.value::numeric) AS number
        FROM (SELECT * FROM jsonb_each_text(p_one) UNION ALL
              SELECT * FROM jsonb_each_text(p_other)) b GROUP BY b.key) n;
$$;

-- Opens an alert, with its event and its letter to the operators, or adds to the open one. Whether
-- it is new. A wave over many networks or accounts gives five alerts of a kind and one for the rest:
-- whoever makes it does not choose how many letters it makes.
CREATE OR REPLACE FUNCTION vault.raise_alert(
    p_kind text, p_subject text, p_seen bigint, p_newer bigint, p_oldest timestamptz,
    p_newest timestamptz, p_detail jsonb
) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_subject text := p_subject;
    v_id bigint;
BEGIN
    IF p_subject <> '' AND NOT EXISTS (
           SELECT FROM vault.alerts a
           WHERE a.kind = p_kind AND a.subject = p_subject AND a.closed_at IS NULL)
       AND (SELECT count(*) FROM vault.alerts a
            WHERE a.kind = p_kind AND a.subject <> 'more' AND a.closed_at IS NULL) >= 5 THEN
        v_subject := 'more';
        p_detail := p_detail || '{"more": 1}';
    END IF;
    INSERT INTO vault.alerts (kind, subject, count, detail, first_at, last_at)
    VALUES (p_kind, v_subject, p_seen, p_detail, p_oldest, p_newest)
    ON CONFLICT (kind, subject) WHERE closed_at IS NULL DO NOTHING
    RETURNING id INTO v_id;
    IF v_id IS NULL THEN
        -- The time is asked for again here: of two workers that saw the same, one adds.
        UPDATE vault.alerts a SET count = a.count + p_newer, last_at = p_newest,
               detail = vault.greater_numbers(a.detail, p_detail)
        WHERE a.kind = p_kind AND a.subject = v_subject AND a.closed_at IS NULL
          AND a.last_at < p_newest;
        RETURN false;
    END IF;
    PERFORM vault.record_event('site:alert:raised', NULL, NULL, NULL, NULL, NULL, NULL,
        p_detail || jsonb_build_object('alert', v_id, 'kind', p_kind, 'count', p_seen));
    INSERT INTO vault.outbox (kind, payload)
    VALUES ('alert', p_detail || jsonb_build_object(
        'alert', v_id, 'kind', p_kind, 'count', p_seen,
        'since', vault.epoch_seconds(p_oldest),
        'at', vault.epoch_seconds(clock_timestamp())));
    RETURN true;
END
$$;

-- Looks for every pattern, once. For the worker, every few seconds; several may do it at once.
-- Statuses: watched (and how many alerts are new), bad_request (a threshold that is none).
CREATE OR REPLACE FUNCTION api.watch_v1(p_thresholds jsonb)
RETURNS TABLE (status text, raised integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_since timestamptz := clock_timestamp() - interval '10 minutes';
    v_odd record;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.are_thresholds(p_thresholds) THEN
        RETURN QUERY SELECT 'bad_request', 0;
        RETURN;
    END IF;
    PERFORM vault.mark_unjudged(v_since);
    PERFORM vault.note_usual_rates(clock_timestamp());
    UPDATE vault.alerts SET closed_at = clock_timestamp()
    WHERE closed_at IS NULL AND last_at < clock_timestamp() - interval '1 hour';
    raised := 0;
    FOR v_odd IN
        SELECT * FROM vault.odd_failures(p_thresholds, v_since)
        UNION ALL SELECT * FROM vault.odd_rates(p_thresholds, v_since)
        UNION ALL SELECT * FROM vault.odd_events(p_thresholds, v_since)
        UNION ALL SELECT * FROM vault.odd_accounts(p_thresholds, v_since)
        UNION ALL SELECT * FROM vault.odd_jobs(p_thresholds, v_since)
        ORDER BY seen DESC
    LOOP
        raised := raised + vault.raise_alert(v_odd.kind, v_odd.subject, v_odd.seen, v_odd.newer,
                                             v_odd.oldest, v_odd.newest, v_odd.detail)::integer;
    END LOOP;
    status := 'watched';
    RETURN NEXT;
END
$$;

CREATE OR REPLACE FUNCTION vault.are_thresholds(p_given jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(CASE jsonb_typeof(p_given) WHEN 'object' THEN NOT EXISTS (
        SELECT FROM jsonb_object_keys(p_given) AS k
        WHERE vault.alert_threshold(p_given, k) IS NULL) END, false);
$$;

-- An operator has seen it: what goes on counts anew from here. An alert that is over can be
-- acknowledged too, so that nothing of the night is overlooked. Statuses: acknowledged, already,
-- unknown, forbidden, bad_request.
CREATE OR REPLACE FUNCTION api.acknowledge_alert_v1(
    p_session bytea, p_alert bigint, p_reason text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_actor uuid := vault.acting_operator(p_session, 'locker');
    v_kind text;
BEGIN
    PERFORM vault.require_read_committed();
    IF v_actor IS NULL THEN
        RETURN 'forbidden';
    END IF;
    IF p_alert IS NULL OR length(coalesce(p_reason, '')) > 1000 THEN
        RETURN 'bad_request';
    END IF;
    UPDATE vault.alerts a SET acknowledged_at = clock_timestamp(), acknowledged_by = v_actor,
           closed_at = coalesce(a.closed_at, clock_timestamp())
    WHERE a.id = p_alert AND a.acknowledged_at IS NULL RETURNING a.kind INTO v_kind;
    IF NOT FOUND THEN
        RETURN CASE WHEN EXISTS (SELECT FROM vault.alerts WHERE id = p_alert)
                    THEN 'already' ELSE 'unknown' END;
    END IF;
    PERFORM vault.record_event('lockout:alert:acknowledged', NULL, NULL, NULL, v_actor, NULL, NULL,
        jsonb_strip_nulls(jsonb_build_object('alert', p_alert, 'kind', v_kind,
                                             'reason', nullif(btrim(p_reason), ''))));
    RETURN 'acknowledged';
END
$$;

-- Of a network no more than tells one alert from another.
CREATE OR REPLACE VIEW views.alerts AS
    SELECT a.id, a.kind,
           CASE WHEN a.subject = 'more' OR a.kind = 'rows_refused' THEN a.subject
                WHEN a.kind = 'one_network_many_names' THEN left(a.subject, 8)
                ELSE '' END AS subject,
           person.id AS account_id, person.username, a.count, a.detail, a.first_at, a.last_at,
           a.closed_at, a.closed_at IS NULL AS is_open, a.acknowledged_at,
           operator.username AS acknowledged_by
    FROM vault.alerts a
    LEFT JOIN vault.accounts person ON person.id = CASE
        WHEN a.subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN a.subject::uuid END
    LEFT JOIN vault.accounts operator ON operator.id = a.acknowledged_by;
