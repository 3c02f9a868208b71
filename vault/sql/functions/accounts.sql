-- Accounts and their names: creating them, and what an account may see of itself.

-- What a tag for this account is bound to. It stands in for the account's id, so that a
-- challenge for a name that nobody has looks like any other.
CREATE OR REPLACE FUNCTION vault.password_subject(p_account uuid) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.keyed(secret, 'subject', uuid_send(p_account)) FROM vault.site;
$$;

-- For sign-up: what the first tag of a new account will be bound to, and whether sign-up is open.
CREATE OR REPLACE FUNCTION api.prepare_account_v1(p_account uuid)
RETURNS TABLE (subject bytea, sign_up_open boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.keyed(secret, 'subject', uuid_send(p_account)), site.sign_up_open
    FROM vault.site WHERE p_account IS NOT NULL;
$$;

-- Creates an account; answers a status word: created, taken, alike, closed, bad_request.
-- p_mac is over id and name, for whoever takes a name from here to check. p_checked is false for
-- accounts that come from elsewhere, which may look alike.
CREATE OR REPLACE FUNCTION vault.create_account(
    p_account uuid, p_username text, p_skeletons text[], p_checked boolean, p_mac bytea,
    p_mac_key text
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_won integer;
BEGIN
    IF p_account IS NULL OR p_username IS NULL OR p_skeletons IS NULL
       OR octet_length(p_username) NOT BETWEEN 1 AND 255
       OR cardinality(p_skeletons) NOT BETWEEN 1 AND 20
       OR array_position(p_skeletons, NULL) IS NOT NULL
       OR octet_length(array_to_string(p_skeletons, '')) > 20000
       OR NOT vault.is_mac(p_mac, p_mac_key) THEN
        RETURN 'bad_request';
    END IF;
    INSERT INTO vault.usernames (username, account_id)
    VALUES (p_username, p_account) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'taken';
    END IF;
    -- In one order, so that two that look alike wait for each other instead of deadlocking.
    INSERT INTO vault.skeletons (skeleton, username)
    SELECT s, p_username FROM unnest(p_skeletons) AS s GROUP BY s ORDER BY s
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS v_won = ROW_COUNT;
    IF p_checked AND v_won < (SELECT count(DISTINCT s) FROM unnest(p_skeletons) AS s) THEN
        DELETE FROM vault.skeletons WHERE skeleton = ANY (p_skeletons) AND username = p_username;
        DELETE FROM vault.usernames WHERE username = p_username;
        RETURN 'alike';
    END IF;
    INSERT INTO vault.accounts (id, username, mac, mac_key)
    VALUES (p_account, p_username, p_mac, p_mac_key) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        DELETE FROM vault.skeletons WHERE skeleton = ANY (p_skeletons) AND username = p_username;
        DELETE FROM vault.usernames WHERE username = p_username;
        RETURN 'bad_request';
    END IF;
    RETURN 'created';
END
$$;

-- Sign-up: the account, its password and its (unconfirmed) address in one step, and an attempt
-- that has proven the password. Statuses as create_account, and attempt fields when created.
CREATE OR REPLACE FUNCTION api.register_account_v1(
    p_account uuid, p_username text, p_mac bytea, p_mac_key text, p_skeletons text[],
    p_salt bytea, p_memory_kib integer, p_time_cost integer, p_parallelism integer,
    p_pepper_id text, p_tag bytea, p_proof bytea,
    p_address uuid, p_sealed_address bytea, p_address_digest bytea, p_address_key text,
    p_browser_hash bytea, p_language text, p_attempt_hash bytea, p_network text, p_agent text
) RETURNS TABLE (status text, account_epoch bigint, site_epoch bigint, authenticated_at bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_site vault.site%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    SELECT * INTO v_site FROM vault.site;
    IF NOT v_site.sign_up_open THEN
        RETURN QUERY SELECT 'closed', NULL::bigint, NULL::bigint, NULL::bigint;
        RETURN;
    END IF;
    IF NOT vault.is_password(p_salt, p_memory_kib, p_time_cost, p_parallelism, p_pepper_id, p_tag, p_proof)
       OR NOT vault.is_new_address(p_address, p_sealed_address, p_address_digest, p_address_key)
       OR p_attempt_hash IS NULL OR octet_length(p_attempt_hash) <> 32
       OR coalesce(octet_length(p_browser_hash), 0) <> 32 OR NOT vault.is_language(p_language) THEN
        RETURN QUERY SELECT 'bad_request', NULL::bigint, NULL::bigint, NULL::bigint;
        RETURN;
    END IF;
    status := vault.create_account(p_account, p_username, p_skeletons, true, p_mac, p_mac_key);
    IF status <> 'created' THEN
        PERFORM vault.record_event('account:sign_up:refused', NULL, NULL, NULL, NULL,
                                   vault.event_digest(p_network), vault.event_digest(p_agent),
                                   jsonb_build_object('why', status));
        RETURN NEXT;
        RETURN;
    END IF;
    PERFORM vault.store_password(p_account, p_salt, p_memory_kib, p_time_cost, p_parallelism,
                                 p_pepper_id, p_tag, p_proof);
    PERFORM vault.add_first_address(p_account, p_address, p_sealed_address, p_address_digest,
                                    p_address_key, p_browser_hash, p_language);
    INSERT INTO vault.attempts (secret_hash, account_id, account_epoch, site_epoch, purpose, amr,
                                authenticated_at, expires_at)
    VALUES (p_attempt_hash, p_account, 1, v_site.epoch, 'sign_in', ARRAY['pwd'], v_now,
            v_now + make_interval(secs => vault.policy_seconds('attempt')))
    ON CONFLICT DO NOTHING;
    PERFORM vault.record_event('account:sign_up:success', p_account, NULL, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent));
    account_epoch := 1;
    site_epoch := v_site.epoch;
    authenticated_at := vault.epoch_seconds(v_now);
    RETURN NEXT;
END
$$;

-- For the owner process: an account made at the console or brought from elsewhere.
CREATE OR REPLACE FUNCTION api.create_account_v1(
    p_account uuid, p_username text, p_mac bytea, p_mac_key text, p_skeletons text[],
    p_checked boolean,
    p_salt bytea, p_memory_kib integer, p_time_cost integer, p_parallelism integer,
    p_pepper_id text, p_tag bytea, p_proof bytea,
    p_address uuid, p_sealed_address bytea, p_address_digest bytea, p_address_key text,
    p_address_mac bytea, p_address_mac_key text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_status text;
BEGIN
    PERFORM vault.require_read_committed();
    IF (p_tag IS NOT NULL AND NOT vault.is_password(
            p_salt, p_memory_kib, p_time_cost, p_parallelism, p_pepper_id, p_tag, p_proof))
       OR NOT vault.is_new_address(p_address, p_sealed_address, p_address_digest, p_address_key)
       OR (p_address IS NOT NULL AND NOT vault.is_mac(p_address_mac, p_address_mac_key)) THEN
        RETURN 'bad_request';
    END IF;
    v_status := vault.create_account(p_account, p_username, p_skeletons, p_checked, p_mac,
                                     p_mac_key);
    IF v_status <> 'created' THEN
        RETURN v_status;
    END IF;
    IF p_tag IS NOT NULL THEN
        PERFORM vault.store_password(p_account, p_salt, p_memory_kib, p_time_cost,
                                     p_parallelism, p_pepper_id, p_tag, p_proof);
    END IF;
    PERFORM vault.add_address(p_account, p_address, p_sealed_address, p_address_digest,
                              p_address_key, p_address_mac, p_address_mac_key);
    PERFORM vault.record_event('account:create:console', p_account, NULL, NULL, NULL, NULL, NULL);
    RETURN 'created';
END
$$;

-- What one's own account page tells besides name and sessions.
CREATE OR REPLACE FUNCTION api.own_account_v1(p_session bytea)
RETURNS TABLE (created_at timestamptz, password_changed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.created_at, p.changed_at
    FROM vault.live_session(p_session, 'web') s
    JOIN vault.accounts a ON a.id = s.account_id
    LEFT JOIN vault.password_parameters p ON p.account_id = s.account_id;
$$;

-- An account's id by its exact name, for the owner's commands.
CREATE OR REPLACE FUNCTION api.find_account_v1(p_username text)
RETURNS TABLE (account_id uuid, username text, state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id, a.username, a.state
    FROM vault.usernames n JOIN vault.accounts a ON a.id = n.account_id
    WHERE n.username = p_username;
$$;

-- Run after every migration: the one row of the site, and today's cost for decoys.
CREATE OR REPLACE FUNCTION api.prepare_site_v1(
    p_memory_kib integer, p_time_cost integer, p_parallelism integer, p_pepper_id text
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO vault.site (secret, argon2_memory_kib, argon2_time_cost, argon2_parallelism,
                            pepper_id)
    VALUES (vault.random_32(), p_memory_kib, p_time_cost, p_parallelism, p_pepper_id)
    ON CONFLICT (id) DO UPDATE SET argon2_memory_kib = p_memory_kib,
        argon2_time_cost = p_time_cost, argon2_parallelism = p_parallelism,
        pepper_id = p_pepper_id;
    SELECT vault.prepare_event_salts();
$$;
