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

-- Whether an account may be mailed another token of that purpose: three an hour. The caller holds the
-- account's row.
CREATE OR REPLACE FUNCTION vault.has_token_left(p_account uuid, p_purpose text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*) < 3 FROM vault.mailed_tokens t
    WHERE t.account_id = p_account AND t.purpose = p_purpose
      AND t.requested_at > clock_timestamp() - interval '1 hour';
$$;

-- Writes down one request, and its letter; false where none may be sent.
CREATE OR REPLACE FUNCTION vault.request_token(
    p_purpose text, p_account uuid, p_address uuid, p_browser_hash bytea, p_template text,
    p_language text
) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_account vault.accounts%ROWTYPE;
    v_token uuid;
BEGIN
    SELECT * INTO v_account FROM vault.accounts WHERE id = p_account FOR UPDATE;
    IF v_account.state IS DISTINCT FROM 'active'
       OR NOT vault.has_token_left(p_account, p_purpose) THEN
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
-- address under each key of the ring. Ten accounts that share an address get one letter each. The
-- answer is the same whatever matches: asked, bad_request.
CREATE OR REPLACE FUNCTION api.request_reset_v1(
    p_username text, p_address_digests bytea[], p_browser_hash bytea, p_language text,
    p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_address record;
    v_found boolean := false;
    v_sent boolean;
BEGIN
    PERFORM vault.require_read_committed();
    IF (p_username IS NULL) = (p_address_digests IS NULL)
       OR octet_length(coalesce(p_username, 'x')) NOT BETWEEN 1 AND 255
       OR coalesce(cardinality(p_address_digests), 1) NOT BETWEEN 1 AND 10
       OR coalesce(octet_length(p_browser_hash), 0) <> 32
       OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    -- In the order of accounts: two requests that find the same ones wait instead of deadlocking.
    FOR v_address IN
        SELECT DISTINCT ON (found.account_id) found.account_id, found.id FROM (
            SELECT e.account_id, e.id FROM vault.usernames n
            JOIN vault.email_addresses e ON e.account_id = n.account_id
            WHERE n.username = p_username AND e.is_primary AND e.verified_at IS NOT NULL
            UNION ALL
            (SELECT e.account_id, e.id FROM vault.email_addresses e
             WHERE e.lookup_digest = ANY (p_address_digests) AND e.verified_at IS NOT NULL
             ORDER BY e.created_at LIMIT 10)
        ) AS found ORDER BY found.account_id
    LOOP
        v_found := true;
        v_sent := vault.request_token('reset', v_address.account_id, v_address.id, p_browser_hash,
                                      'password_reset_link', p_language);
        PERFORM vault.record_event('account:token:requested', v_address.account_id, NULL, NULL,
                                   NULL, vault.event_digest(p_network),
                                   vault.event_digest(p_agent),
                                   jsonb_build_object('purpose', 'reset', 'sent', v_sent));
    END LOOP;
    IF NOT v_found THEN
        PERFORM vault.record_event('account:token:requested', NULL, NULL, NULL, NULL,
                                   vault.event_digest(p_network), vault.event_digest(p_agent),
                                   '{"purpose": "reset"}');
    END IF;
    RETURN 'asked';
END
$$;

-- Whether a token may be mailed and redeemed. Statuses: live, spent, expired, dead (its account was
-- locked or changed since, or its address was taken away).
CREATE OR REPLACE FUNCTION vault.token_status(p_token vault.mailed_tokens) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN p_token.spent_at IS NOT NULL THEN 'spent'
        -- Its life begins when it is armed; until then it waits a day for its letter.
        WHEN coalesce(CASE WHEN p_token.token_hash IS NULL
                           THEN p_token.requested_at + interval '1 day'
                           ELSE p_token.expires_at END <= clock_timestamp(), true) THEN 'expired'
        WHEN a.state <> 'active' OR a.epoch <> p_token.account_epoch
             OR site.epoch <> p_token.site_epoch
             OR NOT EXISTS (SELECT FROM vault.email_addresses e
                            WHERE e.id = p_token.address_id AND e.account_id = p_token.account_id
                              AND (e.verified_at IS NOT NULL OR p_token.purpose <> 'reset'))
            THEN 'dead'
        ELSE 'live' END
    FROM vault.accounts a CROSS JOIN vault.site WHERE a.id = p_token.account_id;
$$;

-- What the worker's MACs are made over, or stand over already: for the letter that carries it.
CREATE OR REPLACE FUNCTION api.token_to_arm_v1(p_id uuid)
RETURNS TABLE (status text, id uuid, purpose text, account_id uuid, address_id uuid,
               account_epoch bigint, site_epoch bigint, requested_at bigint, token_hash bytea,
               token_key text, mac bytea, mac_key text, mailed_to bytea, sealed_address bytea,
               address_verified boolean, lookup_digest bytea, lookup_key text, address_mac bytea,
               address_mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.token_status(t), t.id, t.purpose, t.account_id, t.address_id, t.account_epoch,
           t.site_epoch, vault.epoch_seconds(t.requested_at), t.token_hash, t.token_key, t.mac,
           t.mac_key, t.mailed_to, e.sealed, e.verified_at IS NOT NULL, e.lookup_digest,
           e.lookup_key, e.mac, e.mac_key
    FROM vault.mailed_tokens t
    LEFT JOIN vault.email_addresses e ON e.id = t.address_id AND e.account_id = t.account_id
    WHERE t.id = p_id;
$$;

-- Makes a requested token redeemable, by its digest; its life begins now. Once: a resend carries the
-- same token, made by the key that is named here, and prolongs nothing. Statuses: armed, moved (it
-- was armed before: look at it again), dead, bad_request.
CREATE OR REPLACE FUNCTION api.arm_token_v1(
    p_id uuid, p_token_hash bytea, p_token_key text, p_mac bytea, p_mac_key text,
    p_mailed_to bytea
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_token vault.mailed_tokens%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_id IS NULL OR coalesce(octet_length(p_token_hash), 0) <> 32
       OR coalesce(length(p_token_key), 0) NOT BETWEEN 1 AND 40
       OR NOT vault.is_mac(p_mac, p_mac_key)
       OR coalesce(octet_length(p_mailed_to), 0) <> 32 THEN
        RETURN 'bad_request';
    END IF;
    SELECT * INTO v_token FROM vault.mailed_tokens t WHERE t.id = p_id FOR UPDATE;
    IF vault.token_status(v_token) IS DISTINCT FROM 'live' THEN
        RETURN 'dead';
    END IF;
    IF v_token.token_hash IS NOT NULL THEN
        RETURN 'moved';
    END IF;
    UPDATE vault.mailed_tokens t SET token_hash = p_token_hash, token_key = p_token_key,
        mac = p_mac, mac_key = p_mac_key, mailed_to = p_mailed_to,
        expires_at = clock_timestamp()
            + make_interval(secs => vault.policy_seconds(t.purpose || '_token'))
    WHERE t.id = p_id;
    RETURN 'armed';
END
$$;

-- The token that came back, for its MACs to be checked and its page to be shown; changes nothing.
-- Whoever writes rows could make several of one token: the caller names the one that is ours.
CREATE OR REPLACE FUNCTION api.find_token_v1(p_token bytea, p_browser bytea)
RETURNS TABLE (status text, id uuid, purpose text, account_id uuid, username text, address_id uuid,
               account_epoch bigint, site_epoch bigint, requested_at bigint, mac bytea,
               mac_key text, mailed_to bytea, sealed_address bytea, address_verified boolean,
               lookup_digest bytea, lookup_key text, address_mac bytea, address_mac_key text,
               same_browser boolean, name_mac bytea, name_mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.token_status(t), t.id, t.purpose, t.account_id, a.username, t.address_id,
           t.account_epoch, t.site_epoch, vault.epoch_seconds(t.requested_at), t.mac, t.mac_key,
           t.mailed_to, e.sealed, e.verified_at IS NOT NULL, e.lookup_digest, e.lookup_key, e.mac,
           e.mac_key, coalesce(t.browser_hash = sha256(p_browser), false), a.mac,
           a.mac_key
    FROM vault.mailed_tokens t
    JOIN vault.accounts a ON a.id = t.account_id
    LEFT JOIN vault.email_addresses e ON e.id = t.address_id AND e.account_id = t.account_id
    WHERE t.token_hash = sha256(p_token)
    ORDER BY t.requested_at LIMIT 10;
$$;

-- Spends the token that the caller has found to be ours; gives its row. Statuses: as token_status,
-- and unknown, other_browser.
CREATE OR REPLACE FUNCTION vault.spend_token(
    p_id uuid, p_token bytea, p_purpose text, p_browser bytea, p_username text,
    OUT status text, OUT token vault.mailed_tokens
) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The account's row first, as everywhere.
    PERFORM FROM vault.accounts a JOIN vault.mailed_tokens t ON t.account_id = a.id
    WHERE t.id = p_id AND t.token_hash = sha256(p_token) FOR SHARE OF a;
    SELECT t.* INTO token FROM vault.mailed_tokens t
    WHERE t.id = p_id AND t.token_hash = sha256(p_token) AND t.purpose = p_purpose FOR UPDATE;
    IF token.id IS NULL THEN
        status := 'unknown';
        RETURN;
    END IF;
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
    p_id uuid, p_token bytea, p_browser bytea, p_username text, p_attempt_hash bytea,
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
    IF p_id IS NULL OR coalesce(octet_length(p_token), 0) <> 32
       OR coalesce(octet_length(p_attempt_hash), 0) <> 32
       OR EXISTS (SELECT FROM vault.attempts t WHERE t.secret_hash = p_attempt_hash) THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    v_spent := vault.spend_token(p_id, p_token, 'reset', p_browser, p_username);
    status := CASE v_spent.status WHEN 'live' THEN 'right' ELSE v_spent.status END;
    PERFORM vault.record_event(
        CASE status WHEN 'right' THEN 'account:token:redeemed' ELSE 'account:token:refused' END,
        (v_spent.token).account_id, NULL, NULL, NULL, vault.event_digest(p_network),
        vault.event_digest(p_agent),
        jsonb_strip_nulls(jsonb_build_object('purpose', 'reset', 'why', nullif(status, 'right'))));
    IF status <> 'right' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    v_now := clock_timestamp();
    SELECT * INTO v_account FROM vault.accounts a WHERE a.id = (v_spent.token).account_id;
    PERFORM vault.open_attempt(p_attempt_hash, v_account, (v_spent.token).site_epoch, 'recover',
                               '{letter}', NULL, v_now);
    -- The password's alone: whoever reads somebody's mail would otherwise have a hundred guesses a day
    -- at the second factor for ever.
    UPDATE vault.guess_budgets b SET in_a_row = 0, next_at = NULL
    WHERE b.subject = uuid_send(v_account.id);
    RETURN QUERY SELECT 'right', v_account.id, v_account.username, v_account.epoch,
        (v_spent.token).site_epoch, '{letter}'::text[], vault.amr_of('{letter}'),
        vault.epoch_seconds(v_now), vault.factors_of(v_account.id), v_account.mac,
        v_account.mac_key;
END
$$;

-- What a new password's tag is bound to, for an attempt to recover: a challenge for the name would be
-- a decoy where the account has no password yet.
CREATE OR REPLACE FUNCTION api.recovery_subject_v1(p_attempt bytea) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.password_subject(t.account_id) FROM vault.live_attempt(p_attempt) t
    WHERE t.purpose = 'recover';
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
                             p_proof) OR NOT vault.is_language(p_language) THEN
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
