-- Locks on single accounts, and what else an operator can do about one.

-- Locks an account: nobody signs in to it, and whatever its sessions, codes and tokens open is shut. They
-- end; or, with p_keeps_sessions, rest and come back with it, for which known browsers are kept too, while
-- pending sign-ins end and its wikis are told all the same. p_told is what its owner may read of it;
-- p_lockout the list that it is on. Statuses: locked, unknown, already, self, forbidden, last_operator,
-- bad_request.
CREATE OR REPLACE FUNCTION vault.lock_account(
    p_account uuid, p_reason text, p_actor uuid, p_ends_at timestamptz DEFAULT NULL,
    p_keeps_sessions boolean DEFAULT false, p_told text DEFAULT '', p_lockout bigint DEFAULT NULL
) RETURNS TABLE (status text, sessions_ended integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_state text;
BEGIN
    PERFORM vault.require_read_committed();
    sessions_ended := 0;
    IF NOT vault.is_reason(p_reason) OR NOT vault.is_end(p_ends_at) OR p_keeps_sessions IS NULL
       OR p_told IS NULL OR length(p_told) > 300 THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT state INTO v_state FROM vault.accounts WHERE id = p_account FOR UPDATE;
    status := CASE WHEN v_state IS NULL THEN 'unknown' WHEN v_state = 'locked' THEN 'already'
                   WHEN p_account = p_actor THEN 'self'
                   WHEN vault.outranks(p_account, p_actor) THEN 'forbidden' ELSE 'locked' END;
    -- Somebody must be able to undo it.
    IF status = 'already' AND p_lockout IS NULL
       AND vault.prolong_lock(p_account, p_reason, p_actor, p_ends_at) THEN
        status := 'locked';
        RETURN NEXT;
        RETURN;
    END IF;
    IF status = 'locked' AND EXISTS (SELECT FROM vault.operators o
                                     WHERE o.account_id = p_account AND o.revoked_at IS NULL) THEN
        PERFORM FROM vault.operators FOR UPDATE;
        IF NOT EXISTS (
            SELECT FROM vault.operators o JOIN vault.accounts a ON a.id = o.account_id
            WHERE o.account_id <> p_account AND o.revoked_at IS NULL AND a.state = 'active'
              AND o.level IN ('locker', 'chief')) THEN
            status := 'last_operator';
        END IF;
    END IF;
    IF status <> 'locked' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    UPDATE vault.accounts SET state = 'locked',
           epoch = epoch + CASE WHEN p_keeps_sessions THEN 0 ELSE 1 END
    WHERE id = p_account;
    INSERT INTO vault.account_locks (account_id, reason, placed_by, ends_at, keeps_sessions, told,
                                     lockout_id)
    VALUES (p_account, btrim(p_reason), p_actor, p_ends_at, p_keeps_sessions, btrim(p_told),
            p_lockout);
    IF p_keeps_sessions THEN
        PERFORM vault.rest_sessions_of(p_account);
    ELSE
        sessions_ended := vault.end_sessions_of(p_account, NULL, 'locked');
    END IF;
    PERFORM vault.record_event('lockout:account:locked', p_account, NULL, NULL, p_actor, NULL, NULL,
        vault.lockout_detail(p_reason, p_ends_at, jsonb_build_object(
            'sessions_ended', CASE WHEN NOT p_keeps_sessions THEN sessions_ended END,
            'rest', nullif(p_keeps_sessions, false), 'list', p_lockout)));
    PERFORM vault.write_letter(p_account, 'account_locked');
    IF p_lockout IS NULL THEN
        PERFORM vault.tell_operators('lockout:account:locked', p_actor, 1);
    END IF;
    RETURN NEXT;
END
$$;

-- Lets a lock that has an end last longer, so that there is no moment between two. Whether it does.
CREATE OR REPLACE FUNCTION vault.prolong_lock(
    p_account uuid, p_reason text, p_actor uuid, p_ends_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE vault.account_locks k SET ends_at = p_ends_at
    WHERE k.account_id = p_account AND k.lifted_at IS NULL AND k.ends_at IS NOT NULL
      AND (p_ends_at IS NULL OR p_ends_at > k.ends_at) AND p_account IS DISTINCT FROM p_actor
      AND NOT vault.outranks(p_account, p_actor);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM vault.record_event('lockout:account:locked', p_account, NULL, NULL, p_actor, NULL, NULL,
        vault.lockout_detail(p_reason, p_ends_at, '{"longer": true}'));
    PERFORM vault.tell_operators('lockout:account:locked', p_actor, 1);
    RETURN true;
END
$$;

-- Lets an account's sessions rest while it is locked: its wikis forget them, and what was on its way to a
-- session or a wiki is void, as at the end of one.
CREATE OR REPLACE FUNCTION vault.rest_sessions_of(p_account uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.tell_wikis(s.sid, p_account) FROM vault.sessions s
    WHERE s.account_id = p_account AND s.ended_at IS NULL AND s.expires_at > clock_timestamp();
    SELECT vault.void_proofs(p_account, NULL);
    -- What is being used this moment is left: it waits for the account, finds it locked, and is void.
    UPDATE vault.grants SET revoked_at = clock_timestamp() WHERE id IN (
        SELECT g.id FROM vault.grants g JOIN vault.sessions s ON s.sid = g.sid
        WHERE s.account_id = p_account AND s.ended_at IS NULL AND g.revoked_at IS NULL
        FOR UPDATE OF g SKIP LOCKED);
    UPDATE vault.mailed_tokens SET spent_at = clock_timestamp() WHERE id IN (
        SELECT t.id FROM vault.mailed_tokens t
        WHERE t.account_id = p_account AND t.spent_at IS NULL AND t.purpose IN ('reset', 'confirm')
        FOR UPDATE SKIP LOCKED);
$$;

-- Whether so many wrong guesses stand in a row that only known devices may try the password, or the
-- second factors.
CREATE OR REPLACE FUNCTION vault.is_known_only(p_account uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM vault.guess_budgets
                   WHERE subject IN (uuid_send(p_account), uuid_send(p_account) || '\x02')
                     AND in_a_row >= 100);
$$;

-- Lifts a lock; or, where there is none, the limit that wrong guesses have put on the password. With
-- p_lock only that very lock: another one stays. Statuses: unlocked, unknown, already, bad_request.
CREATE OR REPLACE FUNCTION vault.unlock_account(
    p_account uuid, p_reason text, p_actor uuid, p_lock bigint DEFAULT NULL,
    p_is_over boolean DEFAULT false
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_state text;
    v_lockout bigint;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_reason(p_reason) THEN
        RETURN 'bad_request';
    END IF;
    SELECT state INTO v_state FROM vault.accounts WHERE id = p_account FOR UPDATE;
    IF v_state = 'active' AND p_lock IS NULL AND vault.is_known_only(p_account) THEN
        PERFORM vault.clear_guesses(p_account);
        PERFORM vault.record_event('lockout:guesses:cleared', p_account, NULL, NULL, p_actor, NULL,
                                   NULL, jsonb_build_object('reason', btrim(p_reason)));
        RETURN 'unlocked';
    END IF;
    IF v_state IS DISTINCT FROM 'locked' THEN
        RETURN CASE WHEN v_state IS NULL THEN 'unknown' ELSE 'already' END;
    END IF;
    IF p_lock IS NOT NULL AND NOT EXISTS (
            SELECT FROM vault.account_locks k WHERE k.id = p_lock AND k.lifted_at IS NULL
            AND (NOT p_is_over OR k.ends_at <= clock_timestamp())) THEN
        RETURN 'already';
    END IF;
    UPDATE vault.accounts SET state = 'active' WHERE id = p_account;
    UPDATE vault.account_locks SET lifted_at = clock_timestamp(), lifted_by = p_actor,
           lift_reason = btrim(p_reason)
    WHERE account_id = p_account AND lifted_at IS NULL RETURNING lockout_id INTO v_lockout;
    PERFORM vault.record_event('lockout:account:unlocked', p_account, NULL, NULL, p_actor, NULL,
        NULL, vault.lockout_detail(p_reason, NULL, jsonb_build_object(
            'by_itself', nullif(p_is_over, false), 'list', v_lockout)));
    PERFORM vault.write_letter(p_account, 'account_unlocked');
    RETURN 'unlocked';
END
$$;

-- Ends an account's sessions of either kind; the epoch also ends its codes and pending attempts.
CREATE OR REPLACE FUNCTION vault.end_account_sessions(p_account uuid, p_reason text, p_actor uuid)
RETURNS TABLE (status text, sessions_ended integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM vault.require_read_committed();
    sessions_ended := 0;
    IF NOT vault.is_reason(p_reason) THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    IF vault.outranks(p_account, p_actor) THEN
        status := 'forbidden';
        RETURN NEXT;
        RETURN;
    END IF;
    UPDATE vault.accounts SET epoch = epoch + 1 WHERE id = p_account;
    IF NOT FOUND THEN
        status := 'unknown';
        RETURN NEXT;
        RETURN;
    END IF;
    status := 'ended';
    sessions_ended := vault.end_sessions_of(p_account, NULL, 'ended_by_operator');
    PERFORM vault.record_event('lockout:sessions:ended', p_account, NULL, NULL, p_actor, NULL, NULL,
                               jsonb_build_object('reason', btrim(p_reason),
                                                  'sessions_ended', sessions_ended));
    PERFORM vault.write_letter(p_account, 'sessions_ended');
    PERFORM vault.tell_operators('lockout:sessions:ended', p_actor, sessions_ended);
    RETURN NEXT;
END
$$;

-- Has the letter sent that lets an account's owner set a new password: they could ask for it
-- themselves, and nobody else learns what is in it. Statuses: sent, already (the account is locked),
-- no_address (none is confirmed), unknown, bad_request.
CREATE OR REPLACE FUNCTION vault.send_reset(p_account uuid, p_reason text, p_actor uuid) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_account vault.accounts%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_reason(p_reason) THEN
        RETURN 'bad_request';
    END IF;
    SELECT * INTO v_account FROM vault.accounts WHERE id = p_account;
    IF v_account.state IS DISTINCT FROM 'active' THEN
        RETURN CASE WHEN v_account.id IS NULL THEN 'unknown' ELSE 'already' END;
    END IF;
    IF NOT EXISTS (SELECT FROM vault.email_addresses e WHERE e.account_id = p_account
                   AND e.is_primary AND e.verified_at IS NOT NULL) THEN
        RETURN 'no_address';
    END IF;
    -- Asked for by no browser: whoever opens it has to say the user name.
    INSERT INTO vault.outbox (kind, payload) VALUES ('reset_request', jsonb_build_object(
        'username', v_account.username, 'browser', encode(vault.random_32(), 'hex'),
        'language', v_account.language, 'digests', '[]'::jsonb));
    PERFORM vault.record_event('lockout:reset:sent', p_account, NULL, NULL, p_actor, NULL, NULL,
                               jsonb_build_object('reason', btrim(p_reason)));
    RETURN 'sent';
END
$$;

-- What the owner of a locked account may read of its lock, by its name or by one of its passkeys: that it
-- is locked stands on the same page. No row where it is not.
CREATE OR REPLACE FUNCTION api.lock_notice_v1(p_username text, p_credential bytea)
RETURNS TABLE (told text, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.told, l.ends_at FROM vault.account_locks l
    WHERE l.lifted_at IS NULL AND l.account_id = coalesce(
        (SELECT n.account_id FROM vault.usernames n WHERE n.username = p_username),
        (SELECT k.account_id FROM vault.passkeys k WHERE k.credential_id = p_credential));
$$;

-- The operator's doors. Status 'forbidden' when the session is no live operator's of that level,
-- 'unproven' when no passkey was shown for this (vault.proven_operator).
CREATE OR REPLACE FUNCTION api.lock_account_v1(
    p_session bytea, p_account uuid, p_reason text, p_ends_at timestamptz DEFAULT NULL,
    p_keeps_sessions boolean DEFAULT false, p_told text DEFAULT ''
) RETURNS TABLE (status text, sessions_ended integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'locker', p_account);
BEGIN
    IF v_proven.status <> 'proven' THEN
        RETURN QUERY SELECT v_proven.status, 0;
    ELSE
        RETURN QUERY SELECT * FROM vault.lock_account(p_account, p_reason, v_proven.account_id,
                                                      p_ends_at, p_keeps_sessions, p_told);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION api.unlock_account_v1(p_session bytea, p_account uuid, p_reason text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'locker', p_account);
BEGIN
    RETURN CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                ELSE vault.unlock_and_tell(p_account, p_reason, v_proven.account_id) END;
END
$$;

CREATE OR REPLACE FUNCTION vault.unlock_and_tell(p_account uuid, p_reason text, p_actor uuid)
RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_status text := vault.unlock_account(p_account, p_reason, p_actor);
BEGIN
    IF v_status = 'unlocked' THEN
        PERFORM vault.tell_operators('lockout:account:unlocked', p_actor, 1);
    END IF;
    RETURN v_status;
END
$$;

CREATE OR REPLACE FUNCTION api.send_reset_v1(p_session bytea, p_account uuid, p_reason text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'locker', p_account);
BEGIN
    RETURN CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                ELSE vault.send_reset(p_account, p_reason, v_proven.account_id) END;
END
$$;

CREATE OR REPLACE FUNCTION api.end_account_sessions_v1(
    p_session bytea, p_account uuid, p_reason text
) RETURNS TABLE (status text, sessions_ended integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'locker', p_account);
BEGIN
    IF v_proven.status <> 'proven' THEN
        RETURN QUERY SELECT v_proven.status, 0;
    ELSE
        RETURN QUERY SELECT * FROM vault.end_account_sessions(p_account, p_reason, v_proven.account_id);
    END IF;
END
$$;

-- The console's doors: granted to no role, so that only the owner process can open them.
CREATE OR REPLACE FUNCTION api.console_lock_account_v1(
    p_account uuid, p_reason text, p_ends_at timestamptz DEFAULT NULL,
    p_keeps_sessions boolean DEFAULT false, p_told text DEFAULT ''
) RETURNS TABLE (status text, sessions_ended integer)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT * FROM vault.lock_account(p_account, p_reason, NULL, p_ends_at, p_keeps_sessions, p_told);
$$;

CREATE OR REPLACE FUNCTION api.console_unlock_account_v1(p_account uuid, p_reason text)
RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.unlock_and_tell(p_account, p_reason, NULL);
$$;

CREATE OR REPLACE FUNCTION api.console_send_reset_v1(p_account uuid, p_reason text)
RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.send_reset(p_account, p_reason, NULL);
$$;

CREATE OR REPLACE FUNCTION api.console_end_account_sessions_v1(p_account uuid, p_reason text)
RETURNS TABLE (status text, sessions_ended integer)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT * FROM vault.end_account_sessions(p_account, p_reason, NULL);
$$;
