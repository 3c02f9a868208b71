-- The outbox, for the worker alone: at least once, with leases; nobody else can read a letter.

-- Takes up to p_limit due jobs, the oldest first, and hides them from other workers until the lease runs out.
CREATE OR REPLACE FUNCTION api.claim_outbox_v1(p_limit integer, p_lease_seconds integer)
RETURNS TABLE (id bigint, kind text, payload jsonb, tries integer, sealed_address bytea,
               account_id uuid, created_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    WITH claimed AS (
        UPDATE vault.outbox o SET tries = o.tries + 1,
            not_before = clock_timestamp() + make_interval(secs => p_lease_seconds)
        WHERE o.id IN (
            SELECT due.id FROM vault.outbox due
            WHERE p_lease_seconds > 0 AND due.done_at IS NULL AND due.buried_at IS NULL
              AND due.not_before <= clock_timestamp()
            ORDER BY due.not_before LIMIT p_limit FOR UPDATE SKIP LOCKED)
        RETURNING o.id, o.kind, o.payload, o.tries, o.sealed_address, o.account_id, o.created_at)
    SELECT * FROM claimed c ORDER BY c.id;
$$;

CREATE OR REPLACE FUNCTION api.finish_outbox_v1(p_id bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    UPDATE vault.outbox SET done_at = clock_timestamp(), last_error = NULL WHERE id = p_id;
$$;

CREATE OR REPLACE FUNCTION api.retry_outbox_v1(p_id bigint, p_delay_seconds integer, p_error text)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    UPDATE vault.outbox SET last_error = left(p_error, 200),
        not_before = clock_timestamp() + make_interval(secs => p_delay_seconds)
    WHERE id = p_id AND p_delay_seconds IS NOT NULL AND done_at IS NULL AND buried_at IS NULL;
$$;

-- A job that will not be tried again: it stays, for operators to see.
CREATE OR REPLACE FUNCTION api.bury_outbox_v1(p_id bigint, p_error text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    UPDATE vault.outbox SET buried_at = clock_timestamp(), last_error = left(p_error, 200)
    WHERE id = p_id AND done_at IS NULL;
$$;

-- Deletes what has lived its time. Nothing's validity hangs on this: it only saves room. Guesses whose
-- verdict nobody asked for are written down first, however old, so that none goes unrecorded.
CREATE OR REPLACE FUNCTION api.prune_v1() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.prepare_event_salts();
    SELECT vault.drop_event_salts();
    SELECT vault.mark_unjudged('-infinity');
    DELETE FROM vault.password_proposals WHERE proposed_at < clock_timestamp() - interval '1 day';
    DELETE FROM vault.factor_proposals WHERE proposed_at < clock_timestamp() - interval '1 day';
    DELETE FROM vault.attempts WHERE expires_at < clock_timestamp() - interval '1 day';
    DELETE FROM vault.spent_challenges WHERE spent_at < clock_timestamp() - interval '2 days';
    DELETE FROM vault.spent_assertions WHERE ends_at < clock_timestamp() - interval '1 day';
    DELETE FROM vault.grants g WHERE g.issued_at < clock_timestamp() - interval '1 day'
        AND NOT vault.is_grant_alive(g);
    -- Letters are told of on the account page for a month.
    DELETE FROM vault.outbox WHERE done_at < clock_timestamp()
        - CASE kind WHEN 'letter' THEN interval '30 days' ELSE interval '7 days' END;
    DELETE FROM vault.outbox WHERE buried_at < clock_timestamp() - interval '90 days';
    DELETE FROM vault.alerts WHERE closed_at < clock_timestamp() - interval '400 days';
    DELETE FROM vault.mailed_tokens WHERE requested_at < clock_timestamp() - interval '9 days';
    DELETE FROM vault.email_addresses WHERE removed_at < clock_timestamp() - interval '9 days';
    DELETE FROM vault.address_letters WHERE sent[1] < clock_timestamp() - interval '1 day';
    DELETE FROM vault.known_networks WHERE last_seen_at < clock_timestamp() - interval '400 days';
    DELETE FROM vault.operator_invites WHERE expires_at < clock_timestamp() - interval '7 days';
    -- Known devices' budgets; accounts' own stay, and so do the 65,536 of names that nobody has:
    -- one that is forgotten sooner would tell which names are taken.
    DELETE FROM vault.guess_budgets
    WHERE day < vault.today() - 400 AND octet_length(subject) IN (32, 33);
    DELETE FROM vault.device_credentials
    WHERE last_used_at < clock_timestamp() - interval '400 days';
    DELETE FROM vault.refused_devices WHERE refused_at < clock_timestamp() - interval '800 days';
$$;

-- The letters to oneself of the last month, the newest first: which, when, and what became of them. Not
-- those that ask to confirm an address: that none went would say that the address is somebody's.
CREATE OR REPLACE FUNCTION api.own_letters_v1(p_session bytea)
RETURNS TABLE (id bigint, account_id uuid, template text, reference text, at timestamptz,
               state text, sealed_address bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.id, o.account_id, o.payload ->> 'template', o.payload ->> 'reference', o.created_at,
           CASE WHEN o.done_at IS NOT NULL THEN 'done' WHEN o.buried_at IS NOT NULL THEN 'dead'
                ELSE 'due' END, o.sealed_address
    FROM vault.live_session(p_session, 'web') s
    JOIN vault.outbox o ON o.account_id = s.account_id AND o.kind = 'letter'
        AND o.created_at > clock_timestamp() - interval '30 days'
        AND o.payload ->> 'template' <> 'address_confirmation'
    ORDER BY o.id DESC LIMIT 50;
$$;

-- A dead letter is tried again from the start, at once. Statuses: revived, already (not dead, or not
-- any more), unknown, forbidden, bad_request.
CREATE OR REPLACE FUNCTION api.revive_outbox_v1(p_session bytea, p_id bigint, p_reason text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_actor uuid := vault.acting_operator(p_session, 'locker');
    v_status text := vault.judge_dead(v_actor, p_id, p_reason);
BEGIN
    IF v_status = 'dead' THEN
        UPDATE vault.outbox SET buried_at = NULL, not_before = clock_timestamp(), tries = 0
        WHERE id = p_id;
        PERFORM vault.record_dead('lockout:outbox:revived', v_actor, p_id, p_reason);
        v_status := 'revived';
    END IF;
    RETURN v_status;
END
$$;

-- A dead letter that nobody will send any more is deleted: that cannot be undone, so it takes a fresh
-- proof. Statuses: dropped, unproven, and as above.
CREATE OR REPLACE FUNCTION api.drop_outbox_v1(p_session bytea, p_id bigint, p_reason text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'locker', NULL);
    v_status text := CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                          ELSE vault.judge_dead(v_proven.account_id, p_id, p_reason) END;
BEGIN
    IF v_status = 'dead' THEN
        PERFORM vault.record_dead('lockout:outbox:dropped', v_proven.account_id, p_id, p_reason);
        DELETE FROM vault.outbox WHERE id = p_id;
        v_status := 'dropped';
    END IF;
    RETURN v_status;
END
$$;

-- Whether an operator may do something about a dead letter, which stays locked for it.
CREATE OR REPLACE FUNCTION vault.judge_dead(p_actor uuid, p_id bigint, p_reason text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_dead boolean;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_actor IS NULL THEN
        RETURN 'forbidden';
    END IF;
    IF p_id IS NULL OR length(coalesce(p_reason, '')) > 1000 THEN
        RETURN 'bad_request';
    END IF;
    SELECT o.buried_at IS NOT NULL AND o.done_at IS NULL INTO v_dead
    FROM vault.outbox o WHERE o.id = p_id FOR UPDATE;
    RETURN CASE WHEN v_dead IS NULL THEN 'unknown' WHEN v_dead THEN 'dead' ELSE 'already' END;
END
$$;

CREATE OR REPLACE FUNCTION vault.record_dead(
    p_tag text, p_actor uuid, p_id bigint, p_reason text
) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.record_event(p_tag, NULL, NULL, NULL, p_actor, NULL, NULL,
        jsonb_strip_nulls(jsonb_build_object('job', o.id, 'kind', o.kind,
            'why', o.last_error, 'reason', nullif(btrim(p_reason), ''))))
    FROM vault.outbox o WHERE o.id = p_id;
$$;

-- What waits, what went and what was given up; neither to whom nor what it says.
CREATE OR REPLACE VIEW views.outbox AS
    SELECT o.id, o.kind,
           CASE WHEN o.done_at IS NOT NULL THEN 'done' WHEN o.buried_at IS NOT NULL THEN 'dead'
                ELSE 'due' END AS state,
           o.tries, o.created_at, o.not_before, o.done_at, o.buried_at, o.last_error
    FROM vault.outbox o;
