-- Sign-ins and failures of the last 24 hours by half-hours, for the operators' first page: how many,
-- never whose. A half-hour that is over is counted once and kept.

CREATE OR REPLACE FUNCTION vault.slot_of(p_at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT date_bin('30 minutes', p_at, '2000-01-01T00:00Z');
$$;

-- Half-hours in which something happened, from p_since on, looking at no event before p_first.
CREATE OR REPLACE FUNCTION vault.count_sign_ins(p_first bigint, p_since timestamptz)
RETURNS SETOF vault.sign_in_counts
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    -- Not slot_of, which would be called for each event.
    SELECT date_bin('30 minutes', e.at, '2000-01-01T00:00Z'),
           count(*) FILTER (WHERE e.tag = 'account:session:opened'
                            AND e.detail ->> 'kind' = 'web'),
           count(*) FILTER (WHERE e.tag IN ('account:password:wrong', 'account:password:unjudged',
                                            'account:app_password:refused')),
           count(*) FILTER (WHERE e.tag IN ('account:factor:wrong', 'account:factor:unjudged',
                                            'account:passkey:refused',
                                            'account:passkey:counter')),
           count(*) FILTER (WHERE e.tag IN ('account:password:throttled',
                                            'account:factor:throttled', 'account:password:locked',
                                            'account:password:closed'))
    FROM vault.events e
    WHERE e.id >= p_first AND e.at >= p_since AND e.tag IN (
        'account:session:opened', 'account:password:wrong', 'account:password:unjudged',
        'account:app_password:refused', 'account:factor:wrong', 'account:factor:unjudged',
        'account:passkey:refused', 'account:passkey:counter', 'account:password:throttled',
        'account:factor:throttled', 'account:password:locked', 'account:password:closed')
    GROUP BY 1;
$$;

-- The half-hours of the last day that were counted, the first one first: all 48, but for those of
-- which there is too much to count while somebody waits, the newest 2,000,000 events at the most. For
-- an operator of any level; nothing for anybody else.
CREATE OR REPLACE FUNCTION api.sign_in_counts_v1(p_session bytea)
RETURNS TABLE (slot timestamptz, signed_in bigint, wrong_passwords bigint, wrong_factors bigint,
               turned_away bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_slot interval := '30 minutes';
    v_running timestamptz := vault.slot_of(clock_timestamp());
    v_oldest timestamptz := v_running - 47 * v_slot;
    -- What began before a half-hour was over may be written a little later.
    v_over timestamptz := vault.slot_of(clock_timestamp() - interval '5 minutes');
    v_since timestamptz;
    v_first bigint;
    v_least bigint;
BEGIN
    PERFORM vault.require_read_committed();
    IF vault.acting_operator(p_session, 'looker') IS NULL THEN
        RETURN;
    END IF;
    DELETE FROM vault.sign_in_counts c WHERE c.slot < v_oldest - interval '1 hour';
    SELECT least(greatest(max(c.slot) + v_slot, v_oldest), v_over) INTO v_since
    FROM vault.sign_in_counts c;
    v_first := vault.first_event_since(v_since - interval '10 seconds');
    SELECT max(e.id) - 2000000 INTO v_least FROM vault.events e;
    IF v_first < v_least THEN
        -- The half-hour in which the count begins is not known in full.
        v_first := v_least;
        SELECT greatest(vault.slot_of(e.at) + v_slot, v_since) INTO v_since
        FROM vault.events e WHERE e.id >= v_first ORDER BY e.id LIMIT 1;
    END IF;
    RETURN QUERY
    WITH counted AS MATERIALIZED (
        SELECT s.slot, coalesce(c.signed_in, 0) AS signed_in,
               coalesce(c.wrong_passwords, 0) AS wrong_passwords,
               coalesce(c.wrong_factors, 0) AS wrong_factors,
               coalesce(c.turned_away, 0) AS turned_away
        FROM generate_series(v_since, v_running, v_slot) AS s (slot)
        LEFT JOIN vault.count_sign_ins(v_first, v_since) c ON c.slot = s.slot
    ), kept AS (
        INSERT INTO vault.sign_in_counts
        SELECT * FROM counted n WHERE n.slot < v_over ORDER BY n.slot ON CONFLICT DO NOTHING
    )
    SELECT * FROM counted n WHERE n.slot >= v_oldest
    UNION ALL
    SELECT * FROM vault.sign_in_counts c WHERE c.slot >= v_oldest AND c.slot < v_since
    ORDER BY 1;
END
$$;
