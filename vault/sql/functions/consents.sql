-- What people let a wiki know of them that is none of the family's own: given, looked at and taken back
-- by whoever holds their session's secret.
--
-- A consent has a MAC over all that it is trusted for, which web makes and checks: one that a database
-- writer made or widened is as if it were not there.

-- One's own consent to one wiki. No row without one, or without a session.
CREATE OR REPLACE FUNCTION api.find_consent_v1(p_session bytea, p_client_id text)
RETURNS SETOF vault.consents
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.* FROM vault.live_session(p_session, 'web') s
    JOIN vault.consents c ON c.account_id = s.account_id
    WHERE c.client_id = p_client_id;
$$;

-- Lets a wiki know what these scopes stand for. The caller has read what stands there (p_old_mac, NULL
-- where nothing does), and names it together with what is new, so that its MAC can cover both. Each page
-- that asks is answered once (p_question_hash is its secret's): one that is sent again after a withdrawal
-- gives nothing. Statuses: given, answered, moved (it is not as it was read), no_session, refused (the
-- wiki), bad_request.
CREATE OR REPLACE FUNCTION api.give_consent_v1(
    p_session bytea, p_client_id text, p_scopes text[], p_given_at bigint, p_mac bytea,
    p_mac_key text, p_old_mac bytea, p_question_hash bytea, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_session vault.sessions%ROWTYPE;
    v_wiki vault.wikis%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_client_id IS NULL OR coalesce(cardinality(p_scopes), 0) NOT BETWEEN 1 AND 20
       OR NOT vault.is_recent_second(p_given_at) OR NOT vault.is_mac(p_mac, p_mac_key)
       OR octet_length(p_question_hash) IS DISTINCT FROM 32 THEN
        RETURN 'bad_request';
    END IF;
    -- In the order in which grants are issued: the wiki, the account, the consent.
    SELECT * INTO v_wiki FROM vault.wikis WHERE client_id = p_client_id FOR SHARE;
    SELECT s.* INTO v_session FROM vault.live_session(p_session, 'web') s;
    -- A lock that commits while this waits must win.
    PERFORM FROM vault.accounts a WHERE a.id = v_session.account_id AND a.state = 'active'
        AND a.epoch = v_session.account_epoch FOR SHARE;
    IF NOT FOUND THEN
        RETURN 'no_session';
    END IF;
    IF v_wiki.client_id IS NULL OR v_wiki.state <> 'active' OR v_wiki.first_party
       OR NOT p_scopes <@ v_wiki.scopes THEN
        RETURN 'refused';
    END IF;
    INSERT INTO vault.spent_challenges (challenge_hash) VALUES (p_question_hash)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'answered';
    END IF;
    IF p_old_mac IS NULL THEN
        INSERT INTO vault.consents (account_id, client_id, scopes, given_at, mac, mac_key)
        VALUES (v_session.account_id, p_client_id, p_scopes, p_given_at, p_mac, p_mac_key)
        ON CONFLICT DO NOTHING;
    ELSE
        UPDATE vault.consents c SET scopes = p_scopes, given_at = p_given_at, mac = p_mac,
               mac_key = p_mac_key
        WHERE c.account_id = v_session.account_id AND c.client_id = p_client_id
          AND c.mac = p_old_mac;
    END IF;
    IF NOT FOUND THEN
        -- To be tried again, with what stands there now.
        DELETE FROM vault.spent_challenges WHERE challenge_hash = p_question_hash;
        RETURN 'moved';
    END IF;
    PERFORM vault.record_event('account:consent:given', v_session.account_id, v_session.sid,
                               p_client_id, NULL, vault.event_digest(p_network),
                               vault.event_digest(p_agent), jsonb_build_object('scopes', p_scopes));
    RETURN 'given';
END
$$;

-- Takes one's own consent to a wiki back: what the wiki was given is dead at once, and it is told that
-- each sign-in there is over. It only takes away, so the session is enough. What is issued meanwhile
-- holds the consent's row, and so is found here. Statuses: withdrawn, unknown, gone.
CREATE OR REPLACE FUNCTION api.withdraw_consent_v1(
    p_session bytea, p_client_id text, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_session vault.sessions%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    SELECT * INTO v_session FROM vault.live_session(p_session, 'web');
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    DELETE FROM vault.consents c
    WHERE c.account_id = v_session.account_id AND c.client_id = p_client_id;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    UPDATE vault.grants SET revoked_at = clock_timestamp()
    WHERE account_id = v_session.account_id AND client_id = p_client_id AND revoked_at IS NULL;
    PERFORM vault.tell_wikis(s.sid, s.account_id, p_client_id)
    FROM vault.sessions s
    WHERE s.account_id = v_session.account_id AND s.kind = 'web' AND s.ended_at IS NULL;
    PERFORM vault.record_event('account:consent:withdrawn', v_session.account_id, v_session.sid,
                               p_client_id, NULL, vault.event_digest(p_network),
                               vault.event_digest(p_agent));
    RETURN 'withdrawn';
END
$$;

-- One's own consents, the latest first, with the last sign-in at each wiki that is still known.
CREATE OR REPLACE FUNCTION api.list_consents_v1(p_session bytea)
RETURNS TABLE (account_id uuid, client_id text, scopes text[], given_at bigint, mac bytea,
               mac_key text, last_sign_in timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.account_id, c.client_id, c.scopes, c.given_at, c.mac, c.mac_key,
           (SELECT max(g.issued_at) FROM vault.grants g
            WHERE g.account_id = c.account_id AND g.client_id = c.client_id)
    FROM vault.live_session(p_session, 'web') s
    JOIN vault.consents c ON c.account_id = s.account_id
    JOIN vault.wikis w USING (client_id)
    WHERE NOT w.first_party
    ORDER BY c.given_at DESC, c.client_id;
$$;

-- The wikis of those, for the MACs of their rows to be checked.
CREATE OR REPLACE FUNCTION api.consented_wikis_v1(p_session bytea) RETURNS SETOF vault.wikis
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.* FROM vault.live_session(p_session, 'web') s
    JOIN vault.consents c ON c.account_id = s.account_id
    JOIN vault.wikis w USING (client_id)
    WHERE NOT w.first_party;
$$;
