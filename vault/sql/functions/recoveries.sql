-- Getting back in without a password: a user name and a recovery code open an attempt to recover,
-- which is no session and mends credentials alone. Only for accounts that have no password: with one,
-- a recovery code is asked for after it. Names that nobody has, and accounts with a password, get the
-- same challenge, charge and answer.

-- Whether an account has no password, so that its recovery codes alone lead back to it.
CREATE OR REPLACE FUNCTION vault.is_passwordless(p_account uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p_account IS NOT NULL AND NOT EXISTS (
        SELECT FROM vault.password_verifiers v WHERE v.account_id = p_account);
$$;

-- What is needed to compute the tag of a recovery code for this name; decoys never change.
CREATE OR REPLACE FUNCTION api.recovery_challenge_v1(p_username text)
RETURNS TABLE (subject bytea, salt bytea, memory_kib integer, time_cost integer,
               parallelism integer, pepper_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN r.account_id IS NULL
                THEN vault.keyed(s.secret, 'no codes', convert_to(p_username, 'UTF8'))
                ELSE vault.keyed(s.secret, 'subject', uuid_send(r.account_id)) END,
           coalesce(r.salt, substring(
               vault.keyed(s.secret, 'code salt', convert_to(p_username, 'UTF8')) FOR 16)),
           coalesce(r.memory_kib, s.argon2_memory_kib), coalesce(r.time_cost, s.argon2_time_cost),
           coalesce(r.parallelism, s.argon2_parallelism), coalesce(r.pepper_id, s.pepper_id)
    FROM vault.site s
    LEFT JOIN vault.usernames n ON n.username = p_username
    LEFT JOIN vault.recovery_code_sets r
        ON r.account_id = n.account_id AND vault.is_passwordless(n.account_id)
    WHERE p_username IS NOT NULL AND octet_length(p_username) BETWEEN 1 AND 255;
$$;

-- Charges and records a guess, and compares nothing. Its budget is apart from that of the second
-- factors: a stranger needs no password for it. Statuses: proposed, wait, known_only, bad_request.
CREATE OR REPLACE FUNCTION api.propose_recovery_v1(
    p_username text, p_tag bytea, p_attempt_hash bytea, p_network text, p_agent text,
    p_device bytea DEFAULT NULL
) RETURNS TABLE (status text, proposal uuid, wait_seconds integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_secret bytea;
    v_account uuid;
    v_salt bytea;
    v_subject bytea;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_username IS NULL OR octet_length(p_username) NOT BETWEEN 1 AND 255
       OR p_tag IS NULL OR octet_length(p_tag) <> 32
       OR p_attempt_hash IS NULL OR octet_length(p_attempt_hash) <> 32
       OR NOT vault.may_ask_for('sign_in') THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT s.secret, n.account_id INTO v_secret, v_account
    FROM vault.site s LEFT JOIN vault.usernames n ON n.username = p_username;
    v_subject := CASE WHEN v_account IS NULL
        THEN substring(vault.keyed(v_secret, 'budget', convert_to(p_username, 'UTF8')) FOR 2)
        ELSE vault.guess_subject(v_account, p_device) END || '\x03';
    wait_seconds := vault.charge_guess(v_subject);
    IF wait_seconds <> 0 THEN
        status := CASE WHEN wait_seconds < 0 THEN 'known_only' ELSE 'wait' END;
        PERFORM vault.record_event('account:factor:throttled', v_account, NULL, NULL, NULL,
                                   vault.event_digest(p_network), vault.event_digest(p_agent));
        RETURN NEXT;
        RETURN;
    END IF;
    IF NOT vault.is_passwordless(v_account) THEN
        v_account := NULL;
    END IF;
    SELECT c.digest_salt INTO v_salt FROM vault.recovery_codes c
    WHERE c.account_id = v_account LIMIT 1;
    INSERT INTO vault.factor_proposals (kind, subject, account_id, attempt_hash, digest,
                                        proposed_in, network, agent)
    VALUES ('recovery', v_subject, v_account, p_attempt_hash,
            sha256(coalesce(v_salt, v_secret) || p_tag), pg_current_xact_id(),
            vault.event_digest(p_network), vault.event_digest(p_agent))
    RETURNING id INTO proposal;
    status := 'proposed';
    RETURN NEXT;
END
$$;

-- Judges what an earlier, committed transaction proposed; once. A right code is spent with the
-- verdict, which opens an attempt to recover. The proof is for the caller to check under the pepper.
-- Statuses: right, wrong, locked, closed, and a caller's faults: unknown, early, late.
CREATE OR REPLACE FUNCTION api.judge_recovery_v1(p_proposal uuid)
RETURNS TABLE (status text, account_id uuid, username text, account_epoch bigint,
               site_epoch bigint, authenticated_at bigint, factors text[], proof bytea,
               name_mac bytea, name_mac_key text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_taken record;
    v_proposal vault.factor_proposals%ROWTYPE;
    v_account vault.accounts%ROWTYPE;
    v_site vault.site%ROWTYPE;
    v_code vault.recovery_codes%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    v_taken := vault.take_proposal(p_proposal, 'recovery');
    status := v_taken.status;
    v_proposal := v_taken.proposal;
    IF status <> 'taken' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT * INTO v_account FROM vault.accounts a WHERE a.id = v_proposal.account_id FOR SHARE;
    SELECT * INTO v_site FROM vault.site;
    -- One at a time for an account: a code raced by many is spent by one.
    PERFORM FROM vault.recovery_code_sets r WHERE r.account_id = v_proposal.account_id FOR UPDATE;
    SELECT * INTO v_code FROM vault.recovery_codes c
    WHERE c.account_id = v_proposal.account_id AND c.digest = v_proposal.digest;
    status := CASE
        WHEN v_account.state = 'locked' THEN 'locked'
        WHEN vault.is_shut_out(v_site, octet_length(v_proposal.subject) IN (32, 33)) THEN 'closed'
        WHEN v_code.account_id IS NULL OR NOT vault.is_passwordless(v_account.id) THEN 'wrong'
        ELSE 'right' END;
    IF status <> 'right' THEN
        status := vault.fail_factor(v_proposal, status);
        RETURN NEXT;
        RETURN;
    END IF;
    DELETE FROM vault.recovery_codes c
    WHERE c.account_id = v_code.account_id AND c.position = v_code.position;
    UPDATE vault.factor_proposals SET digest = NULL, outcome = status WHERE id = p_proposal;
    PERFORM vault.give_back_guess(v_proposal.subject);
    PERFORM vault.open_attempt(v_proposal.attempt_hash, v_account, v_site.epoch, 'recover',
                               '{recovery_code}', NULL, v_now);
    PERFORM vault.record_event('account:factor:right', v_account.id, NULL, NULL, NULL,
                               v_proposal.network, v_proposal.agent,
                               '{"kind": "recovery_code", "purpose": "recover"}');
    PERFORM vault.write_letter(v_account.id, 'recovery_code_used');
    RETURN QUERY SELECT 'right', v_account.id, v_account.username, v_account.epoch, v_site.epoch,
        vault.epoch_seconds(v_now), vault.factors_of(v_account.id), v_code.proof, v_account.mac,
        v_account.mac_key;
END
$$;

-- Both in one round trip (see prove_password_v1).
CREATE OR REPLACE PROCEDURE api.prove_recovery_v1(
    IN p_username text, IN p_tag bytea, IN p_attempt_hash bytea, IN p_network text,
    IN p_agent text, IN p_device bytea DEFAULT NULL,
    INOUT status text DEFAULT NULL, INOUT wait_seconds integer DEFAULT NULL,
    INOUT account_id uuid DEFAULT NULL, INOUT username text DEFAULT NULL,
    INOUT account_epoch bigint DEFAULT NULL, INOUT site_epoch bigint DEFAULT NULL,
    INOUT authenticated_at bigint DEFAULT NULL, INOUT factors text[] DEFAULT NULL,
    INOUT proof bytea DEFAULT NULL, INOUT name_mac bytea DEFAULT NULL,
    INOUT name_mac_key text DEFAULT NULL
)
LANGUAGE plpgsql SECURITY INVOKER AS $$
DECLARE
    v_proposal pg_catalog.uuid;
BEGIN
    SELECT p.status, p.proposal, p.wait_seconds INTO status, v_proposal, wait_seconds
    FROM api.propose_recovery_v1(p_username, p_tag, p_attempt_hash, p_network, p_agent,
                                 p_device) AS p;
    COMMIT;
    IF v_proposal IS NOT NULL THEN
        SELECT j.status, j.account_id, j.username, j.account_epoch, j.site_epoch,
               j.authenticated_at, j.factors, j.proof, j.name_mac, j.name_mac_key
        INTO status, account_id, username, account_epoch, site_epoch, authenticated_at, factors,
             proof, name_mac, name_mac_key
        FROM api.judge_recovery_v1(v_proposal) AS j;
    END IF;
END
$$;

-- A new passkey by an attempt to recover, and no session: whoever has it signs in with it. Ends all
-- sessions and known browsers, as a reset does. Where there is a password, the letter and a second
-- factor have to be proven; where there is none, a recovery code is enough. Statuses: added, exists,
-- full, gone, weak, bad_request.
CREATE OR REPLACE FUNCTION api.mend_with_passkey_v1(
    p_attempt bytea, p_credential bytea, p_user_handle bytea, p_public_key bytea,
    p_aaguid uuid, p_is_synced boolean, p_backed_up boolean, p_transports text[], p_name text,
    p_sign_count bigint, p_mac bytea, p_mac_key text, p_language text, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_attempt vault.attempts%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_passkey(p_credential, p_user_handle, p_public_key, p_aaguid, p_is_synced,
                            p_backed_up, p_transports, p_name, p_sign_count, p_mac, p_mac_key)
       OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    SELECT * INTO v_attempt FROM vault.live_attempt(p_attempt) t WHERE t.purpose = 'recover';
    PERFORM FROM vault.accounts WHERE id = v_attempt.account_id FOR UPDATE;
    SELECT * INTO v_attempt FROM vault.live_attempt(p_attempt) t WHERE t.purpose = 'recover';
    IF v_attempt.secret_hash IS NULL THEN
        RETURN 'gone';
    END IF;
    IF NOT (v_attempt.proofs && '{totp,recovery_code,hwk,swk}'
            AND (vault.is_passwordless(v_attempt.account_id)
                 OR 'letter' = ANY (v_attempt.proofs))) THEN
        RETURN 'weak';
    END IF;
    IF (SELECT count(*) FROM vault.passkeys
        WHERE account_id = v_attempt.account_id AND kind = 'web') >= 20 THEN
        RETURN 'full';
    END IF;
    INSERT INTO vault.passkeys (credential_id, account_id, user_handle, public_key, aaguid,
        is_synced, backed_up, transports, name, sign_count, mac, mac_key, knows_user)
    VALUES (p_credential, v_attempt.account_id, p_user_handle, p_public_key, p_aaguid, p_is_synced,
        p_backed_up, p_transports, p_name, p_sign_count, p_mac, p_mac_key, true)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'exists';
    END IF;
    UPDATE vault.attempts SET consumed_at = clock_timestamp()
    WHERE secret_hash = v_attempt.secret_hash;
    UPDATE vault.accounts SET epoch = epoch + 1 WHERE id = v_attempt.account_id;
    PERFORM vault.end_sessions_of(v_attempt.account_id, NULL, 'recovered');
    PERFORM vault.record_event('account:passkey:added', v_attempt.account_id, NULL, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent),
                               vault.passkey_detail(p_credential) || '{"how": "recovery"}');
    PERFORM vault.write_letter(v_attempt.account_id, 'passkey_added', p_language);
    RETURN 'added';
END
$$;
