-- What all lockouts share: who outranks whom, reasons and ends, the record, and word of it. Each takes
-- an operator's session with a passkey shown for it, and a reason, and writes an event; the owner's
-- console has its own door to the same code.

-- Whether an account is an operator of a higher level than the one who acts: one bad operator must
-- not be able to lock out those who could stop them. The console (no actor) is above all.
CREATE OR REPLACE FUNCTION vault.outranks(p_account uuid, p_actor uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM vault.operators theirs JOIN vault.operators mine ON mine.account_id = p_actor
        WHERE theirs.account_id = p_account AND theirs.revoked_at IS NULL
          AND array_position(ARRAY['looker', 'locker', 'chief'], theirs.level)
              > array_position(ARRAY['looker', 'locker', 'chief'], mine.level));
$$;

-- Whether this says why: in at most 1,000 characters.
CREATE OR REPLACE FUNCTION vault.is_reason(p_reason text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(btrim(p_reason), '') <> '' AND length(p_reason) <= 1000;
$$;

-- Whether a lockout may end then: NULL is never by itself, else within a year.
CREATE OR REPLACE FUNCTION vault.is_end(p_ends_at timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(p_ends_at > clock_timestamp()
                    AND p_ends_at < clock_timestamp() + interval '366 days', p_ends_at IS NULL);
$$;

-- Records a lockout, or lets the one of that kind and subject that holds last longer; NULL where that
-- holds as long already.
CREATE OR REPLACE FUNCTION vault.place_lockout(
    p_kind text, p_subject text, p_reason text, p_actor uuid, p_ends_at timestamptz
) RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO vault.lockouts (kind, subject, reason, placed_by, ends_at)
    VALUES (p_kind, p_subject, btrim(p_reason), p_actor, p_ends_at)
    ON CONFLICT (kind, subject) WHERE lifted_at IS NULL AND kind <> 'accounts'
    DO UPDATE SET ends_at = excluded.ends_at
    WHERE lockouts.ends_at IS NOT NULL
      AND (excluded.ends_at IS NULL OR excluded.ends_at > lockouts.ends_at)
    RETURNING id;
$$;

-- Records that the lockout of that kind and subject is lifted.
CREATE OR REPLACE FUNCTION vault.lift_lockout(
    p_kind text, p_subject text, p_reason text, p_actor uuid
) RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE vault.lockouts SET lifted_at = clock_timestamp(), lifted_by = p_actor,
           lift_reason = btrim(p_reason)
    WHERE kind = p_kind AND subject = p_subject AND lifted_at IS NULL
    RETURNING id;
$$;

-- What a lockout's event says beside whom it is about.
CREATE OR REPLACE FUNCTION vault.lockout_detail(
    p_reason text, p_ends_at timestamptz, p_more jsonb DEFAULT '{}'
) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object('reason', btrim(p_reason),
               'until', vault.epoch_seconds(p_ends_at)) || p_more);
$$;

-- Tells the other operators: those with a confirmed address by a letter of their own, and whoever
-- reads the operators' common address. What it says is made of the event's tag, who did it, and a
-- number; no reason, and nothing else that anybody typed.
CREATE OR REPLACE FUNCTION vault.tell_operators(p_tag text, p_actor uuid, p_count bigint)
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH said AS (
        SELECT jsonb_strip_nulls(jsonb_build_object('tag', p_tag, 'count', p_count,
                   'by', (SELECT a.username FROM vault.accounts a WHERE a.id = p_actor),
                   'at', vault.epoch_seconds(clock_timestamp()))) AS payload
    )
    INSERT INTO vault.outbox (kind, account_id, sealed_address, payload)
    SELECT 'measure', a.id, e.sealed, said.payload
    FROM said, vault.operators o
    JOIN vault.accounts a ON a.id = o.account_id AND a.state = 'active'
    JOIN vault.email_addresses e ON e.account_id = a.id AND e.is_primary
        AND e.verified_at IS NOT NULL
    WHERE o.revoked_at IS NULL AND o.account_id IS DISTINCT FROM p_actor
    UNION ALL
    SELECT 'measure', NULL, NULL, said.payload FROM said;
$$;

-- Lifts what has come to its end, some hundreds at a time; for the worker. Until it does, what is closed
-- stays closed: an end opens nothing by itself. Gives how many were lifted.
CREATE OR REPLACE FUNCTION api.lift_due_v1() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    c_reason constant text := 'its time was over';
    v_due record;
    v_total integer := 0;
BEGIN
    PERFORM vault.require_read_committed();
    -- Rows that somebody holds are left for the next time: nobody waits for anybody here.
    FOR v_due IN
        SELECT l.id, l.account_id, l.lockout_id FROM vault.account_locks l
        JOIN vault.accounts a ON a.id = l.account_id
        WHERE l.lifted_at IS NULL AND l.ends_at <= clock_timestamp()
        ORDER BY l.account_id LIMIT 500 FOR UPDATE OF a SKIP LOCKED
    LOOP
        IF vault.unlock_account(v_due.account_id, c_reason, NULL, v_due.id, true) = 'unlocked' THEN
            v_total := v_total + 1;
            IF v_due.lockout_id IS NULL THEN
                PERFORM vault.tell_operators('lockout:account:unlocked', NULL, 1);
            END IF;
        END IF;
    END LOOP;
    FOR v_due IN
        SELECT l.id, l.kind, l.subject FROM vault.lockouts l
        WHERE l.lifted_at IS NULL AND l.ends_at <= clock_timestamp() ORDER BY l.id
        FOR UPDATE SKIP LOCKED
    LOOP
        CASE v_due.kind
            WHEN 'wiki' THEN
                PERFORM vault.set_wiki_state(v_due.subject, 'active', c_reason, NULL, NULL, true);
            WHEN 'signing_keys' THEN
                PERFORM vault.restore_signing_keys(c_reason, NULL, true);
            WHEN 'accounts' THEN
                CONTINUE WHEN vault.finish_list(v_due.id, c_reason, NULL, true) IS NULL;
            ELSE
                PERFORM vault.open_door(v_due.kind, c_reason, NULL, true);
        END CASE;
        v_total := v_total + 1;
    END LOOP;
    RETURN v_total;
END
$$;

-- What is closed now, for the console: single accounts too, the latest hundred of them.
CREATE OR REPLACE FUNCTION api.console_lockouts_v1()
RETURNS TABLE (kind text, id bigint, subject text, reason text, placed_at timestamptz,
               ends_at timestamptz, placed_by text, accounts bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.kind, l.id, l.subject, l.reason, l.placed_at, l.ends_at, l.placed_by, l.accounts
    FROM views.lockouts l WHERE l.lifted_at IS NULL
    UNION ALL (
        SELECT 'account', NULL, a.username, k.reason, k.placed_at, k.ends_at, actor.username, 1
        FROM vault.account_locks k JOIN vault.accounts a ON a.id = k.account_id
        LEFT JOIN vault.accounts actor ON actor.id = k.placed_by
        WHERE k.lifted_at IS NULL AND k.lockout_id IS NULL ORDER BY k.placed_at DESC LIMIT 100)
    ORDER BY placed_at DESC;
$$;

-- What is closed now, other than single accounts: since when, until when, by whom and why; of lists, how
-- many accounts are still locked by each.
CREATE OR REPLACE VIEW views.lockouts AS
    SELECT l.id, l.kind, l.subject, w.name AS wiki, l.reason, l.placed_at, l.ends_at,
           a.username AS placed_by, l.lifted_at, lifter.username AS lifted_by, l.lift_reason,
           CASE l.kind WHEN 'accounts' THEN (
               SELECT count(*) FROM vault.account_locks k
               WHERE k.lockout_id = l.id AND k.lifted_at IS NULL) END AS accounts,
           l.lifted_at IS NULL AND l.ends_at < statement_timestamp() - interval '1 minute'
               AS is_overdue
    FROM vault.lockouts l
    LEFT JOIN vault.wikis w ON l.kind = 'wiki' AND w.client_id = l.subject
    LEFT JOIN vault.accounts a ON a.id = l.placed_by
    LEFT JOIN vault.accounts lifter ON lifter.id = l.lifted_by;
