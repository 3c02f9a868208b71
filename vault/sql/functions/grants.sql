-- What a wiki gets: authorization codes, what they are redeemed for, and what userinfo may say.
--
-- A grant has a MAC over all that it is trusted for, which web makes and checks: a grant that a
-- database writer made or changed is worth nothing.

-- Whether proven methods (amr) reach a level (acr): aal1 is one factor, aal2 two, phr two of which
-- one resists phishing. A level that nobody knows is reached by nothing.
CREATE OR REPLACE FUNCTION vault.reaches_acr(p_amr text[], p_acr text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(CASE p_acr
        WHEN 'aal1' THEN true
        WHEN 'aal2' THEN 'mfa' = ANY (p_amr)
        WHEN 'phr' THEN 'mfa' = ANY (p_amr) AND p_amr && '{hwk,swk}' END, false);
$$;

-- Whether scopes allow claims that were asked for one by one, each a word of ours: where it is to be
-- told, and which it is. What nobody knows is allowed by nothing.
CREATE OR REPLACE FUNCTION vault.covers_claims(p_scopes text[], p_claims text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(bool_and(coalesce(CASE
        WHEN claim IN ('userinfo.name', 'userinfo.preferred_username', 'id_token.name')
            THEN 'profile' = ANY (p_scopes)
        WHEN claim IN ('userinfo.email', 'userinfo.email_verified', 'id_token.email',
                       'id_token.email_verified')
            THEN 'email' = ANY (p_scopes) END, false)), true)
    FROM unnest(p_claims) claim;
$$;

-- Whether a grant lets its wiki know the address: by its scopes, or by a claim that was asked for.
CREATE OR REPLACE FUNCTION vault.tells_address(g vault.grants) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'email' = ANY (g.scopes) OR g.claims && '{userinfo.email,userinfo.email_verified,'
        'id_token.email,id_token.email_verified}';
$$;

-- Answers an authorization request of a live session: with a code to redeem (p_code_hash), or
-- with an assertion at once (p_code_hash NULL, for wikis registered for id_token by form_post).
-- Lock, epoch, suspension and redirect URI are checked in the same statement that issues. The
-- caller names session, account and epochs so that its MAC can cover them, and is refused when they
-- differ. p_acr_values is what was asked for, kept for the ID token; what was proven has to reach
-- the wiki's least level. p_claims is what was asked for by name: within all that one of the family
-- is registered for, and within the granted scopes of any other.
--
-- A pushed request brings its grant's id along, so that it is answered once, however often it is
-- raced. At a wiki that is none of the family's own, its owner's consent
-- has to cover the scopes. Statuses: issued, no_session, changed, refused (the wiki), weak, consent, spent,
-- bad_request.
CREATE OR REPLACE FUNCTION api.issue_grant_v1(
    p_session bytea, p_grant uuid, p_client_id text, p_code_hash bytea, p_redirect_uri text,
    p_code_challenge text, p_nonce text, p_scopes text[], p_sid uuid, p_account uuid,
    p_account_epoch bigint, p_site_epoch bigint, p_mac bytea, p_mac_key text,
    p_acr_values text[] DEFAULT '{}', p_claims text[] DEFAULT '{}'
) RETURNS TABLE (status text, expires_in integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_session vault.sessions%ROWTYPE;
    v_wiki vault.wikis%ROWTYPE;
    v_now timestamptz;
BEGIN
    PERFORM vault.require_read_committed();
    expires_in := vault.policy_seconds('code');
    IF p_grant IS NULL OR p_client_id IS NULL OR p_redirect_uri IS NULL OR p_scopes IS NULL
       OR octet_length(p_code_hash) <> 32 OR length(p_code_challenge) <> 43
       OR length(p_nonce) > 2000 OR cardinality(p_scopes) > 20
       OR p_acr_values IS NULL OR cardinality(p_acr_values) > 3
       OR NOT p_acr_values <@ '{aal1,aal2,phr}'
       OR p_claims IS NULL OR cardinality(p_claims) > 7
       OR NOT vault.is_mac(p_mac, p_mac_key) THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    -- The wiki before the account: whoever suspends it waits for its grants, and those for accounts.
    SELECT * INTO v_wiki FROM vault.wikis WHERE client_id = p_client_id FOR SHARE;
    SELECT s.* INTO v_session FROM vault.live_session(p_session, 'web') s;
    IF FOUND THEN
        -- What ends the session waits for this, and then finds the wiki among those to tell.
        PERFORM FROM vault.accounts a JOIN vault.sessions s ON s.account_id = a.id
        WHERE a.id = v_session.account_id AND a.state = 'active'
          AND a.epoch = v_session.account_epoch AND s.sid = v_session.sid
          AND s.secret_hash = v_session.secret_hash AND s.ended_at IS NULL FOR SHARE;
    END IF;
    IF NOT FOUND THEN
        status := 'no_session';
        RETURN NEXT;
        RETURN;
    END IF;
    IF p_sid IS DISTINCT FROM v_session.sid OR p_account IS DISTINCT FROM v_session.account_id
       OR p_account_epoch IS DISTINCT FROM v_session.account_epoch
       OR p_site_epoch IS DISTINCT FROM v_session.site_epoch THEN
        status := 'changed';
        RETURN NEXT;
        RETURN;
    END IF;
    IF v_wiki.client_id IS NULL OR v_wiki.state <> 'active'
       OR p_redirect_uri <> ALL (v_wiki.redirect_uris)
       OR (CASE WHEN p_code_hash IS NULL THEN 'id_token' ELSE 'code' END)
          <> ALL (v_wiki.response_types)
       OR (p_code_hash IS NOT NULL AND v_wiki.require_pkce AND p_code_challenge IS NULL)
       OR (p_code_challenge IS NULL AND p_nonce IS NULL
           AND (v_wiki.require_nonce OR p_code_hash IS NULL))
       OR NOT p_scopes <@ v_wiki.scopes
       OR NOT vault.covers_claims(
              CASE WHEN v_wiki.first_party THEN v_wiki.scopes ELSE p_scopes END, p_claims) THEN
        status := 'refused';
        RETURN NEXT;
        RETURN;
    END IF;
    IF NOT vault.reaches_acr(v_session.amr, v_wiki.least_acr) THEN
        status := 'weak';
        RETURN NEXT;
        RETURN;
    END IF;
    IF NOT v_wiki.first_party THEN
        -- Whoever withdraws it waits for this, and then finds the grant among those to revoke.
        PERFORM FROM vault.consents c
        WHERE c.account_id = v_session.account_id AND c.client_id = p_client_id
          AND p_scopes <@ c.scopes FOR SHARE;
        IF NOT FOUND THEN
            status := 'consent';
            RETURN NEXT;
            RETURN;
        END IF;
    END IF;
    v_now := clock_timestamp();
    INSERT INTO vault.grants (id, code_hash, client_id, sid, account_id, account_epoch, site_epoch,
        redirect_uri, code_challenge, nonce, scopes, issued_at, expires_at, redeemed_at, mac,
        mac_key, acr_values, claims)
    VALUES (p_grant, p_code_hash, p_client_id, v_session.sid, v_session.account_id,
        v_session.account_epoch, v_session.site_epoch, p_redirect_uri, p_code_challenge, p_nonce,
        p_scopes, v_now, v_now + make_interval(secs => expires_in),
        CASE WHEN p_code_hash IS NULL THEN v_now END, p_mac, p_mac_key, p_acr_values,
        p_claims)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        status := 'spent';
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO vault.session_wikis (sid, client_id) VALUES (v_session.sid, p_client_id)
    ON CONFLICT DO NOTHING;
    PERFORM vault.record_event('wiki:sign_in:issued', v_session.account_id, v_session.sid,
                               p_client_id, NULL, NULL, NULL);
    status := 'issued';
    RETURN NEXT;
END
$$;

-- Whether what came from a grant may still be used: not revoked, session alive, wiki in service.
CREATE OR REPLACE FUNCTION vault.is_grant_alive(g vault.grants) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT g.revoked_at IS NULL AND EXISTS (
        SELECT FROM vault.sessions s
        JOIN vault.accounts a ON a.id = s.account_id
        JOIN vault.wikis w ON w.client_id = g.client_id
        CROSS JOIN vault.site
        WHERE s.sid = g.sid AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()
          AND s.last_seen_at + make_interval(secs => s.idle_seconds) > clock_timestamp()
          AND a.state = 'active' AND a.epoch = g.account_epoch AND site.epoch = g.site_epoch
          AND w.state = 'active');
$$;

-- Spends a code, then judges it. A second presentation revokes all that came from the first
-- (RFC 6749 section 4.1.2, RFC 9700 section 2.1.1); one by another wiki leaves it alone.
-- p_code_challenge is what the verifier hashes to (RFC 7636 section 4.6), NULL when none was sent.
-- Statuses: redeemed, unknown, other_wiki, replayed, expired, redirect_uri, challenge, dead.
--
-- With what the caller checks before it believes a word: the MACs of the grant, of its session (the
-- fields from amr to secret_hash are the session's), of the name and of a confirmed address.
CREATE OR REPLACE FUNCTION api.redeem_code_v1(
    p_code bytea, p_client_id text, p_redirect_uri text, p_code_challenge text
) RETURNS TABLE (status text, grant_id uuid, sid uuid, account_id uuid, account_epoch bigint,
                 site_epoch bigint, nonce text, scopes text[], grant_mac bytea, grant_mac_key text,
                 amr text[], authenticated_at bigint, created_at bigint, expires_at bigint,
                 idle_seconds integer, kept boolean, secret_hash bytea, mac bytea, mac_key text,
                 username text, name_mac bytea, name_mac_key text,
                 address_id uuid, sealed_address bytea, address_verified boolean,
                 lookup_digest bytea, lookup_key text, address_mac bytea, address_mac_key text,
                 acr_values text[], claims text[])
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_grant vault.grants%ROWTYPE;
    v_now timestamptz;
BEGIN
    PERFORM vault.require_read_committed();
    -- What names no wiki stands in no event either.
    SELECT * INTO v_grant FROM vault.grants g
    WHERE g.code_hash = sha256(p_code) AND coalesce(length(p_client_id), 0) <= 200 FOR UPDATE;
    IF NOT FOUND THEN
        status := 'unknown';
        RETURN NEXT;
        RETURN;
    END IF;
    v_now := clock_timestamp();
    PERFORM FROM vault.accounts a WHERE a.id = v_grant.account_id FOR SHARE;
    status := CASE
        WHEN v_grant.client_id IS DISTINCT FROM p_client_id THEN 'other_wiki'
        WHEN v_grant.redeemed_at IS NOT NULL THEN 'replayed'
        WHEN v_grant.expires_at <= v_now THEN 'expired'
        WHEN v_grant.redirect_uri IS DISTINCT FROM p_redirect_uri THEN 'redirect_uri'
        WHEN v_grant.code_challenge IS DISTINCT FROM p_code_challenge THEN 'challenge'
        WHEN NOT vault.is_grant_alive(v_grant) THEN 'dead'
        ELSE 'redeemed' END;
    IF status = 'other_wiki' THEN
        NULL;
    ELSIF status = 'replayed' THEN
        UPDATE vault.grants SET revoked_at = coalesce(revoked_at, v_now) WHERE id = v_grant.id;
    ELSIF status = 'redeemed' THEN
        UPDATE vault.grants SET redeemed_at = v_now WHERE id = v_grant.id;
    ELSE
        UPDATE vault.grants SET redeemed_at = v_now, revoked_at = v_now WHERE id = v_grant.id;
    END IF;
    IF status <> 'redeemed' THEN
        PERFORM vault.record_event('wiki:code:refused', v_grant.account_id, v_grant.sid,
                                   p_client_id, NULL, NULL, NULL,
                                   jsonb_build_object('why', status));
        RETURN NEXT;
        RETURN;
    END IF;
    PERFORM vault.record_event('wiki:code:redeemed', v_grant.account_id, v_grant.sid, p_client_id,
                               NULL, NULL, NULL);
    RETURN QUERY SELECT 'redeemed', v_grant.id, v_grant.sid, v_grant.account_id,
        v_grant.account_epoch, v_grant.site_epoch, v_grant.nonce, v_grant.scopes, v_grant.mac,
        v_grant.mac_key, s.amr, vault.epoch_seconds(s.authenticated_at),
        vault.epoch_seconds(s.created_at), vault.epoch_seconds(s.expires_at), s.idle_seconds,
        s.kept, s.secret_hash, s.mac, s.mac_key, a.username, a.mac, a.mac_key, e.id, e.sealed,
        e.verified_at IS NOT NULL, e.lookup_digest, e.lookup_key, e.mac, e.mac_key,
        v_grant.acr_values, v_grant.claims
    FROM vault.accounts a
    JOIN vault.sessions s ON s.sid = v_grant.sid
    LEFT JOIN vault.email_addresses e ON e.account_id = a.id AND e.is_primary
        AND vault.tells_address(v_grant)
    WHERE a.id = v_grant.account_id;
END
$$;

-- What userinfo may say for an access token that came from this grant; no row when it is dead.
CREATE OR REPLACE FUNCTION api.describe_grant_v1(p_grant uuid)
RETURNS TABLE (grant_id uuid, code_hash bytea, client_id text, sid uuid, account_id uuid,
               account_epoch bigint, site_epoch bigint, redirect_uri text, code_challenge text,
               nonce text, scopes text[], grant_mac bytea, grant_mac_key text,
               username text, name_mac bytea, name_mac_key text,
               address_id uuid, sealed_address bytea, address_verified boolean,
               lookup_digest bytea, lookup_key text, address_mac bytea, address_mac_key text,
               acr_values text[], claims text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT g.id, g.code_hash, g.client_id, g.sid, g.account_id, g.account_epoch, g.site_epoch,
           g.redirect_uri, g.code_challenge, g.nonce, g.scopes, g.mac, g.mac_key, a.username,
           a.mac, a.mac_key, e.id, e.sealed, e.verified_at IS NOT NULL, e.lookup_digest,
           e.lookup_key, e.mac, e.mac_key, g.acr_values, g.claims
    FROM vault.grants g
    JOIN vault.accounts a ON a.id = g.account_id
    LEFT JOIN vault.email_addresses e ON e.account_id = a.id AND e.is_primary
        AND vault.tells_address(g)
    WHERE g.id = p_grant AND g.redeemed_at IS NOT NULL AND vault.is_grant_alive(g);
$$;
