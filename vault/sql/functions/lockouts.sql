-- Emergency measures. Each takes an operator's session and a reason, and writes an event; the
-- owner's console has its own door to the same code.

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

CREATE OR REPLACE FUNCTION vault.lock_account(p_account uuid, p_reason text, p_actor uuid)
RETURNS TABLE (status text, sessions_ended integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_state text;
BEGIN
    PERFORM vault.require_read_committed();
    sessions_ended := 0;
    IF coalesce(btrim(p_reason), '') = '' OR length(p_reason) > 1000 THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT state INTO v_state FROM vault.accounts WHERE id = p_account FOR UPDATE;
    status := CASE WHEN v_state IS NULL THEN 'unknown' WHEN v_state = 'locked' THEN 'already'
                   WHEN p_account = p_actor THEN 'self'
                   WHEN vault.outranks(p_account, p_actor) THEN 'forbidden' ELSE 'locked' END;
    -- Somebody must be able to undo it.
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
    UPDATE vault.accounts SET state = 'locked', epoch = epoch + 1 WHERE id = p_account;
    INSERT INTO vault.account_locks (account_id, reason, placed_by)
    VALUES (p_account, btrim(p_reason), p_actor);
    sessions_ended := vault.end_sessions_of(p_account, NULL, 'locked');
    PERFORM vault.record_event('lockout:account:locked', p_account, NULL, NULL, p_actor, NULL, NULL,
                               jsonb_build_object('reason', btrim(p_reason),
                                                  'sessions_ended', sessions_ended));
    PERFORM vault.write_letter(p_account, 'account_locked');
    RETURN NEXT;
END
$$;

-- Whether so many wrong guesses stand in a row that only known devices may try the password, or the
-- second factors.
CREATE OR REPLACE FUNCTION vault.is_known_only(p_account uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM vault.guess_budgets
                   WHERE subject IN (uuid_send(p_account), uuid_send(p_account) || '\x02')
                     AND in_a_row >= 100);
$$;

-- Lifts a lock; or, where there is none, the limit that wrong guesses have put on the password.
CREATE OR REPLACE FUNCTION vault.unlock_account(p_account uuid, p_reason text, p_actor uuid)
RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_state text;
BEGIN
    PERFORM vault.require_read_committed();
    IF coalesce(btrim(p_reason), '') = '' OR length(p_reason) > 1000 THEN
        RETURN 'bad_request';
    END IF;
    SELECT state INTO v_state FROM vault.accounts WHERE id = p_account FOR UPDATE;
    IF v_state = 'active' AND vault.is_known_only(p_account) THEN
        PERFORM vault.clear_guesses(p_account);
        PERFORM vault.record_event('lockout:guesses:cleared', p_account, NULL, NULL, p_actor, NULL,
                                   NULL, jsonb_build_object('reason', btrim(p_reason)));
        RETURN 'unlocked';
    END IF;
    IF v_state IS DISTINCT FROM 'locked' THEN
        RETURN CASE WHEN v_state IS NULL THEN 'unknown' ELSE 'already' END;
    END IF;
    UPDATE vault.accounts SET state = 'active' WHERE id = p_account;
    UPDATE vault.account_locks SET lifted_at = clock_timestamp(), lifted_by = p_actor,
           lift_reason = btrim(p_reason)
    WHERE account_id = p_account AND lifted_at IS NULL;
    PERFORM vault.record_event('lockout:account:unlocked', p_account, NULL, NULL, p_actor, NULL,
                               NULL, jsonb_build_object('reason', btrim(p_reason)));
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
    IF coalesce(btrim(p_reason), '') = '' OR length(p_reason) > 1000 THEN
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
    IF coalesce(btrim(p_reason), '') = '' OR length(p_reason) > 1000 THEN
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

-- Takes a wiki out of service, or back in: no sign-in to it, and all that it was given is dead.
CREATE OR REPLACE FUNCTION vault.set_wiki_state(
    p_client_id text, p_state text, p_reason text, p_actor uuid
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_state text;
BEGIN
    PERFORM vault.require_read_committed();
    IF coalesce(btrim(p_reason), '') = '' OR length(p_reason) > 1000
       OR p_state IS NULL OR p_state NOT IN ('active', 'suspended') THEN
        RETURN 'bad_request';
    END IF;
    SELECT state INTO v_state FROM vault.wikis WHERE client_id = p_client_id FOR UPDATE;
    IF v_state IS NULL OR v_state = p_state THEN
        RETURN CASE WHEN v_state IS NULL THEN 'unknown' ELSE 'already' END;
    END IF;
    UPDATE vault.wikis SET state = p_state,
           state_reason = CASE p_state WHEN 'suspended' THEN btrim(p_reason) ELSE '' END
    WHERE client_id = p_client_id;
    IF p_state = 'suspended' THEN
        UPDATE vault.grants SET revoked_at = clock_timestamp()
        WHERE client_id = p_client_id AND revoked_at IS NULL;
    END IF;
    PERFORM vault.record_event(
        CASE p_state WHEN 'suspended' THEN 'lockout:wiki:suspended'
                     ELSE 'lockout:wiki:resumed' END,
        NULL, NULL, p_client_id, p_actor, NULL, NULL,
        jsonb_build_object('reason', btrim(p_reason)));
    RETURN p_state;
END
$$;

-- The operator's doors. Status 'forbidden' when the session is no live operator's of that level,
-- 'unproven' when no passkey was shown for this (vault.proven_operator).
CREATE OR REPLACE FUNCTION api.lock_account_v1(p_session bytea, p_account uuid, p_reason text)
RETURNS TABLE (status text, sessions_ended integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'locker', p_account);
BEGIN
    IF v_proven.status <> 'proven' THEN
        RETURN QUERY SELECT v_proven.status, 0;
    ELSE
        RETURN QUERY SELECT * FROM vault.lock_account(p_account, p_reason, v_proven.account_id);
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
                ELSE vault.unlock_account(p_account, p_reason, v_proven.account_id) END;
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

CREATE OR REPLACE FUNCTION api.set_wiki_state_v1(
    p_session bytea, p_client_id text, p_state text, p_reason text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'chief', NULL);
BEGIN
    RETURN CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                ELSE vault.set_wiki_state(p_client_id, p_state, p_reason, v_proven.account_id) END;
END
$$;

-- The console's doors: granted to no role, so that only the owner process can open them.
CREATE OR REPLACE FUNCTION api.console_lock_account_v1(p_account uuid, p_reason text)
RETURNS TABLE (status text, sessions_ended integer)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT * FROM vault.lock_account(p_account, p_reason, NULL);
$$;

CREATE OR REPLACE FUNCTION api.console_unlock_account_v1(p_account uuid, p_reason text)
RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.unlock_account(p_account, p_reason, NULL);
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

CREATE OR REPLACE FUNCTION api.console_set_wiki_state_v1(
    p_client_id text, p_state text, p_reason text
) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.set_wiki_state(p_client_id, p_state, p_reason, NULL);
$$;

-- Every session, code, token and pending sign-in of the whole site, at once: one number carries them
-- all. Their wikis are not told one by one; they learn when they next ask. A dry run only counts.
-- Statuses: ended, counted, bad_request.
CREATE OR REPLACE FUNCTION api.console_end_all_sessions_v1(p_reason text, p_dry_run boolean)
RETURNS TABLE (status text, sessions_ended integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    SELECT count(*) INTO sessions_ended
    FROM vault.sessions s JOIN vault.accounts a ON a.id = s.account_id CROSS JOIN vault.site
    WHERE s.ended_at IS NULL AND s.expires_at > clock_timestamp()
      AND s.last_seen_at + make_interval(secs => s.idle_seconds) > clock_timestamp()
      AND s.account_epoch = a.epoch AND s.site_epoch = site.epoch AND a.state = 'active';
    status := CASE WHEN p_dry_run THEN 'counted'
                   WHEN coalesce(btrim(p_reason), '') = '' OR length(p_reason) > 1000
                   THEN 'bad_request' ELSE 'ended' END;
    IF status = 'ended' THEN
        UPDATE vault.site SET epoch = epoch + 1;
        PERFORM vault.record_event('lockout:site:sessions_ended', NULL, NULL, NULL, NULL, NULL,
                                   NULL, jsonb_build_object('reason', btrim(p_reason),
                                                            'sessions_ended', sessions_ended));
    END IF;
    RETURN NEXT;
END
$$;

-- Ends the other backends of one of this site's roles: the way out when one holds a lock. Gives how
-- many; -1 where that is not allowed, or no passkey was shown for it.
CREATE OR REPLACE FUNCTION api.end_backends_v1(p_session bytea, p_role text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'chief', NULL);
    v_ended integer;
BEGIN
    IF v_proven.status <> 'proven' OR p_role IS NULL
       OR p_role NOT IN ('authsite_web', 'authsite_worker', 'authsite_operator') THEN
        RETURN -1;
    END IF;
    SELECT count(pg_terminate_backend(pid)) INTO v_ended FROM pg_stat_activity
    WHERE usename = p_role AND datname = current_database() AND pid <> pg_backend_pid();
    PERFORM vault.record_event('lockout:backends:ended', NULL, NULL, NULL, v_proven.account_id,
                               NULL, NULL,
                               jsonb_build_object('role', p_role, 'ended', v_ended));
    RETURN v_ended;
END
$$;
