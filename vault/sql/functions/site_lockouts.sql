-- Lockouts of the whole site: its doors (signing up, signing in, signing in where nobody knows the
-- browser), and all sessions at once. Operators sign in by a door of their own, which none of them shuts.

-- Closes a door. Statuses: closed, already, bad_request.
CREATE OR REPLACE FUNCTION vault.close_door(
    p_door text, p_reason text, p_actor uuid, p_ends_at timestamptz
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_reason(p_reason) OR NOT vault.is_end(p_ends_at) OR p_door IS NULL
       OR p_door NOT IN ('sign_up', 'sign_in', 'unknown_devices') THEN
        RETURN 'bad_request';
    END IF;
    IF vault.place_lockout(p_door, '', p_reason, p_actor, p_ends_at) IS NULL THEN
        RETURN 'already';
    END IF;
    PERFORM vault.set_door(p_door, false);
    PERFORM vault.record_event('lockout:site:closed', NULL, NULL, NULL, p_actor, NULL, NULL,
        vault.lockout_detail(p_reason, p_ends_at, jsonb_build_object('door', p_door)));
    PERFORM vault.tell_operators('lockout:site:closed', p_actor, NULL);
    RETURN 'closed';
END
$$;

-- Opens a door again; others that are closed stay closed. Statuses: opened, already, bad_request.
CREATE OR REPLACE FUNCTION vault.open_door(
    p_door text, p_reason text, p_actor uuid, p_is_over boolean DEFAULT false
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_reason(p_reason) OR p_door IS NULL
       OR p_door NOT IN ('sign_up', 'sign_in', 'unknown_devices') THEN
        RETURN 'bad_request';
    END IF;
    IF vault.lift_lockout(p_door, '', p_reason, p_actor) IS NULL THEN
        RETURN 'already';
    END IF;
    PERFORM vault.set_door(p_door, true);
    PERFORM vault.record_event('lockout:site:opened', NULL, NULL, NULL, p_actor, NULL, NULL,
        vault.lockout_detail(p_reason, NULL, jsonb_build_object(
            'door', p_door, 'by_itself', nullif(p_is_over, false))));
    PERFORM vault.tell_operators('lockout:site:opened', p_actor, NULL);
    RETURN 'opened';
END
$$;

CREATE OR REPLACE FUNCTION vault.set_door(p_door text, p_is_open boolean) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE vault.site SET
        sign_up_open = CASE p_door WHEN 'sign_up' THEN p_is_open ELSE sign_up_open END,
        sign_in_open = CASE p_door WHEN 'sign_in' THEN p_is_open ELSE sign_in_open END,
        sign_in_known_only = CASE p_door WHEN 'unknown_devices' THEN NOT p_is_open
                                         ELSE sign_in_known_only END;
$$;

-- Whether a browser may sign in to an account now, as far as the site's doors go. p_is_known: whether
-- the account is known there.
CREATE OR REPLACE FUNCTION vault.is_shut_out(p_site vault.site, p_is_known boolean) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN NOT p_site.sign_in_open OR (p_site.sign_in_known_only AND p_is_known IS NOT TRUE);
END
$$;

-- Every session, code, token and pending sign-in of the whole site, at once: one number carries them
-- all, and no row of theirs is touched. Their wikis are not told one by one; they learn when they next
-- ask. Operators do it at most three times an hour, so that none can keep everybody out by it. Statuses:
-- ended, too_often, bad_request.
CREATE OR REPLACE FUNCTION vault.end_all_sessions(p_reason text, p_actor uuid) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_reason(p_reason) THEN
        RETURN 'bad_request';
    END IF;
    PERFORM FROM vault.site FOR UPDATE;  -- one after the other, or two would both be the third
    UPDATE vault.site SET epoch = epoch + 1
    WHERE p_actor IS NULL OR (
        SELECT count(*) FROM vault.events e
        WHERE e.tag = 'lockout:site:sessions_ended' AND e.tag LIKE 'lockout:%'
          AND e.actor_id IS NOT NULL AND e.at > clock_timestamp() - interval '1 hour') < 3;
    IF NOT FOUND THEN
        RETURN 'too_often';
    END IF;
    PERFORM vault.record_event('lockout:site:sessions_ended', NULL, NULL, NULL, p_actor, NULL, NULL,
                               vault.lockout_detail(p_reason, NULL));
    PERFORM vault.tell_operators('lockout:site:sessions_ended', p_actor, NULL);
    RETURN 'ended';
END
$$;

-- What is closed, and until when, for the pages that say so.
CREATE OR REPLACE FUNCTION api.closed_doors_v1() RETURNS TABLE (door text, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.kind, l.ends_at FROM vault.lockouts l
    WHERE l.lifted_at IS NULL AND l.kind IN ('sign_up', 'sign_in', 'unknown_devices');
$$;

-- The operator's doors to these.
CREATE OR REPLACE FUNCTION api.close_door_v1(
    p_session bytea, p_door text, p_reason text, p_ends_at timestamptz
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'chief', NULL);
BEGIN
    RETURN CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                ELSE vault.close_door(p_door, p_reason, v_proven.account_id, p_ends_at) END;
END
$$;

CREATE OR REPLACE FUNCTION api.open_door_v1(p_session bytea, p_door text, p_reason text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'chief', NULL);
BEGIN
    RETURN CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                ELSE vault.open_door(p_door, p_reason, v_proven.account_id) END;
END
$$;

CREATE OR REPLACE FUNCTION api.end_all_sessions_v1(p_session bytea, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'chief', NULL);
BEGIN
    RETURN CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                ELSE vault.end_all_sessions(p_reason, v_proven.account_id) END;
END
$$;

-- The console's.
CREATE OR REPLACE FUNCTION api.console_close_door_v1(
    p_door text, p_reason text, p_ends_at timestamptz
) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.close_door(p_door, p_reason, NULL, p_ends_at);
$$;

CREATE OR REPLACE FUNCTION api.console_open_door_v1(p_door text, p_reason text) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.open_door(p_door, p_reason, NULL);
$$;

CREATE OR REPLACE FUNCTION api.console_end_all_sessions_v1(p_reason text) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.end_all_sessions(p_reason, NULL);
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
    PERFORM vault.tell_operators('lockout:backends:ended', v_proven.account_id, v_ended);
    RETURN v_ended;
END
$$;
