-- A token or cookie that turned up somewhere: whose it is, and its end. Digests come here, never a
-- token. What was found is named by its account and an id, so that it can be ended without it.
--
-- Kinds of what can be ended: session, operator_session, grant (with its code and refresh tokens),
-- app_password, browser, mailed_token, invite. Only to be looked at: proof, wiki_secret.

-- What a session is: live, expired, at rest while its account is locked, or ended, be it with all others.
CREATE OR REPLACE FUNCTION vault.session_state(p_session vault.sessions) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN p_session.ended_at IS NOT NULL OR p_session.account_epoch <> a.epoch
             OR p_session.site_epoch <> site.epoch THEN 'ended'
        WHEN p_session.expires_at <= clock_timestamp() OR p_session.last_seen_at
             + make_interval(secs => p_session.idle_seconds) <= clock_timestamp() THEN 'expired'
        WHEN a.state <> 'active' THEN 'rests'
        ELSE 'live' END
    FROM vault.accounts a CROSS JOIN vault.site WHERE a.id = p_session.account_id;
$$;

-- What has one of these digests. `state` is the token's own, where that differs from what can be
-- ended by it: a code that was redeemed still leads to its grant.
CREATE OR REPLACE FUNCTION vault.leaked_by_digest(p_digests bytea[])
RETURNS TABLE (token text, kind text, account_id uuid, ref uuid, state text, client_id text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE s.kind WHEN 'web' THEN 'session' ELSE 'operator_session' END,
           CASE s.kind WHEN 'web' THEN 'session' ELSE 'operator_session' END,
           s.account_id, s.sid, NULL, NULL
    FROM vault.sessions s WHERE s.secret_hash = ANY (p_digests)
    UNION ALL
    SELECT 'code', 'grant', g.account_id, g.id,
           CASE WHEN g.redeemed_at IS NOT NULL THEN 'spent'
                WHEN g.expires_at <= clock_timestamp() THEN 'expired' END, NULL
    FROM vault.grants g WHERE g.code_hash = ANY (p_digests)
    UNION ALL
    SELECT 'refresh_token', 'grant', g.account_id, g.id,
           CASE WHEN r.spent_at IS NOT NULL THEN 'spent'
                WHEN r.expires_at <= clock_timestamp() THEN 'expired' END, NULL
    FROM vault.refresh_tokens r JOIN vault.grants g ON g.id = r.grant_id
    WHERE r.token_hash = ANY (p_digests)
    UNION ALL
    SELECT 'app_password', 'app_password', p.account_id, p.id, NULL, NULL
    FROM vault.app_passwords p WHERE p.secret_hash = ANY (p_digests)
    UNION ALL
    SELECT 'browser', 'browser', d.account_id, d.id, NULL, NULL
    FROM vault.device_credentials d WHERE d.secret_hash = ANY (p_digests)
    UNION ALL
    SELECT 'mailed_token', 'mailed_token', t.account_id, t.id, NULL, NULL
    FROM vault.mailed_tokens t
    WHERE t.token_hash = ANY (p_digests) OR t.code_hash = ANY (p_digests)
    UNION ALL
    SELECT 'invite', 'invite', i.account_id, i.account_id,
           CASE WHEN i.spent_at IS NOT NULL THEN 'spent'
                WHEN i.expires_at <= clock_timestamp() THEN 'expired' END, NULL
    FROM vault.operator_invites i WHERE i.token_hash = ANY (p_digests)
    UNION ALL
    SELECT 'proof', 'proof', t.account_id, t.account_id,
           CASE WHEN t.consumed_at IS NOT NULL THEN 'spent'
                WHEN t.expires_at <= clock_timestamp() THEN 'expired' ELSE 'live' END, NULL
    FROM vault.attempts t WHERE t.secret_hash = ANY (p_digests)
    UNION ALL
    SELECT 'wiki_secret', 'wiki_secret', NULL, NULL,
           CASE w.state WHEN 'active' THEN 'live' ELSE 'suspended' END, w.client_id
    FROM vault.wikis w WHERE w.secret_hash = ANY (p_digests);
$$;

-- What there is to say of a thing. `state`: live, rests (it comes back with its account), ended, expired, revoked, spent, dead.
CREATE OR REPLACE FUNCTION vault.describe_leaked(p_kind text, p_account uuid, p_ref uuid)
RETURNS TABLE (state text, label text, client_id text, sid uuid, since timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.session_state(s), s.agent_label, NULL, s.sid, s.created_at
    FROM vault.sessions s
    WHERE p_kind IN ('session', 'operator_session') AND s.sid = p_ref AND s.account_id = p_account
      AND s.kind = CASE p_kind WHEN 'session' THEN 'web' ELSE 'operator' END
    UNION ALL
    SELECT CASE WHEN g.revoked_at IS NOT NULL THEN 'revoked'
                WHEN NOT vault.is_grant_alive(g) THEN 'ended' ELSE 'live' END,
           '', g.client_id, g.sid, g.issued_at
    FROM vault.grants g
    WHERE p_kind = 'grant' AND g.id = p_ref AND g.account_id = p_account
    UNION ALL
    SELECT CASE WHEN p.revoked_at IS NOT NULL THEN 'revoked'
                WHEN p.expires_at <= clock_timestamp() THEN 'expired' ELSE 'live' END,
           p.name, NULL, NULL, p.created_at
    FROM vault.app_passwords p
    WHERE p_kind = 'app_password' AND p.id = p_ref AND p.account_id = p_account
    UNION ALL
    SELECT 'live', d.label, NULL, NULL, d.created_at
    FROM vault.device_credentials d
    WHERE p_kind = 'browser' AND d.account_id = p_account AND d.id = p_ref
    UNION ALL
    SELECT CASE WHEN a.state <> 'active' AND t.spent_at IS NULL
                     AND vault.token_status(t) = 'dead' THEN 'rests' ELSE vault.token_status(t) END,
           t.purpose, NULL, t.sid, t.requested_at
    FROM vault.mailed_tokens t JOIN vault.accounts a ON a.id = t.account_id
    WHERE p_kind = 'mailed_token' AND t.id = p_ref AND t.account_id = p_account
    UNION ALL (
        SELECT CASE WHEN i.spent_at IS NOT NULL THEN 'spent'
                    WHEN i.expires_at <= clock_timestamp() THEN 'expired' ELSE 'live' END,
               '', NULL, NULL, i.created_at
        FROM vault.operator_invites i
        WHERE p_kind = 'invite' AND i.account_id = p_account AND p_ref = p_account
        ORDER BY i.created_at DESC LIMIT 1)
    UNION ALL
    SELECT 'dead', '', NULL, NULL, NULL WHERE p_kind IN ('proof', 'wiki_secret');
$$;

-- Looks tokens up: by their digests, and by what signed ones say (three lists that go together). Each
-- find is a line of the trail, and so is a search that found nothing.
CREATE OR REPLACE FUNCTION vault.find_leaked(
    p_digests bytea[], p_kinds text[], p_accounts uuid[], p_refs uuid[], p_actor uuid
) RETURNS TABLE (status text, token text, kind text, account_id uuid, ref uuid, username text,
                 token_state text, state text, label text, client_id text, wiki text, sid uuid,
                 since timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF p_digests IS NULL OR p_kinds IS NULL OR cardinality(p_digests) > 100
       OR cardinality(p_kinds) > 100
       OR cardinality(p_kinds) IS DISTINCT FROM cardinality(p_accounts)
       OR cardinality(p_kinds) IS DISTINCT FROM cardinality(p_refs)
       OR NOT p_kinds <@ '{session,grant}' THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    FOR token, kind, account_id, ref, username, token_state, state, label, client_id, wiki, sid,
        since IN
        SELECT f.token, f.kind, f.account_id, f.ref, a.username, coalesce(f.state, d.state), d.state,
               d.label, coalesce(f.client_id, d.client_id), w.name, d.sid, d.since
        FROM (SELECT * FROM vault.leaked_by_digest(p_digests)
              UNION ALL
              SELECT CASE j.kind WHEN 'session' THEN 'id_token' ELSE 'access_token' END,
                     j.kind, j.account, j.ref, NULL, NULL
              FROM unnest(p_kinds, p_accounts, p_refs) AS j (kind, account, ref)) f
        CROSS JOIN LATERAL vault.describe_leaked(f.kind, f.account_id, f.ref) d
        LEFT JOIN vault.accounts a ON a.id = f.account_id
        LEFT JOIN vault.wikis w ON w.client_id = coalesce(f.client_id, d.client_id)
        ORDER BY f.token, a.username LIMIT 50
    LOOP
        status := 'found';
        PERFORM vault.record_event('operator:token:examined', account_id, sid, client_id, p_actor,
                                   NULL, NULL,
                                   jsonb_build_object('kind', token, 'state', token_state));
        RETURN NEXT;
    END LOOP;
    IF status IS NULL THEN
        PERFORM vault.record_event('operator:token:examined', NULL, NULL, NULL, p_actor, NULL, NULL,
                                   jsonb_build_object('kind', 'unknown'));
        status := 'nothing';
        RETURN NEXT;
    END IF;
END
$$;

-- Ends one thing, and only that. Statuses: revoked, already (nothing of it is alive), unknown,
-- forbidden (its owner is an operator of a higher level), bad_request.
CREATE OR REPLACE FUNCTION vault.revoke_leaked(
    p_kind text, p_account uuid, p_ref uuid, p_reason text, p_actor uuid
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_thing record;
    v_hash bytea;
    v_others uuid[] := ARRAY[p_account];
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_reason(p_reason) OR p_kind IS NULL OR p_kind IN ('proof', 'wiki_secret') THEN
        RETURN 'bad_request';
    END IF;
    -- The account's row first, as everywhere; but for grants, whose row is locked before it.
    PERFORM FROM vault.accounts WHERE id = p_account AND p_kind <> 'grant' FOR UPDATE;
    SELECT * INTO v_thing FROM vault.describe_leaked(p_kind, p_account, p_ref);
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    IF vault.outranks(p_account, p_actor) THEN
        RETURN 'forbidden';
    END IF;
    IF v_thing.state NOT IN ('live', 'rests') THEN
        RETURN 'already';
    END IF;
    CASE p_kind
        WHEN 'session', 'operator_session' THEN
            UPDATE vault.sessions SET ended_at = v_now, end_reason = 'ended_by_operator'
            WHERE sessions.sid = p_ref AND ended_at IS NULL;
            PERFORM vault.tell_wikis(p_ref, p_account);
        WHEN 'grant' THEN
            UPDATE vault.grants SET revoked_at = v_now WHERE id = p_ref AND revoked_at IS NULL;
        WHEN 'app_password' THEN
            UPDATE vault.app_passwords SET revoked_at = v_now
            WHERE id = p_ref AND revoked_at IS NULL;
            -- What a restore applies again, and what its owner finds among their own events.
            PERFORM vault.record_event('account:app_password:revoked', p_account, NULL, NULL,
                                       p_actor, NULL, NULL, jsonb_build_object('id', p_ref));
        WHEN 'mailed_token' THEN
            UPDATE vault.mailed_tokens SET spent_at = v_now WHERE id = p_ref AND spent_at IS NULL;
        WHEN 'invite' THEN
            UPDATE vault.operator_invites SET spent_at = v_now
            WHERE account_id = p_account AND spent_at IS NULL;
        WHEN 'browser' THEN
            -- One secret, whatever accounts know the browser by it: all of them forget it.
            SELECT d.secret_hash INTO v_hash FROM vault.device_credentials d
            WHERE d.account_id = p_account AND d.id = p_ref;
            -- Its owner still carries it, and must not make it known anew.
            INSERT INTO vault.refused_devices (secret_hash) VALUES (v_hash) ON CONFLICT DO NOTHING;
            WITH forgotten AS (
                DELETE FROM vault.device_credentials d WHERE d.secret_hash = v_hash
                RETURNING d.account_id)
            SELECT coalesce(array_agg(f.account_id), v_others) INTO v_others FROM forgotten f;
    END CASE;
    PERFORM vault.record_event('lockout:token:revoked', known, v_thing.sid, v_thing.client_id,
                               p_actor, NULL, NULL,
                               jsonb_build_object('reason', btrim(p_reason), 'kind', p_kind))
    FROM unnest(v_others) AS known;
    PERFORM vault.tell_operators('lockout:token:revoked', p_actor, 1);
    RETURN 'revoked';
END
$$;

-- The operator's doors. To look takes a locker's session, to end something a passkey shown for it as
-- well. Statuses: as above, and forbidden, unproven.
CREATE OR REPLACE FUNCTION api.find_leaked_v1(
    p_session bytea, p_digests bytea[], p_kinds text[], p_accounts uuid[], p_refs uuid[]
) RETURNS TABLE (status text, token text, kind text, account_id uuid, ref uuid, username text,
                 token_state text, state text, label text, client_id text, wiki text, sid uuid,
                 since timestamptz)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_actor uuid := vault.acting_operator(p_session, 'locker');
BEGIN
    IF v_actor IS NULL THEN
        status := 'forbidden';
        RETURN NEXT;
    ELSE
        RETURN QUERY SELECT * FROM vault.find_leaked(p_digests, p_kinds, p_accounts, p_refs, v_actor);
    END IF;
END
$$;

-- What was found, once more, for the page that ends it: no row for anything else.
CREATE OR REPLACE FUNCTION api.describe_leaked_v1(
    p_session bytea, p_kind text, p_account uuid, p_ref uuid
) RETURNS TABLE (username text, state text, label text, client_id text, wiki text, sid uuid,
                 since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.username, d.state, d.label, d.client_id, w.name, d.sid, d.since
    FROM vault.describe_leaked(p_kind, p_account, p_ref) d
    JOIN vault.accounts a ON a.id = p_account
    LEFT JOIN vault.wikis w ON w.client_id = d.client_id
    WHERE vault.acting_operator(p_session, 'locker') IS NOT NULL
      AND p_kind NOT IN ('proof', 'wiki_secret');
$$;

CREATE OR REPLACE FUNCTION api.revoke_leaked_v1(
    p_session bytea, p_kind text, p_account uuid, p_ref uuid, p_reason text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(
        p_session, 'locker', CASE WHEN p_kind <> 'grant' THEN p_account END);
BEGIN
    RETURN CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                ELSE vault.revoke_leaked(p_kind, p_account, p_ref, p_reason, v_proven.account_id) END;
END
$$;

-- The console's doors: granted to no role.
CREATE OR REPLACE FUNCTION api.console_find_leaked_v1(
    p_digests bytea[], p_kinds text[], p_accounts uuid[], p_refs uuid[]
) RETURNS TABLE (status text, token text, kind text, account_id uuid, ref uuid, username text,
                 token_state text, state text, label text, client_id text, wiki text, sid uuid,
                 since timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT * FROM vault.find_leaked(p_digests, p_kinds, p_accounts, p_refs, NULL);
$$;

CREATE OR REPLACE FUNCTION api.console_revoke_leaked_v1(
    p_kind text, p_account uuid, p_ref uuid, p_reason text
) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.revoke_leaked(p_kind, p_account, p_ref, p_reason, NULL);
$$;
