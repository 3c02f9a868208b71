-- The outbox, for the worker alone: at least once, with leases; nobody else can read a letter.

-- Takes up to p_limit due jobs and hides them from other workers until the lease runs out.
CREATE OR REPLACE FUNCTION api.claim_outbox_v1(p_limit integer, p_lease_seconds integer)
RETURNS TABLE (id bigint, kind text, payload jsonb, tries integer, sealed_address bytea,
               account_id uuid, created_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    UPDATE vault.outbox o SET tries = o.tries + 1,
        not_before = clock_timestamp() + make_interval(secs => p_lease_seconds)
    WHERE o.id IN (
        SELECT due.id FROM vault.outbox due
        WHERE p_lease_seconds > 0 AND due.done_at IS NULL AND due.buried_at IS NULL
          AND due.not_before <= clock_timestamp()
        ORDER BY due.not_before LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING o.id, o.kind, o.payload, o.tries, o.sealed_address, o.account_id, o.created_at;
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

-- Deletes what has lived its time. Nothing's validity hangs on this: it only saves room. Writes
-- down the guesses whose verdict nobody asked for, or took back, so that none goes unrecorded.
CREATE OR REPLACE FUNCTION api.prune_v1() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.prepare_event_salts();
    SELECT vault.drop_event_salts();
    WITH unjudged AS (
        UPDATE vault.password_proposals SET digest = NULL, outcome = 'unjudged'
        WHERE outcome IS NULL AND proposed_at < clock_timestamp()
              - make_interval(secs => vault.policy_seconds('proposal'))
        RETURNING account_id, sid, network, agent, purpose
    )
    INSERT INTO vault.events (tag, account_id, sid, network, agent, detail)
    SELECT 'account:password:unjudged', account_id, sid, network, agent,
           jsonb_build_object('purpose', purpose) FROM unjudged;
    -- A secret that was opened without a word about the code is one of them.
    WITH unjudged AS (
        UPDATE vault.factor_proposals SET digest = NULL, outcome = 'unjudged'
        WHERE (outcome IS NULL OR outcome = 'opened') AND proposed_at < clock_timestamp()
              - make_interval(secs => vault.policy_seconds('proposal'))
        RETURNING account_id, sid, network, agent, kind
    )
    INSERT INTO vault.events (tag, account_id, sid, network, agent, detail)
    SELECT 'account:factor:unjudged', account_id, sid, network, agent,
           jsonb_build_object('kind', kind) FROM unjudged;
    DELETE FROM vault.password_proposals WHERE proposed_at < clock_timestamp() - interval '1 day';
    DELETE FROM vault.attempts WHERE expires_at < clock_timestamp() - interval '1 day';
    DELETE FROM vault.grants g WHERE g.issued_at < clock_timestamp() - interval '1 day'
        AND NOT vault.is_grant_alive(g);
    DELETE FROM vault.outbox WHERE done_at < clock_timestamp() - interval '7 days';
    DELETE FROM vault.factor_proposals WHERE proposed_at < clock_timestamp() - interval '1 day';
    DELETE FROM vault.mailed_tokens WHERE requested_at < clock_timestamp() - interval '7 days';
    -- Known devices' budgets; accounts' own stay, and so do the 65,536 of names that nobody has:
    -- one that is forgotten sooner would tell which names are taken.
    DELETE FROM vault.guess_budgets
    WHERE day < vault.today() - 400 AND octet_length(subject) IN (32, 33);
    DELETE FROM vault.device_credentials
    WHERE last_used_at < clock_timestamp() - interval '400 days';
$$;
