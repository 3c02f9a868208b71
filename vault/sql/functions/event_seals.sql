-- The sealed trail. Events stay plain inserts; once a minute the worker seals the lines that are
-- committed: a MAC, under a key that is not here, over their digests and the seal before.
--
-- Ids are given out before their lines commit, so one may be missing for a while: it is a hole, and
-- is looked at again until a line above it is an hour old. What appears in it later is a finding.

-- One line as it is sealed: every column, as JSON, whose text PostgreSQL writes in one way only.
-- NULL is null, an empty text is "". Times in microseconds since 1970; null for an infinite one.
CREATE OR REPLACE FUNCTION vault.event_line_digest(e vault.events) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        e.id, CASE WHEN isfinite(e.at) THEN trunc(extract(epoch FROM e.at) * 1000000) END,
        e.tag, e.account_id, e.sid, e.client_id, e.actor_id,
        encode(e.network, 'hex'), encode(e.agent, 'hex'), e.detail)::text, 'UTF8'));
$$;

-- Microseconds since 1970, and back: what a seal's MAC carries. NULL for a time that no calendar of
-- ours has: whoever writes one into the trail must not stop it.
CREATE OR REPLACE FUNCTION vault.microseconds(p_at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN p_at >= '0001-01-01 00:00 UTC' AND p_at < '10000-01-01 00:00 UTC'
                THEN trunc(extract(epoch FROM p_at) * 1000000)::bigint END;
$$;
CREATE OR REPLACE FUNCTION vault.from_microseconds(p_at bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT to_timestamp(0) + p_at * interval '1 microsecond';
$$;

-- The lines of some ids. A function of its own, so that they are always found by their index,
-- whatever is asked of them.
CREATE OR REPLACE FUNCTION vault.lines_of(p_ids int8multirange) RETURNS SETOF vault.events
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.* FROM unnest(p_ids) AS r
    CROSS JOIN LATERAL (SELECT * FROM vault.events
                        WHERE id >= lower(r) AND id < upper(r) OFFSET 0) e;
$$;

-- Whether an id that has no line is waited for no longer at that time.
CREATE OR REPLACE FUNCTION vault.is_hole_given_up(p_id bigint, p_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT e.at < p_at - interval '1 hour' FROM vault.events e
                     WHERE e.id > p_id ORDER BY e.id LIMIT 1), false);
$$;

-- The next lines to seal, at most so many: their ids, their digests' digest, and what the MAC covers
-- besides. Without a line to seal, lines is 0.
CREATE OR REPLACE FUNCTION api.unsealed_events_v1(p_limit integer)
RETURNS TABLE (number bigint, previous_mac bytea, sealed_at bigint, ids text, lines integer,
               digest bytea)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_sealing vault.event_sealing%ROWTYPE;
    v_last vault.event_seals%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_limit IS NULL OR p_limit NOT BETWEEN 1 AND 10000 THEN
        RETURN;
    END IF;
    -- Another worker may seal between these statements: then the number is taken.
    SELECT * INTO v_sealing FROM vault.event_sealing;
    SELECT * INTO v_last FROM vault.event_seals s ORDER BY s.number DESC LIMIT 1;
    RETURN QUERY
    WITH due AS (
        (SELECT * FROM vault.lines_of(v_sealing.holes))
        UNION ALL
        (SELECT * FROM vault.events e WHERE e.id > v_sealing.upto ORDER BY e.id LIMIT p_limit)
        ORDER BY id LIMIT p_limit
    )
    SELECT v_sealing.number + 1, coalesce(v_last.mac, ''),
           vault.microseconds(greatest(clock_timestamp(), v_last.sealed_at)),
           range_agg(int8range(d.id, d.id, '[]'))::text, count(*)::integer,
           sha256(string_agg(vault.event_line_digest(ROW(d.*)::vault.events), ''::bytea
                             ORDER BY d.id))
    FROM due d;
END
$$;

-- Adds a seal. p_previous is how far sealing had come when its lines were asked for: of two workers
-- that seal at once, one is stale and asks again. Statuses: sealed, stale, bad_request.
CREATE OR REPLACE FUNCTION api.add_event_seal_v1(
    p_number bigint, p_ids text, p_lines integer, p_digest bytea, p_mac bytea, p_mac_key text,
    p_sealed_at bigint, p_previous bigint
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_sealing vault.event_sealing%ROWTYPE;
    v_ids int8multirange;
    v_at timestamptz;
    v_last timestamptz;
    v_upto bigint;
    v_found integer;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_number IS NULL OR p_number < 1 OR p_previous IS DISTINCT FROM p_number - 1
       OR p_lines IS NULL OR p_lines NOT BETWEEN 1 AND 10000
       OR p_digest IS NULL OR octet_length(p_digest) <> 32
       OR p_mac IS NULL OR octet_length(p_mac) <> 32
       OR p_mac_key IS NULL OR length(p_mac_key) NOT BETWEEN 1 AND 40
       OR p_sealed_at IS NULL OR p_sealed_at NOT BETWEEN 0 AND 253402300799 * 1000000
       OR p_ids IS NULL OR length(p_ids) > 1000000 THEN
        RETURN 'bad_request';
    END IF;
    BEGIN
        v_ids := p_ids::int8multirange;
    EXCEPTION WHEN OTHERS THEN
        RETURN 'bad_request';
    END;
    IF isempty(v_ids) OR lower_inf(v_ids) OR upper_inf(v_ids)
       OR (SELECT sum(upper(r)::numeric - lower(r)) FROM unnest(v_ids) AS r) <> p_lines THEN
        RETURN 'bad_request';
    END IF;
    SELECT * INTO v_sealing FROM vault.event_sealing FOR UPDATE;
    IF v_sealing.number <> p_previous
       OR EXISTS (SELECT FROM vault.event_seals WHERE number >= p_number) THEN
        RETURN 'stale';
    END IF;
    v_at := vault.from_microseconds(p_sealed_at);
    SELECT sealed_at INTO v_last FROM vault.event_seals ORDER BY number DESC LIMIT 1;
    SELECT count(*) INTO v_found FROM vault.lines_of(v_ids);
    -- Times never go back, also when a clock did; nor is a seal put off or dated ahead.
    IF v_at < coalesce(v_last, v_at) OR v_at < clock_timestamp() - interval '10 minutes'
       OR v_at > greatest(v_last, clock_timestamp() + interval '10 minutes')
       OR v_found <> p_lines
       OR NOT v_ids <@ (v_sealing.holes + int8multirange(int8range(v_sealing.upto, NULL, '()'))) THEN
        RETURN 'bad_request';
    END IF;
    INSERT INTO vault.event_seals (number, sealed_at, ids, lines, digest, mac, mac_key)
    VALUES (p_number, v_at, v_ids, p_lines, p_digest, p_mac, p_mac_key);
    v_upto := greatest(v_sealing.upto, upper(v_ids) - 1);
    UPDATE vault.event_sealing SET number = p_number, upto = v_upto, holes = (
        SELECT coalesce(range_agg(hole), '{}')
        FROM unnest(v_sealing.holes + int8multirange(int8range(v_sealing.upto, v_upto, '(]'))
                    - v_ids) AS hole
        WHERE NOT vault.is_hole_given_up(upper(hole) - 1, v_at));
    RETURN 'sealed';
END
$$;

-- How sealing stands: the number of the newest seal, of the last that is there, and for how many
-- seconds the oldest line has waited.
CREATE OR REPLACE FUNCTION api.event_sealing_v1()
RETURNS TABLE (number bigint, last_number bigint, site_epoch bigint, waiting_seconds integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    RETURN QUERY
    SELECT s.number, coalesce((SELECT max(e.number) FROM vault.event_seals e), 0), site.epoch,
           greatest(0, least(2147483647, coalesce(
               (vault.microseconds(clock_timestamp()) - waiting.since) / 1000000, 0)))::integer
    FROM vault.event_sealing s CROSS JOIN vault.site CROSS JOIN LATERAL (
        SELECT least(
            (SELECT vault.microseconds(e.at) FROM vault.events e WHERE e.id > s.upto
             ORDER BY e.id LIMIT 1),
            (SELECT min(vault.microseconds(e.at)) FROM vault.lines_of(s.holes) e)) AS since
    ) waiting;
END
$$;

-- Seals from a number on, each with what it covers today: how many of its lines are there, their
-- digests' digest, and which ids are gone. Digests only: whoever reads this learns no event.
CREATE OR REPLACE FUNCTION api.check_event_seals_v1(p_first bigint, p_limit integer)
RETURNS TABLE (number bigint, sealed_at bigint, ids text, lines integer, digest bytea, mac bytea,
               mac_key text, previous_number bigint, previous_mac bytea, found integer,
               found_digest bytea, gone text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.number, vault.microseconds(s.sealed_at), s.ids::text, s.lines, s.digest, s.mac,
           s.mac_key, p.number, coalesce(p.mac, ''), f.lines, f.digest,
           (s.ids - coalesce(f.ids, '{}'))::text
    FROM (SELECT * FROM vault.event_seals WHERE number >= p_first
          ORDER BY number LIMIT least(p_limit, 1000)) s
    LEFT JOIN LATERAL (SELECT b.number, b.mac FROM vault.event_seals b WHERE b.number < s.number
                       ORDER BY b.number DESC LIMIT 1) p ON true
    CROSS JOIN LATERAL (
        SELECT count(*)::integer AS lines, range_agg(int8range(e.id, e.id, '[]')) AS ids,
               sha256(coalesce(string_agg(vault.event_line_digest(e), ''::bytea ORDER BY e.id),
                               '')) AS digest
        FROM vault.lines_of(s.ids) e) f
    WHERE p_limit > 0
    ORDER BY s.number;
$$;

-- For the owner: lines between the seals that none of them explains. A row a seal: how far ids have
-- come with it (hand that back for the next), and those ids below that have a line, yet are neither
-- in a seal nor waited for, or were sealed after they had been given up.
CREATE OR REPLACE FUNCTION api.added_events_v1(p_first bigint, p_limit integer, p_upto bigint)
RETURNS TABLE (number bigint, upto bigint, ids text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH spans AS (
        SELECT s.number, s.ids,
               lag(s.sealed_at) OVER w AS previous_at,
               greatest(coalesce(p_upto, (SELECT max(upper(b.ids)) - 1 FROM vault.event_seals b
                                          WHERE b.number < p_first), -1::bigint << 63),
                        max(upper(s.ids) - 1) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING
                                                               AND 1 PRECEDING)) AS before
        FROM (SELECT * FROM vault.event_seals a
              WHERE a.number >= coalesce((SELECT max(b.number) FROM vault.event_seals b
                                          WHERE b.number < p_first), p_first)
              ORDER BY a.number LIMIT p_limit + 1) s
        WINDOW w AS (ORDER BY s.number)
    )
    SELECT s.number, greatest(s.before, upper(s.ids) - 1), coalesce((
        SELECT range_agg(int8range(odd.id, odd.id, '[]')) FROM (
            SELECT e.id FROM vault.events e
            WHERE e.id > s.before AND e.id < upper(s.ids) AND NOT e.id <@ s.ids
              AND NOT e.id <@ (SELECT g.holes FROM vault.event_sealing g)
              AND (SELECT true FROM vault.event_seals later
                   WHERE later.number > s.number AND later.ids @> e.id
                   ORDER BY later.number LIMIT 1) IS NULL
            UNION ALL
            -- A minute's grace: a line that committed in between may be a little older.
            SELECT e.id
            FROM vault.lines_of(s.ids * int8multirange(int8range(NULL, s.before, '(]'))) e
            WHERE vault.is_hole_given_up(e.id, s.previous_at - interval '1 minute')
        ) odd), '{}')::text
    FROM spans s WHERE s.number >= p_first
    ORDER BY s.number;
$$;

-- For the owner: whether a seal's lines are all as they were but for their order, which is tried by
-- putting them back into the order of their times; and which ids stand wrong.
CREATE OR REPLACE FUNCTION api.reordered_events_v1(p_number bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH line AS (
        SELECT s.digest, e.*, row_number() OVER (ORDER BY e.id) AS place,
               row_number() OVER (ORDER BY e.at, e.id) AS turn
        FROM vault.event_seals s CROSS JOIN LATERAL vault.lines_of(s.ids) e
        WHERE s.number = p_number
    ), restored AS (
        SELECT a.digest, a.id, b.id AS other, vault.event_line_digest(ROW(
                   a.id, b.at, b.tag, b.account_id, b.sid, b.client_id, b.actor_id, b.network,
                   b.agent, b.detail)::vault.events) AS line_digest
        FROM line a JOIN line b ON b.turn = a.place
    )
    SELECT range_agg(int8range(id, id, '[]')) FILTER (WHERE id <> other)::text FROM restored
    HAVING sha256(string_agg(line_digest, ''::bytea ORDER BY id)) = min(digest);
$$;

-- Which lines are handed elsewhere with their seal: what changes credentials or locks, what a
-- restore needs to know of.
CREATE OR REPLACE FUNCTION vault.is_shipped(p_tag text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p_tag ~ '^(lockout|operator|site):'
        OR p_tag ~ '^(wiki:register|wiki:registration|account:create):'
        OR p_tag IN ('account:sign_up:success', 'account:password:changed',
                     'account:password:reset', 'account:consent:withdrawn')
        OR p_tag ~ ('^account:(totp|passkey|recovery_codes|app_password|email):'
                    '(added|removed|renamed|replaced|revoked|asked|confirmed|changed|restored)$');
$$;

-- Seals from a number on with what is handed elsewhere. Networks and agents never are.
CREATE OR REPLACE FUNCTION api.shipped_events_v1(p_first bigint, p_limit integer)
RETURNS TABLE (number bigint, sealed_at bigint, ids text, lines integer, digest bytea, mac bytea,
               mac_key text, previous_mac bytea, events jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.number, vault.microseconds(s.sealed_at), s.ids::text, s.lines, s.digest, s.mac,
           s.mac_key,
           coalesce((SELECT b.mac FROM vault.event_seals b WHERE b.number < s.number
                     ORDER BY b.number DESC LIMIT 1), ''),
           coalesce((
               SELECT jsonb_agg(jsonb_build_object(
                          'id', e.id, 'at', vault.microseconds(e.at), 'tag', e.tag,
                          'account_id', e.account_id, 'username', a.username, 'sid', e.sid,
                          'client_id', e.client_id, 'actor_id', e.actor_id, 'detail', e.detail)
                      ORDER BY e.id)
               FROM vault.lines_of(s.ids) e
               LEFT JOIN vault.accounts a ON a.id = e.account_id
               WHERE e.tag IN (SELECT t.tag FROM vault.event_tags t WHERE vault.is_shipped(t.tag))
                  -- A recovery code that was used is gone like one that was taken away.
                  OR (e.tag = 'account:factor:right' AND e.detail ->> 'kind' = 'recovery_code')
           ), '[]')
    FROM (SELECT * FROM vault.event_seals WHERE number >= p_first
          ORDER BY number LIMIT least(p_limit, 1000)) s
    WHERE p_limit > 0
    ORDER BY s.number;
$$;

-- Salts of days gone by so long: from then on, a digest of a network or an agent says nothing. Seals
-- cover the digests, so that they hold.
CREATE OR REPLACE FUNCTION vault.drop_event_salts() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM vault.event_salts
    WHERE (day + 1)::timestamp AT TIME ZONE 'UTC'
          < clock_timestamp() - make_interval(secs => vault.policy_seconds('event_digests'));
$$;

-- One's own part of the trail, the newest first; p_before is the last id of the page before. With the
-- browser where it was, and whether it came from the network named, as far as those are known. What
-- an operator wrote as a reason is for operators.
CREATE OR REPLACE FUNCTION api.own_events_v1(
    p_session bytea, p_before bigint, p_limit integer, p_network text DEFAULT NULL,
    p_tags text[] DEFAULT NULL
) RETURNS TABLE (id bigint, at timestamptz, tag text, detail jsonb, agent_label text,
                 is_this_session boolean, same_network boolean, wiki text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.id, e.at, e.tag, e.detail - 'reason', coalesce(o.agent_label, ''), o.sid = s.sid,
           e.network = vault.salted_digest(d.salt, p_network), coalesce(w.name, '')
    FROM vault.live_session(p_session, 'web') s
    JOIN vault.events e ON e.account_id = s.account_id
    LEFT JOIN vault.sessions o ON o.sid = e.sid AND o.account_id = s.account_id
    LEFT JOIN vault.wikis w ON w.client_id = e.client_id
    LEFT JOIN vault.event_salts d ON d.day = (e.at AT TIME ZONE 'UTC')::date
    WHERE e.id < coalesce(p_before, ~(1::bigint << 63)) AND (p_tags IS NULL OR e.tag = ANY (p_tags))
    ORDER BY e.id DESC LIMIT CASE WHEN p_limit BETWEEN 1 AND 200 THEN p_limit ELSE 0 END;
$$;
