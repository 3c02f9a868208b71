-- Telling somebody of a sign-in that is unlike those before it, and taking their word that it was not
-- theirs. A letter an unknown browser, and one a network, and no more.

-- A network coarse enough for a letter: IPv4 by 256 addresses, IPv6 by its first 48 bits. NULL for
-- what is none.
CREATE OR REPLACE FUNCTION vault.coarse_network(p_network text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_network inet;
BEGIN
    v_network := p_network::inet;
    RETURN network(set_masklen(v_network, least(masklen(v_network),
                                                CASE family(v_network) WHEN 4 THEN 24 ELSE 48 END)));
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;

-- Notes that an account was signed in to from a network; whether that is another than those it knows,
-- which are the latest 50. The first of all is none: there is nothing to compare it with.
CREATE OR REPLACE FUNCTION vault.note_network(p_account uuid, p_coarse text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_network bytea;
    v_seen timestamptz;
    v_is_another boolean;
BEGIN
    IF p_coarse IS NULL THEN
        RETURN false;
    END IF;
    SELECT vault.keyed(s.secret, 'network', uuid_send(p_account) || convert_to(p_coarse, 'UTF8'))
    INTO v_network FROM vault.site s;
    SELECT n.last_seen_at INTO v_seen FROM vault.known_networks n
    WHERE n.account_id = p_account AND n.network = v_network;
    IF v_seen > clock_timestamp() - interval '1 day' THEN
        RETURN false;
    END IF;
    v_is_another := EXISTS (SELECT FROM vault.known_networks n WHERE n.account_id = p_account);
    -- Of several sign-ins at once one is the first.
    INSERT INTO vault.known_networks (account_id, network) VALUES (p_account, v_network)
    ON CONFLICT (account_id, network) DO NOTHING;
    IF NOT FOUND THEN
        v_is_another := false;
        UPDATE vault.known_networks n SET last_seen_at = clock_timestamp()
        WHERE n.account_id = p_account AND n.network = v_network;
    END IF;
    DELETE FROM vault.known_networks n WHERE n.account_id = p_account AND n.network IN (
        SELECT o.network FROM vault.known_networks o WHERE o.account_id = p_account
        ORDER BY o.last_seen_at DESC OFFSET 50 FOR UPDATE SKIP LOCKED);
    RETURN v_is_another;
END
$$;

-- What is unlike before about a sign-in: device, network, failures (five wrong guesses in the hour
-- before it, since the last one); NULL where nothing is, or where the account has only just been made.
CREATE OR REPLACE FUNCTION vault.oddity_of(
    p_account uuid, p_device bytea, p_is_new_device boolean, p_coarse text
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_new_network boolean := vault.note_network(p_account, p_coarse);
BEGIN
    IF p_is_new_device THEN
        -- Whoever has just signed up sits in front of it; unless they said before that it was not they.
        RETURN CASE WHEN EXISTS (SELECT FROM vault.device_credentials d WHERE d.account_id = p_account
                                 AND d.secret_hash IS DISTINCT FROM sha256(p_device))
                      OR (SELECT a.created_at < clock_timestamp() - interval '1 hour'
                          FROM vault.accounts a WHERE a.id = p_account)
                      OR EXISTS (SELECT FROM vault.events e WHERE e.account_id = p_account
                                 AND e.tag = 'account:session:disowned')
                    THEN 'device' END;
    END IF;
    RETURN CASE WHEN v_new_network THEN 'network'
        WHEN (WITH latest AS (
                  SELECT e.id, e.tag FROM vault.events e
                  WHERE e.account_id = p_account
                    AND e.id >= vault.first_event_since(clock_timestamp() - interval '1 hour')
                  ORDER BY e.id DESC LIMIT 20)
              SELECT count(*) FROM latest l
              WHERE l.tag IN ('account:password:wrong', 'account:factor:wrong')
                AND l.id > coalesce((SELECT max(o.id) FROM latest o
                                     WHERE o.tag = 'account:session:opened'), 0)) >= 5
            THEN 'failures' END;
END
$$;

-- Tells the owner of a sign-in that is unlike those before it; the letter can disown it.
CREATE OR REPLACE FUNCTION vault.tell_of_sign_in(
    p_account uuid, p_sid uuid, p_device bytea, p_is_new_device boolean, p_network text,
    p_agent text, p_language text
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_coarse text := vault.coarse_network(p_network);
    v_why text := vault.oddity_of(p_account, p_device, p_is_new_device, v_coarse);
    v_address uuid;
BEGIN
    IF v_why IS NULL THEN
        RETURN;
    END IF;
    SELECT e.id INTO v_address FROM vault.email_addresses e
    WHERE e.account_id = p_account AND e.is_primary AND e.verified_at IS NOT NULL;
    IF FOUND THEN
        PERFORM vault.write_token_letter(
            ARRAY[vault.new_token('disown', p_account, v_address, NULL, p_sid)], p_account,
            v_address, 'new_sign_in', p_language,
            jsonb_build_object('why', v_why, 'agent', p_agent, 'network', v_coarse));
    END IF;
END
$$;

-- Its owner says that a sign-in was not theirs, by the letter about it: that session ends, and every one
-- that was opened since, of which no letter may have told. Every browser is a stranger again, so that a
-- second factor is asked for wherever one is held. It grants nothing. Statuses: ended, spent,
-- expired, dead, unknown, bad_request.
CREATE OR REPLACE FUNCTION api.disown_session_v1(
    p_id uuid, p_token bytea, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_spent record;
    v_account uuid;
    v_sid uuid;
    v_since uuid[];
    v_ended uuid;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_id IS NULL OR NOT vault.is_token(p_token) THEN
        RETURN 'bad_request';
    END IF;
    v_spent := vault.spend_token(p_id, p_token, 'disown', NULL, NULL, p_network, p_agent);
    v_account := (v_spent.token).account_id;
    v_sid := (v_spent.token).sid;
    IF v_spent.status <> 'live' THEN
        RETURN v_spent.status;
    END IF;
    v_since := ARRAY(
        SELECT e.sid FROM vault.events e
        WHERE e.account_id = v_account AND e.tag = 'account:session:opened'
          AND e.at >= (v_spent.token).requested_at);
    FOR v_ended IN
        UPDATE vault.sessions SET ended_at = clock_timestamp(), end_reason = 'disowned'
        WHERE (sid = v_sid OR sid = ANY (v_since)) AND account_id = v_account AND kind = 'web'
          AND ended_at IS NULL
        RETURNING sid
    LOOP
        PERFORM vault.tell_wikis(v_ended, v_account);
    END LOOP;
    PERFORM vault.void_recoveries(v_account);
    DELETE FROM vault.device_credentials WHERE account_id = v_account;
    DELETE FROM vault.known_networks WHERE account_id = v_account;
    PERFORM vault.record_event('account:session:disowned', v_account, v_sid, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent));
    RETURN 'ended';
END
$$;
