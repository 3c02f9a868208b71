-- Alerts: one row, one event and one letter to the operators for each odd pattern and subject, until it
-- was quiet for an hour or somebody has seen it. What is odd: odd_patterns.sql. Nothing that anybody
-- typed stands in an alert.

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
           ('assertions_replayed', 1, 100),
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

CREATE OR REPLACE FUNCTION vault.are_thresholds(p_given jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(CASE jsonb_typeof(p_given) WHEN 'object' THEN NOT EXISTS (
        SELECT FROM jsonb_object_keys(p_given) AS k
        WHERE vault.alert_threshold(p_given, k) IS NULL) END, false);
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
           CASE WHEN a.subject = 'more' OR a.kind IN ('rows_refused', 'assertions_replayed')
                    THEN a.subject
                WHEN a.kind = 'one_network_many_names' THEN left(a.subject, 8)
                ELSE '' END AS subject,
           person.id AS account_id, person.username, a.count, a.detail, a.first_at, a.last_at,
           a.closed_at, a.closed_at IS NULL AS is_open, a.acknowledged_at,
           operator.username AS acknowledged_by
    FROM vault.alerts a
    LEFT JOIN vault.accounts person ON person.id = CASE
        WHEN a.subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN a.subject::uuid END
    LEFT JOIN vault.accounts operator ON operator.id = a.acknowledged_by;
