-- Lists of accounts, locked as one and unlocked as one: exactly those that the list locked.

-- Locks accounts of a list, in the order of their ids, up to 1,000 at once; with p_lockout, more of a list
-- that was begun. Each one's lock is as for a single account; those that cannot be locked are left, and
-- said. Statuses: locked, forbidden, gone (the list was undone), bad_request.
CREATE OR REPLACE FUNCTION vault.lock_accounts(
    p_accounts uuid[], p_reason text, p_actor uuid, p_ends_at timestamptz,
    p_keeps_sessions boolean, p_told text, p_lockout bigint, p_total bigint
) RETURNS TABLE (status text, lockout_id bigint, locked integer, sessions_ended integer,
                 left_alone jsonb)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_account uuid;
    v_one record;
BEGIN
    PERFORM vault.require_read_committed();
    locked := 0;
    sessions_ended := 0;
    left_alone := '{}';
    IF NOT vault.is_reason(p_reason) OR NOT vault.is_end(p_ends_at) OR p_keeps_sessions IS NULL
       OR p_told IS NULL OR length(p_told) > 300
       OR coalesce(cardinality(p_accounts), 0) NOT BETWEEN 1 AND 1000
       OR array_position(p_accounts, NULL) IS NOT NULL
       OR coalesce(p_total, 0) NOT BETWEEN 1 AND 10000000 THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    IF p_lockout IS NULL THEN
        lockout_id := vault.place_lockout('accounts', '', p_reason, p_actor, p_ends_at);
        PERFORM vault.record_event('lockout:accounts:locked', NULL, NULL, NULL, p_actor, NULL, NULL,
            vault.lockout_detail(p_reason, p_ends_at, jsonb_build_object(
                'list', lockout_id, 'accounts', p_total,
                'rest', nullif(p_keeps_sessions, false))));
        PERFORM vault.tell_operators('lockout:accounts:locked', p_actor, p_total);
    ELSE
        SELECT l.id INTO lockout_id FROM vault.lockouts l
        WHERE l.id = p_lockout AND l.kind = 'accounts' AND l.lifted_at IS NULL FOR UPDATE;
        IF NOT FOUND THEN
            status := 'gone';
            RETURN NEXT;
            RETURN;
        END IF;
    END IF;
    FOR v_account IN SELECT DISTINCT a FROM unnest(p_accounts) AS a ORDER BY a LOOP
        SELECT * INTO v_one FROM vault.lock_account(v_account, p_reason, p_actor, p_ends_at,
                                                    p_keeps_sessions, p_told, lockout_id);
        IF v_one.status = 'locked' THEN
            locked := locked + 1;
            sessions_ended := sessions_ended + v_one.sessions_ended;
        ELSE
            left_alone := left_alone || jsonb_build_object(v_account, v_one.status);
        END IF;
    END LOOP;
    -- A list that locked nobody closes nothing.
    IF p_lockout IS NULL AND locked = 0 AND p_total <= cardinality(p_accounts) THEN
        PERFORM vault.finish_list(lockout_id, 'nobody was locked by it', p_actor, false);
    END IF;
    status := 'locked';
    RETURN NEXT;
END
$$;

-- Unlocks what a list locked and nobody has unlocked since, up to p_limit at once. Gives how many, and
-- how many are left; the list is lifted when none is. Statuses: unlocked, unknown (no list, or one that
-- was undone), bad_request.
CREATE OR REPLACE FUNCTION vault.unlock_accounts(
    p_lockout bigint, p_reason text, p_actor uuid, p_limit integer
) RETURNS TABLE (status text, unlocked integer, still_locked bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_lock record;
BEGIN
    PERFORM vault.require_read_committed();
    unlocked := 0;
    still_locked := 0;
    IF NOT vault.is_reason(p_reason) OR p_limit IS NULL OR p_limit NOT BETWEEN 1 AND 1000 THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    PERFORM FROM vault.lockouts l
    WHERE l.id = p_lockout AND l.kind = 'accounts' AND l.lifted_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        status := 'unknown';
        RETURN NEXT;
        RETURN;
    END IF;
    FOR v_lock IN
        SELECT l.id, l.account_id FROM vault.account_locks l
        WHERE l.lockout_id = p_lockout AND l.lifted_at IS NULL ORDER BY l.account_id LIMIT p_limit
    LOOP
        IF vault.unlock_account(v_lock.account_id, p_reason, p_actor, v_lock.id) = 'unlocked' THEN
            unlocked := unlocked + 1;
        END IF;
    END LOOP;
    status := 'unlocked';
    still_locked := coalesce(vault.finish_list(p_lockout, p_reason, p_actor, false), (
        SELECT count(*) FROM vault.account_locks l
        WHERE l.lockout_id = p_lockout AND l.lifted_at IS NULL));
    RETURN NEXT;
END
$$;

-- Notes that a list is undone, once none of its accounts is locked by it; 0 if so, NULL where some are.
CREATE OR REPLACE FUNCTION vault.finish_list(
    p_lockout bigint, p_reason text, p_actor uuid, p_is_over boolean
) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM vault.lockouts l WHERE l.id = p_lockout FOR UPDATE;
    IF EXISTS (SELECT FROM vault.account_locks l
               WHERE l.lockout_id = p_lockout AND l.lifted_at IS NULL) THEN
        RETURN NULL;
    END IF;
    UPDATE vault.lockouts SET lifted_at = clock_timestamp(), lifted_by = p_actor,
           lift_reason = btrim(p_reason)
    WHERE id = p_lockout AND lifted_at IS NULL;
    IF FOUND THEN
        PERFORM vault.record_event('lockout:accounts:unlocked', NULL, NULL, NULL, p_actor, NULL,
            NULL, vault.lockout_detail(p_reason, NULL, jsonb_build_object(
                'list', p_lockout, 'by_itself', nullif(p_is_over, false))));
        PERFORM vault.tell_operators('lockout:accounts:unlocked', p_actor, (
            SELECT count(*) FROM vault.account_locks l WHERE l.lockout_id = p_lockout));
    END IF;
    RETURN 0;
END
$$;

-- Which accounts have these names or ids: for the lists that operators write. At most 1,000 at once.
CREATE OR REPLACE FUNCTION vault.named_accounts(p_names text[])
RETURNS TABLE (given text, account_id uuid, username text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.given, a.id, a.username
    FROM unnest(p_names) AS n (given)
    JOIN LATERAL (
        SELECT u.account_id FROM vault.usernames u WHERE u.username = n.given
        UNION SELECT i.id FROM vault.accounts i WHERE i.id::text = lower(n.given)
    ) AS found ON true
    JOIN vault.accounts a ON a.id = found.account_id
    WHERE cardinality(p_names) <= 1000;
$$;

CREATE OR REPLACE FUNCTION api.named_accounts_v1(p_session bytea, p_names text[])
RETURNS TABLE (given text, account_id uuid, username text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.* FROM vault.named_accounts(p_names) n
    WHERE vault.acting_operator(p_session, 'looker') IS NOT NULL;
$$;

CREATE OR REPLACE FUNCTION api.console_named_accounts_v1(p_names text[])
RETURNS TABLE (given text, account_id uuid, username text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM vault.named_accounts(p_names);
$$;

CREATE OR REPLACE FUNCTION api.lock_accounts_v1(
    p_session bytea, p_accounts uuid[], p_reason text, p_ends_at timestamptz,
    p_keeps_sessions boolean, p_told text
) RETURNS TABLE (status text, lockout_id bigint, locked integer, sessions_ended integer,
                 left_alone jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'locker', NULL);
BEGIN
    IF v_proven.status <> 'proven' THEN
        RETURN QUERY SELECT v_proven.status, NULL::bigint, 0, 0, '{}'::jsonb;
    ELSE
        RETURN QUERY SELECT * FROM vault.lock_accounts(p_accounts, p_reason, v_proven.account_id,
            p_ends_at, p_keeps_sessions, p_told, NULL, cardinality(p_accounts));
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION api.unlock_accounts_v1(p_session bytea, p_lockout bigint, p_reason text)
RETURNS TABLE (status text, unlocked integer, still_locked bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'locker', NULL);
BEGIN
    IF v_proven.status <> 'proven' THEN
        RETURN QUERY SELECT v_proven.status, 0, 0::bigint;
    ELSE
        RETURN QUERY SELECT * FROM vault.unlock_accounts(p_lockout, p_reason, v_proven.account_id,
                                                         1000);
    END IF;
END
$$;

-- The console's doors take a list in parts, so that it can be of any length.
CREATE OR REPLACE FUNCTION api.console_lock_accounts_v1(
    p_accounts uuid[], p_reason text, p_ends_at timestamptz, p_keeps_sessions boolean, p_told text,
    p_lockout bigint, p_total bigint
) RETURNS TABLE (status text, lockout_id bigint, locked integer, sessions_ended integer,
                 left_alone jsonb)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT * FROM vault.lock_accounts(p_accounts, p_reason, NULL, p_ends_at, p_keeps_sessions,
                                      p_told, p_lockout, p_total);
$$;

CREATE OR REPLACE FUNCTION api.console_unlock_accounts_v1(
    p_lockout bigint, p_reason text, p_limit integer
) RETURNS TABLE (status text, unlocked integer, still_locked bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT * FROM vault.unlock_accounts(p_lockout, p_reason, NULL, p_limit);
$$;
