-- Refresh tokens (RFC 6749 section 6): rotated at each use (RFC 9700 section 4.14.2). A second use of
-- one revokes all that came from its grant, but for one that asks again, within a minute, for a
-- successor that nobody has used: its answer was lost. None outlives its session.

-- The first refresh token of a grant, right after its code was redeemed. Statuses: issued, exists,
-- dead, bad_request.
CREATE OR REPLACE FUNCTION api.issue_refresh_token_v1(
    p_grant uuid, p_token_hash bytea, p_mac bytea, p_mac_key text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_grant vault.grants%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_grant IS NULL OR NOT vault.is_refresh_token(p_token_hash, p_mac, p_mac_key)
       OR EXISTS (SELECT FROM vault.refresh_tokens r WHERE r.token_hash = p_token_hash) THEN
        RETURN 'bad_request';
    END IF;
    SELECT * INTO v_grant FROM vault.grants g WHERE g.id = p_grant FOR UPDATE;
    PERFORM FROM vault.accounts a WHERE a.id = v_grant.account_id FOR SHARE;
    IF v_grant.redeemed_at IS NULL OR v_grant.code_hash IS NULL
       OR v_grant.redeemed_at < clock_timestamp() - interval '1 minute'
       OR NOT 'offline_access' = ANY (v_grant.scopes) OR NOT vault.is_grant_alive(v_grant) THEN
        RETURN 'dead';
    END IF;
    IF EXISTS (SELECT FROM vault.refresh_tokens r WHERE r.grant_id = p_grant) THEN
        RETURN 'exists';
    END IF;
    RETURN vault.store_refresh_token(v_grant, p_token_hash, p_mac, p_mac_key);
END
$$;

CREATE OR REPLACE FUNCTION vault.is_refresh_token(p_hash bytea, p_mac bytea, p_mac_key text)
RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(octet_length(p_hash) = 32, false) AND vault.is_mac(p_mac, p_mac_key);
$$;

-- Statuses: issued, exists.
CREATE OR REPLACE FUNCTION vault.store_refresh_token(
    p_grant vault.grants, p_token_hash bytea, p_mac bytea, p_mac_key text
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO vault.refresh_tokens (token_hash, grant_id, expires_at, mac, mac_key)
    SELECT p_token_hash, p_grant.id, s.expires_at, p_mac, p_mac_key
    FROM vault.sessions s WHERE s.sid = p_grant.sid
    ON CONFLICT DO NOTHING;
    RETURN CASE WHEN FOUND THEN 'issued' ELSE 'exists' END;
END
$$;

-- Spends a refresh token, then judges it, and stores its successor, which the caller makes out of it:
-- the same one however often it is raced. Asked for once more within a minute while the successor is
-- unused, it is given again; every other later use revokes the grant and all its tokens. One by another
-- wiki leaves it alone. Statuses: rotated, unknown, other_wiki, replayed, expired, dead, bad_request.
--
-- With what the caller checks before it believes a word: the MACs of the token and of its session
-- (the fields from account_id on are the session's). What the grant says is asked for apart.
CREATE OR REPLACE FUNCTION api.rotate_refresh_token_v1(
    p_token bytea, p_grant uuid, p_client_id text, p_new_hash bytea, p_new_mac bytea,
    p_new_mac_key text
) RETURNS TABLE (status text, token_mac bytea, token_mac_key text, sid uuid, account_id uuid,
                 username text, account_epoch bigint, site_epoch bigint, amr text[],
                 authenticated_at bigint, created_at bigint, expires_at bigint,
                 idle_seconds integer, kept boolean, secret_hash bytea, mac bytea, mac_key text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_token vault.refresh_tokens%ROWTYPE;
    v_grant vault.grants%ROWTYPE;
    v_now timestamptz;
    v_is_again boolean;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_token IS NULL OR p_grant IS NULL OR coalesce(length(p_client_id), 0) NOT BETWEEN 1 AND 200
       OR NOT vault.is_refresh_token(p_new_hash, p_new_mac, p_new_mac_key)
       OR p_new_hash = sha256(p_token)
       OR EXISTS (SELECT FROM vault.refresh_tokens r
                  WHERE r.token_hash = p_new_hash AND r.grant_id <> p_grant) THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    -- The grant first, always: two tokens of one grant wait for each other in one order.
    SELECT * INTO v_grant FROM vault.grants g WHERE g.id = p_grant FOR UPDATE;
    SELECT * INTO v_token FROM vault.refresh_tokens r
    WHERE r.token_hash = sha256(p_token) AND r.grant_id = p_grant FOR UPDATE;
    IF v_token.token_hash IS NULL THEN
        status := 'unknown';
        RETURN NEXT;
        RETURN;
    END IF;
    PERFORM FROM vault.accounts a WHERE a.id = v_grant.account_id FOR SHARE;
    v_now := clock_timestamp();
    -- A minute in either direction: a standby's clock may be a little behind, and one that was set back
    -- by an hour must not make an old token good again.
    v_is_again := v_token.spent_at BETWEEN v_now - interval '1 minute' AND v_now + interval '1 minute'
        AND EXISTS (
        SELECT FROM vault.refresh_tokens r
        WHERE r.token_hash = p_new_hash AND r.grant_id = p_grant AND r.spent_at IS NULL);
    status := CASE
        WHEN v_grant.client_id <> p_client_id THEN 'other_wiki'
        WHEN v_token.spent_at IS NOT NULL AND v_is_again IS NOT TRUE THEN 'replayed'
        WHEN v_token.expires_at <= v_now THEN 'expired'
        WHEN NOT vault.is_grant_alive(v_grant) THEN 'dead'
        ELSE 'rotated' END;
    IF status <> 'other_wiki' THEN
        UPDATE vault.refresh_tokens r SET spent_at = coalesce(r.spent_at, v_now)
        WHERE r.token_hash = v_token.token_hash;
    END IF;
    IF status = 'replayed' THEN
        UPDATE vault.grants g SET revoked_at = coalesce(g.revoked_at, v_now)
        WHERE g.id = v_grant.id;
    ELSIF status = 'rotated' AND v_is_again IS NOT TRUE
          AND vault.store_refresh_token(v_grant, p_new_hash, p_new_mac, p_new_mac_key)
              <> 'issued' THEN
        -- Chosen twice at the same moment: nobody can tell whose it would be.
        status := 'dead';
    END IF;
    PERFORM vault.record_event(
        CASE status WHEN 'rotated' THEN 'wiki:refresh:rotated' ELSE 'wiki:refresh:refused' END,
        v_grant.account_id, v_grant.sid, p_client_id, NULL, NULL, NULL,
        CASE status WHEN 'rotated' THEN '{}' ELSE jsonb_build_object('why', status) END);
    IF status <> 'rotated' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    RETURN QUERY SELECT 'rotated', v_token.mac, v_token.mac_key, s.sid, s.account_id, a.username,
        s.account_epoch, s.site_epoch, s.amr, vault.epoch_seconds(s.authenticated_at),
        vault.epoch_seconds(s.created_at), vault.epoch_seconds(s.expires_at), s.idle_seconds,
        s.kept, s.secret_hash, s.mac, s.mac_key
    FROM vault.sessions s JOIN vault.accounts a ON a.id = s.account_id
    WHERE s.sid = v_grant.sid;
END
$$;

-- The grant of a live refresh token, for the wiki that has it to ask about; spends nothing. No row for
-- one that is spent, over, another wiki's, or whose grant is dead.
CREATE OR REPLACE FUNCTION api.find_refresh_token_v1(p_token bytea, p_grant uuid, p_client_id text)
RETURNS TABLE (token_mac bytea, token_mac_key text, expires_at bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.mac, r.mac_key, vault.epoch_seconds(r.expires_at)
    FROM vault.refresh_tokens r JOIN vault.grants g ON g.id = r.grant_id
    WHERE r.token_hash = sha256(p_token) AND r.grant_id = p_grant AND g.client_id = p_client_id
      AND r.spent_at IS NULL AND r.expires_at > clock_timestamp() AND vault.is_grant_alive(g);
$$;

-- Revokes a grant and all that came from it, by the wiki that it was given to (RFC 7009 section 2.1).
-- With p_token only if that is one of its refresh tokens, spent or not. Statuses: revoked, already,
-- unknown.
CREATE OR REPLACE FUNCTION api.revoke_grant_v1(p_grant uuid, p_client_id text, p_token bytea)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_grant vault.grants%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    SELECT * INTO v_grant FROM vault.grants g
    WHERE g.id = p_grant AND g.client_id = p_client_id FOR UPDATE;
    IF NOT FOUND OR (p_token IS NOT NULL AND NOT EXISTS (
           SELECT FROM vault.refresh_tokens r
           WHERE r.token_hash = sha256(p_token) AND r.grant_id = p_grant)) THEN
        RETURN 'unknown';
    END IF;
    IF v_grant.revoked_at IS NOT NULL THEN
        RETURN 'already';
    END IF;
    UPDATE vault.grants SET revoked_at = clock_timestamp() WHERE id = p_grant;
    PERFORM vault.record_event('wiki:grant:revoked', v_grant.account_id, v_grant.sid, p_client_id,
                               NULL, NULL, NULL);
    RETURN 'revoked';
END
$$;
