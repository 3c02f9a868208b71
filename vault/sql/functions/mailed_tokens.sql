-- Mailed tokens: asked for by web, armed by the worker when it writes the letter, redeemed once.
--
-- The token is made by a key that the worker alone holds; until its letter is written there is none,
-- and web never sees one before it comes back. The worker's MAC says whose it is.

-- The secrets' digests are looked up by index: each stands for 256 bits that nobody can guess.

-- Queues the letter that will carry a token.
CREATE OR REPLACE FUNCTION vault.write_token_letter(
    p_token uuid, p_account uuid, p_address uuid, p_template text, p_language text
) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO vault.outbox (kind, account_id, sealed_address, payload)
    SELECT 'letter', a.id, e.sealed,
           vault.letter_payload(a.username, p_template, p_language)
           || jsonb_build_object('token', p_token)
    FROM vault.accounts a JOIN vault.email_addresses e ON e.account_id = a.id
    WHERE a.id = p_account AND e.id = p_address;
$$;

-- Writes down one request, and its letter; at most three an hour for an account and purpose.
CREATE OR REPLACE FUNCTION vault.request_token(
    p_purpose text, p_account uuid, p_address uuid, p_browser_hash bytea, p_template text,
    p_language text
) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c_an_hour constant integer := 3;
    v_account vault.accounts%ROWTYPE;
    v_token uuid;
BEGIN
    SELECT * INTO v_account FROM vault.accounts WHERE id = p_account FOR UPDATE;
    IF v_account.state IS DISTINCT FROM 'active'
       OR (SELECT count(*) FROM vault.mailed_tokens t
           WHERE t.account_id = p_account AND t.purpose = p_purpose
             AND t.requested_at > clock_timestamp() - interval '1 hour') >= c_an_hour THEN
        RETURN false;
    END IF;
    INSERT INTO vault.mailed_tokens (purpose, account_id, address_id, account_epoch, site_epoch,
                                     browser_hash)
    SELECT p_purpose, p_account, p_address, v_account.epoch, s.epoch, p_browser_hash
    FROM vault.site s RETURNING id INTO v_token;
    PERFORM vault.write_token_letter(v_token, p_account, p_address, p_template, p_language);
    RETURN true;
END
$$;

-- Asks for a letter that lets the owner set a new password: by user name, or by the digests of an
-- address under each key of the ring. The answer is the same whatever matches: asked, bad_request.
CREATE OR REPLACE FUNCTION api.request_reset_v1(
    p_username text, p_address_digests bytea[], p_browser_hash bytea, p_language text,
    p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_address record;
    v_found integer := 0;
BEGIN
    PERFORM vault.require_read_committed();
    IF (p_username IS NULL) = (p_address_digests IS NULL)
       OR octet_length(coalesce(p_username, 'x')) NOT BETWEEN 1 AND 255
       OR coalesce(cardinality(p_address_digests), 1) NOT BETWEEN 1 AND 10
       OR coalesce(octet_length(p_browser_hash), 0) <> 32
       OR coalesce(p_language, '') !~ '^[A-Za-z-]{2,20}$' THEN
        RETURN 'bad_request';
    END IF;
    FOR v_address IN
        SELECT e.account_id, e.id FROM vault.usernames n
        JOIN vault.email_addresses e ON e.account_id = n.account_id
        WHERE n.username = p_username AND e.is_primary AND e.verified_at IS NOT NULL
        UNION ALL
        (SELECT e.account_id, e.id FROM vault.email_addresses e
         WHERE e.lookup_digest = ANY (p_address_digests) AND e.verified_at IS NOT NULL
         ORDER BY e.created_at LIMIT 10)
        ORDER BY 1
    LOOP
        v_found := v_found + 1;
        PERFORM vault.request_token('reset', v_address.account_id, v_address.id, p_browser_hash,
                                    'password_reset_link', p_language);
        PERFORM vault.record_event('account:token:requested', v_address.account_id, NULL, NULL,
                                   NULL, vault.event_digest(p_network),
                                   vault.event_digest(p_agent), '{"purpose": "reset"}');
    END LOOP;
    IF v_found = 0 THEN
        PERFORM vault.record_event('account:token:requested', NULL, NULL, NULL, NULL,
                                   vault.event_digest(p_network), vault.event_digest(p_agent),
                                   '{"purpose": "reset"}');
    END IF;
    RETURN 'asked';
END
$$;

-- What the worker's MAC and token are made over, for a token that is still wanted.
CREATE OR REPLACE FUNCTION api.token_to_arm_v1(p_id uuid)
RETURNS TABLE (id uuid, purpose text, account_id uuid, address_id uuid, account_epoch bigint,
               site_epoch bigint, requested_at bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id, t.purpose, t.account_id, t.address_id, t.account_epoch, t.site_epoch,
           vault.epoch_seconds(t.requested_at)
    FROM vault.mailed_tokens t JOIN vault.accounts a ON a.id = t.account_id CROSS JOIN vault.site
    WHERE t.id = p_id AND t.spent_at IS NULL AND a.state = 'active' AND a.epoch = t.account_epoch
      AND site.epoch = t.site_epoch
      AND coalesce(t.expires_at, t.requested_at + interval '1 day') > clock_timestamp();
$$;

-- Makes a requested token redeemable, by its digest; its life begins now, and no resend prolongs
-- it. Statuses: armed, dead, bad_request.
CREATE OR REPLACE FUNCTION api.arm_token_v1(
    p_id uuid, p_token_hash bytea, p_mac bytea, p_mac_key text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF p_id IS NULL OR coalesce(octet_length(p_token_hash), 0) <> 32
       OR coalesce(octet_length(p_mac), 0) <> 32
       OR coalesce(length(p_mac_key), 0) NOT BETWEEN 1 AND 40 THEN
        RETURN 'bad_request';
    END IF;
    IF NOT EXISTS (SELECT FROM api.token_to_arm_v1(p_id))
       OR EXISTS (SELECT FROM vault.mailed_tokens t
                  WHERE t.token_hash = p_token_hash AND t.id <> p_id) THEN
        RETURN 'dead';
    END IF;
    -- Armed before means: with the same key, so with the same token.
    UPDATE vault.mailed_tokens t SET token_hash = p_token_hash, mac = p_mac, mac_key = p_mac_key,
        expires_at = coalesce(t.expires_at, clock_timestamp()
            + make_interval(secs => vault.policy_seconds(t.purpose || '_token')))
    WHERE t.id = p_id AND t.spent_at IS NULL;
    RETURN CASE WHEN FOUND THEN 'armed' ELSE 'dead' END;
END
$$;

-- Whether a token may still be redeemed. Statuses: live, spent, expired, dead (its account was
-- locked or changed since).
CREATE OR REPLACE FUNCTION vault.token_status(p_token vault.mailed_tokens) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN p_token.spent_at IS NOT NULL THEN 'spent'
                WHEN p_token.expires_at <= clock_timestamp() THEN 'expired'
                WHEN a.state <> 'active' OR a.epoch <> p_token.account_epoch
                     OR site.epoch <> p_token.site_epoch THEN 'dead'
                ELSE 'live' END
    FROM vault.accounts a CROSS JOIN vault.site WHERE a.id = p_token.account_id;
$$;

-- The token that came back, for its MAC to be checked and its page to be shown; changes nothing.
CREATE OR REPLACE FUNCTION api.find_token_v1(p_token bytea, p_browser bytea)
RETURNS TABLE (status text, id uuid, purpose text, account_id uuid, username text, address_id uuid,
               account_epoch bigint, site_epoch bigint, requested_at bigint, token_hash bytea,
               mac bytea, mac_key text, sealed_address bytea, lookup_digest bytea,
               same_browser boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.token_status(t), t.id, t.purpose, t.account_id, a.username, t.address_id,
           t.account_epoch, t.site_epoch, vault.epoch_seconds(t.requested_at), t.token_hash,
           t.mac, t.mac_key, e.sealed, e.lookup_digest,
           coalesce(t.browser_hash = sha256(p_browser), false)
    FROM vault.mailed_tokens t
    JOIN vault.accounts a ON a.id = t.account_id
    LEFT JOIN vault.email_addresses e ON e.id = t.address_id AND e.account_id = t.account_id
    WHERE t.token_hash = sha256(p_token);
$$;

-- Spends a token; gives its row. Statuses: as token_status, and unknown, other_browser.
CREATE OR REPLACE FUNCTION vault.spend_token(
    p_token bytea, p_purpose text, p_browser bytea, p_username text,
    OUT status text, OUT token vault.mailed_tokens
) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT t.* INTO token FROM vault.mailed_tokens t
    WHERE t.token_hash = sha256(p_token) AND t.purpose = p_purpose FOR UPDATE;
    IF token.id IS NULL THEN
        status := 'unknown';
        RETURN;
    END IF;
    PERFORM FROM vault.accounts a WHERE a.id = token.account_id FOR SHARE;
    status := vault.token_status(token);
    -- Another browser than the one that asked has to know whose it is.
    IF status = 'live' AND token.browser_hash IS DISTINCT FROM sha256(p_browser)
       AND NOT EXISTS (SELECT FROM vault.usernames n
                       WHERE n.username = p_username AND n.account_id = token.account_id) THEN
        status := 'other_browser';
    END IF;
    IF status = 'live' THEN
        UPDATE vault.mailed_tokens t SET spent_at = clock_timestamp() WHERE t.id = token.id;
    END IF;
END
$$;

-- Redeems a reset token: opens an attempt to recover, which the letter has proven. It sets a new
-- password (after the second factor, where one is held) and opens no session. Statuses: right,
-- other_browser (say the user name), spent, expired, dead, unknown, bad_request.
CREATE OR REPLACE FUNCTION api.redeem_reset_v1(
    p_token bytea, p_browser bytea, p_username text, p_attempt_hash bytea,
    p_network text, p_agent text
) RETURNS TABLE (status text, account_id uuid, username text, account_epoch bigint,
                 site_epoch bigint, proofs text[], amr text[], authenticated_at bigint,
                 factors text[], name_mac bytea, name_mac_key text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_spent record;
    v_account vault.accounts%ROWTYPE;
    v_now timestamptz;
BEGIN
    PERFORM vault.require_read_committed();
    IF coalesce(octet_length(p_attempt_hash), 0) <> 32
       OR coalesce(octet_length(p_token), 0) <> 32 THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    v_spent := vault.spend_token(p_token, 'reset', p_browser, p_username);
    status := CASE v_spent.status WHEN 'live' THEN 'right' ELSE v_spent.status END;
    PERFORM vault.record_event(
        CASE status WHEN 'right' THEN 'account:token:redeemed' ELSE 'account:token:refused' END,
        (v_spent.token).account_id, NULL, NULL, NULL, vault.event_digest(p_network),
        vault.event_digest(p_agent),
        jsonb_build_object('purpose', 'reset', 'why', status));
    IF status <> 'right' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    v_now := clock_timestamp();
    SELECT * INTO v_account FROM vault.accounts a WHERE a.id = (v_spent.token).account_id;
    PERFORM vault.open_attempt(p_attempt_hash, v_account, (v_spent.token).site_epoch, 'recover',
                               '{letter}', NULL, v_now);
    PERFORM vault.clear_guesses(v_account.id);
    RETURN QUERY SELECT 'right', v_account.id, v_account.username, v_account.epoch,
        (v_spent.token).site_epoch, '{letter}'::text[], vault.amr_of('{letter}'),
        vault.epoch_seconds(v_now), vault.factors_of(v_account.id), v_account.mac,
        v_account.mac_key;
END
$$;

-- A new password by an attempt to recover, with a second factor proven where one is held. Ends every
-- session, code, token, other attempt and app password of the account. Statuses: reset, gone, weak
-- (the second factor is missing), bad_request.
CREATE OR REPLACE FUNCTION api.reset_password_v1(
    p_attempt bytea, p_salt bytea, p_memory_kib integer, p_time_cost integer,
    p_parallelism integer, p_pepper_id text, p_tag bytea, p_proof bytea,
    p_language text, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_attempt vault.attempts%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_password(p_salt, p_memory_kib, p_time_cost, p_parallelism, p_pepper_id, p_tag,
                             p_proof) THEN
        RETURN 'bad_request';
    END IF;
    SELECT * INTO v_attempt FROM vault.live_attempt(p_attempt) t WHERE t.purpose = 'recover';
    PERFORM FROM vault.accounts WHERE id = v_attempt.account_id FOR UPDATE;
    SELECT * INTO v_attempt FROM vault.live_attempt(p_attempt) t WHERE t.purpose = 'recover';
    IF v_attempt.secret_hash IS NULL THEN
        RETURN 'gone';
    END IF;
    IF vault.factors_of(v_attempt.account_id) && '{passkey,totp}'
       AND NOT v_attempt.proofs && '{totp,recovery_code,hwk,swk}' THEN
        RETURN 'weak';
    END IF;
    UPDATE vault.attempts SET consumed_at = clock_timestamp()
    WHERE secret_hash = v_attempt.secret_hash AND consumed_at IS NULL;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    PERFORM vault.store_password(v_attempt.account_id, p_salt, p_memory_kib, p_time_cost,
                                 p_parallelism, p_pepper_id, p_tag, p_proof);
    PERFORM vault.clear_guesses(v_attempt.account_id);
    UPDATE vault.accounts SET epoch = epoch + 1 WHERE id = v_attempt.account_id;
    PERFORM vault.end_sessions_of(v_attempt.account_id, NULL, 'password_reset');
    PERFORM vault.revoke_app_passwords(v_attempt.account_id);
    PERFORM vault.record_event('account:password:reset', v_attempt.account_id, NULL, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent));
    PERFORM vault.write_letter(v_attempt.account_id, 'password_reset', p_language);
    RETURN 'reset';
END
$$;
