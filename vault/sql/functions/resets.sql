-- Resets: a person asks by name or address, the worker finds whom that means and writes to them, and
-- the letter opens an attempt to recover.

-- Asks for a letter that lets an owner set a new password: by user name, or by the digests of an
-- address under each key of the ring. Whatever matches is looked for later, by the worker: here the
-- same is done and answered for everybody. Statuses: asked, bad_request.
CREATE OR REPLACE FUNCTION api.request_reset_v1(
    p_username text, p_address_digests bytea[], p_browser_hash bytea, p_language text,
    p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF (p_username IS NULL) = (p_address_digests IS NULL)
       OR octet_length(coalesce(p_username, 'x')) NOT BETWEEN 1 AND 255
       OR coalesce(cardinality(p_address_digests), 1) NOT BETWEEN 1 AND 10
       OR array_position(p_address_digests, NULL) IS NOT NULL
       OR EXISTS (SELECT FROM unnest(p_address_digests) AS d WHERE octet_length(d) <> 32)
       OR coalesce(octet_length(p_browser_hash), 0) <> 32
       OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    INSERT INTO vault.outbox (kind, payload) VALUES ('reset_request', jsonb_build_object(
        'username', p_username, 'browser', encode(p_browser_hash, 'hex'), 'language', p_language,
        'digests', ARRAY(SELECT encode(d, 'hex') FROM unnest(p_address_digests) AS d)));
    PERFORM vault.record_event('account:token:requested', NULL, NULL, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent),
                               '{"purpose": "reset"}');
    RETURN 'asked';
END
$$;

-- The confirmed addresses that a request means: the primary one of a name's account, or those of up
-- to ten accounts that share an address.
CREATE OR REPLACE FUNCTION vault.addresses_meant(p_request jsonb)
RETURNS SETOF vault.email_addresses
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.* FROM vault.usernames n JOIN vault.email_addresses e ON e.account_id = n.account_id
    WHERE n.username = p_request ->> 'username' AND e.is_primary AND e.verified_at IS NOT NULL
    UNION ALL
    (SELECT e.* FROM vault.email_addresses e
     WHERE e.lookup_digest = ANY (ARRAY(SELECT decode(d, 'hex')
                                        FROM jsonb_array_elements_text(p_request -> 'digests') AS d))
       AND e.verified_at IS NOT NULL AND e.removed_at IS NULL
     ORDER BY e.created_at LIMIT 10);
$$;

-- For the worker: whom a request means, for it to open and check. Nothing once it was answered.
CREATE OR REPLACE FUNCTION api.reset_request_v1(p_job bigint)
RETURNS TABLE (account_id uuid, address_id uuid, sealed_address bytea, address_verified boolean,
               lookup_digest bytea, lookup_key text, address_mac bytea, address_mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.account_id, e.id, e.sealed, e.verified_at IS NOT NULL, e.lookup_digest, e.lookup_key,
           e.mac, e.mac_key
    FROM vault.outbox o CROSS JOIN LATERAL vault.addresses_meant(o.payload) e
    WHERE o.id = p_job AND o.kind = 'reset_request' AND o.done_at IS NULL;
$$;

-- Answers a request, once: a token for each account, and one letter for those whose addresses the
-- worker has found to be spelled alike (it gives them the same number). The request goes: it may hold
-- what somebody typed into the wrong field. Statuses: answered, gone, bad_request.
CREATE OR REPLACE FUNCTION api.answer_reset_v1(p_job bigint, p_addresses uuid[], p_letters integer[])
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_request jsonb;
    v_letter record;
    v_meant record;
    v_tokens uuid[];
    v_may boolean;
    v_sent boolean;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_job IS NULL OR coalesce(cardinality(p_addresses), 99) > 11
       OR cardinality(p_addresses) IS DISTINCT FROM cardinality(p_letters) THEN
        RETURN 'bad_request';
    END IF;
    DELETE FROM vault.outbox o
    WHERE o.id = p_job AND o.kind = 'reset_request' AND o.done_at IS NULL
    RETURNING o.payload INTO v_request;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    -- In the order of accounts: two that find the same ones wait instead of deadlocking.
    PERFORM FROM vault.accounts a WHERE a.id IN (
        SELECT m.account_id FROM vault.addresses_meant(v_request) m) ORDER BY a.id FOR UPDATE;
    FOR v_letter IN
        SELECT g.number, array_agg(m.id ORDER BY m.account_id) AS addresses,
               min(m.lookup_digest) AS digest
        FROM vault.addresses_meant(v_request) m
        JOIN unnest(p_addresses, p_letters) AS g (address, number) ON g.address = m.id
        JOIN vault.accounts a ON a.id = m.account_id AND a.state = 'active'
        GROUP BY g.number ORDER BY 3
    LOOP
        -- What is not sent is not counted.
        v_may := EXISTS (SELECT FROM vault.email_addresses e WHERE e.id = ANY (v_letter.addresses)
                         AND vault.has_token_left(e.account_id, 'reset'));
        IF v_may THEN
            v_may := vault.take_letter_to(v_letter.digest, 'reset');
        END IF;
        v_tokens := '{}';
        FOR v_meant IN
            SELECT e.id, e.account_id FROM vault.email_addresses e
            WHERE e.id = ANY (v_letter.addresses) ORDER BY e.account_id
        LOOP
            v_sent := v_may AND vault.has_token_left(v_meant.account_id, 'reset');
            IF v_sent THEN
                v_tokens := v_tokens || vault.new_token(
                    'reset', v_meant.account_id, v_meant.id,
                    decode(v_request ->> 'browser', 'hex'));
            END IF;
            PERFORM vault.record_event(
                'account:token:mailed', v_meant.account_id, NULL, NULL, NULL, NULL, NULL,
                jsonb_build_object('purpose', 'reset', 'sent', v_sent));
        END LOOP;
        IF cardinality(v_tokens) > 0 THEN
            PERFORM vault.write_token_letter(
                v_tokens, (SELECT e.account_id FROM vault.email_addresses e
                           WHERE e.id = v_letter.addresses[1]),
                v_letter.addresses[1], 'password_reset_link', v_request ->> 'language');
        END IF;
    END LOOP;
    RETURN 'answered';
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
    IF p_id IS NULL OR NOT vault.is_token(p_token)
       OR coalesce(octet_length(p_attempt_hash), 0) <> 32
       OR EXISTS (SELECT FROM vault.attempts t WHERE t.secret_hash = p_attempt_hash) THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    v_spent := vault.spend_token(p_id, p_token, 'reset', p_browser, p_username, p_network, p_agent);
    IF v_spent.status <> 'live' THEN
        status := v_spent.status;
        RETURN NEXT;
        RETURN;
    END IF;
    PERFORM vault.record_event('account:token:redeemed', (v_spent.token).account_id, NULL, NULL,
                               NULL, vault.event_digest(p_network), vault.event_digest(p_agent),
                               '{"purpose": "reset"}');
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
-- (the letter or the second factor is missing), bad_request.
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
    IF 'letter' <> ALL (v_attempt.proofs)
       OR (vault.factors_of(v_attempt.account_id) && '{passkey,totp}'
           AND NOT v_attempt.proofs && '{totp,recovery_code,hwk,swk}') THEN
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
