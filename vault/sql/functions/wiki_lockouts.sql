-- Wikis, out of service and back in.

-- Takes a wiki out of service, or back in: no sign-in to it, and all that it was given is dead. Statuses:
-- suspended, active, unknown, already, bad_request.
CREATE OR REPLACE FUNCTION vault.set_wiki_state(
    p_client_id text, p_state text, p_reason text, p_actor uuid,
    p_ends_at timestamptz DEFAULT NULL, p_is_over boolean DEFAULT false
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_state text;
    v_tag text := CASE p_state WHEN 'suspended' THEN 'lockout:wiki:suspended'
                               ELSE 'lockout:wiki:resumed' END;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_reason(p_reason) OR NOT vault.is_end(p_ends_at)
       OR p_state IS NULL OR p_state NOT IN ('active', 'suspended') THEN
        RETURN 'bad_request';
    END IF;
    SELECT state INTO v_state FROM vault.wikis WHERE client_id = p_client_id FOR UPDATE;
    IF v_state IS NULL OR (v_state = p_state AND p_state = 'active') THEN
        RETURN CASE WHEN v_state IS NULL THEN 'unknown' ELSE 'already' END;
    END IF;
    IF v_state = p_state THEN
        -- One that has an end can last longer.
        IF vault.place_lockout('wiki', p_client_id, p_reason, p_actor, p_ends_at) IS NULL THEN
            RETURN 'already';
        END IF;
    END IF;
    UPDATE vault.wikis SET state = p_state,
           state_reason = CASE p_state WHEN 'suspended' THEN btrim(p_reason) ELSE '' END
    WHERE client_id = p_client_id;
    IF p_state = 'suspended' THEN
        UPDATE vault.grants SET revoked_at = clock_timestamp()
        WHERE client_id = p_client_id AND revoked_at IS NULL;
        PERFORM vault.place_lockout('wiki', p_client_id, p_reason, p_actor, p_ends_at);
    ELSE
        PERFORM vault.lift_lockout('wiki', p_client_id, p_reason, p_actor);
    END IF;
    PERFORM vault.record_event(v_tag, NULL, NULL, p_client_id, p_actor, NULL, NULL,
        vault.lockout_detail(p_reason, p_ends_at,
                             jsonb_build_object('by_itself', nullif(p_is_over, false))));
    PERFORM vault.tell_operators(v_tag, p_actor, 1);
    RETURN p_state;
END
$$;

CREATE OR REPLACE FUNCTION api.set_wiki_state_v1(
    p_session bytea, p_client_id text, p_state text, p_reason text,
    p_ends_at timestamptz DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'chief', NULL);
BEGIN
    RETURN CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                ELSE vault.set_wiki_state(p_client_id, p_state, p_reason, v_proven.account_id,
                                          p_ends_at) END;
END
$$;

CREATE OR REPLACE FUNCTION api.console_set_wiki_state_v1(
    p_client_id text, p_state text, p_reason text, p_ends_at timestamptz DEFAULT NULL
) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.set_wiki_state(p_client_id, p_state, p_reason, NULL, p_ends_at);
$$;
