-- Passwords: challenge, then propose, commit, verdict. A verifier never leaves this file.
--
-- A guess is charged and recorded in one committed transaction and judged in a later one: what a
-- caller rolls back was never judged. See docs/decisions/0002-propose-commit-verdict.md.

CREATE OR REPLACE FUNCTION vault.is_password(
    p_salt bytea, p_memory_kib integer, p_time_cost integer, p_parallelism integer,
    p_pepper_id text, p_tag bytea, p_proof bytea
) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(octet_length(p_salt) = 16 AND octet_length(p_tag) = 32
        AND octet_length(p_proof) = 32
        AND p_memory_kib BETWEEN 8 AND 4194304 AND p_time_cost BETWEEN 1 AND 100
        AND p_parallelism BETWEEN 1 AND 16 AND length(p_pepper_id) BETWEEN 1 AND 40, false);
$$;

CREATE OR REPLACE FUNCTION vault.store_password(
    p_account uuid, p_salt bytea, p_memory_kib integer, p_time_cost integer,
    p_parallelism integer, p_pepper_id text, p_tag bytea, p_proof bytea
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_salt bytea := vault.random_32();
BEGIN
    INSERT INTO vault.password_parameters (account_id, scheme, salt, memory_kib, time_cost,
                                           parallelism, pepper_id, proof, inner_scheme,
                                           changed_at)
    VALUES (p_account, 'argon2id', p_salt, p_memory_kib, p_time_cost, p_parallelism, p_pepper_id,
            p_proof, NULL, clock_timestamp())
    ON CONFLICT (account_id) DO UPDATE SET
        scheme = 'argon2id', salt = p_salt, memory_kib = p_memory_kib, time_cost = p_time_cost,
        parallelism = p_parallelism, pepper_id = p_pepper_id, proof = p_proof,
        inner_scheme = NULL,
        changed_at = clock_timestamp();
    INSERT INTO vault.password_verifiers (account_id, digest_salt, digest)
    VALUES (p_account, v_salt, sha256(v_salt || p_tag))
    ON CONFLICT (account_id) DO UPDATE SET digest_salt = v_salt, digest = sha256(v_salt || p_tag);
END
$$;

-- What is needed to compute a tag for this name. A name that nobody has, and an account without a
-- password, get values made from the site's secret, the same every time.
CREATE OR REPLACE FUNCTION api.password_challenge_v1(p_username text)
RETURNS TABLE (subject bytea, scheme text, salt bytea, memory_kib integer, time_cost integer,
               parallelism integer, pepper_id text, inner_scheme jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN p.account_id IS NULL
                THEN vault.keyed(s.secret, 'nobody', convert_to(p_username, 'UTF8'))
                ELSE vault.keyed(s.secret, 'subject', uuid_send(p.account_id)) END,
           coalesce(p.scheme, 'argon2id'),
           coalesce(p.salt, substring(
               vault.keyed(s.secret, 'salt', convert_to(p_username, 'UTF8')) FOR 16)),
           coalesce(p.memory_kib, s.argon2_memory_kib), coalesce(p.time_cost, s.argon2_time_cost),
           coalesce(p.parallelism, s.argon2_parallelism), coalesce(p.pepper_id, s.pepper_id),
           p.inner_scheme
    FROM vault.site s
    LEFT JOIN vault.usernames n ON n.username = p_username
    LEFT JOIN vault.password_parameters p ON p.account_id = n.account_id
    WHERE p_username IS NOT NULL AND octet_length(p_username) BETWEEN 1 AND 255;
$$;

-- Charges one guess to a budget; answers the seconds to wait, 0 when the guess may be made, -1 when
-- none may be any more. 10 in a row are free, then delays double from 15 s to 15 min; 100 a day
-- (UTC) at the most. After 100 in a row (NIST SP 800-63B section 3.2.2) only another budget helps: a
-- known device's, until a letter, a passkey or an operator clears this one.
CREATE OR REPLACE FUNCTION vault.charge_guess(p_subject bytea) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c_free constant integer := 10;
    c_a_day constant integer := 100;
    c_in_a_row constant integer := 100;
    v_now timestamptz;
    v_budget vault.guess_budgets%ROWTYPE;
BEGIN
    -- The row is locked before any of these conditions is looked at, and stays locked if one fails.
    INSERT INTO vault.guess_budgets AS b (subject, day, day_count, in_a_row)
    VALUES (p_subject, vault.today(), 1, 1)
    ON CONFLICT (subject) DO UPDATE SET
        day = greatest(b.day, excluded.day),
        day_count = CASE WHEN b.day < excluded.day THEN 1 ELSE b.day_count + 1 END,
        in_a_row = b.in_a_row + 1,
        next_at = CASE WHEN b.in_a_row + 1 >= c_free THEN clock_timestamp() + make_interval(
            secs => least(900, 15 * 2 ^ least(b.in_a_row + 1 - c_free, 10))) END
    WHERE b.in_a_row < c_in_a_row
      AND (b.day < excluded.day OR b.day_count < c_a_day)
      AND (b.next_at IS NULL OR b.next_at <= clock_timestamp());
    IF FOUND THEN
        RETURN 0;
    END IF;
    SELECT * INTO v_budget FROM vault.guess_budgets WHERE subject = p_subject;
    v_now := clock_timestamp();
    IF v_budget.in_a_row >= c_in_a_row THEN
        RETURN -1;
    END IF;
    RETURN greatest(1, ceil(extract(epoch FROM CASE
        WHEN v_budget.day_count >= c_a_day AND v_budget.day >= vault.today()
        THEN (v_budget.day + 1)::timestamp AT TIME ZONE 'UTC' ELSE v_budget.next_at END
        - v_now)))::integer;
END
$$;

-- A guess was right: its charge is given back, and the row of wrong ones ends.
CREATE OR REPLACE FUNCTION vault.give_back_guess(p_subject bytea) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE vault.guess_budgets SET in_a_row = 0, next_at = NULL,
           day_count = greatest(day_count - 1, 0)
    WHERE subject = p_subject;
END
$$;

-- The owner has shown themself in another way: strangers' wrong guesses in a row are forgotten, for
-- the password and the second factors. What they may try today stays as it is.
CREATE OR REPLACE FUNCTION vault.clear_guesses(p_account uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE vault.guess_budgets SET in_a_row = 0, next_at = NULL
    WHERE subject IN (uuid_send(p_account), uuid_send(p_account) || '\x02');
$$;

-- What the trail keeps of a name that nobody has: which of the shared budgets it was charged to, so
-- that alerts can tell many names from one.
CREATE OR REPLACE FUNCTION vault.unknown_name(p_account uuid, p_subject bytea) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN p_account IS NULL
        THEN jsonb_build_object('name', encode(p_subject, 'hex')) ELSE '{}' END;
END
$$;

-- Charges and records a guess, and compares nothing. Statuses: proposed, wait, known_only (only a
-- known device may try any more), gone (the session that wants to reauthenticate), bad_request.
CREATE OR REPLACE FUNCTION api.propose_password_v1(
    p_username text, p_tag bytea, p_purpose text, p_attempt_hash bytea, p_session bytea,
    p_network text, p_agent text, p_device bytea DEFAULT NULL,
    OUT status text, OUT proposal uuid, OUT wait_seconds integer
) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_secret bytea;
    v_account uuid;
    v_salt bytea;
    v_sid uuid;
    v_subject bytea;
    v_day_salt bytea;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_username IS NULL OR octet_length(p_username) NOT BETWEEN 1 AND 255
       OR p_tag IS NULL OR octet_length(p_tag) <> 32
       OR p_attempt_hash IS NULL OR octet_length(p_attempt_hash) <> 32
       OR NOT vault.may_ask_for(p_purpose)
       OR p_purpose = 'operator' THEN  -- by a passkey, and nothing else
        status := 'bad_request';
        RETURN;
    END IF;
    SELECT s.secret, n.account_id, v.digest_salt INTO v_secret, v_account, v_salt
    FROM vault.site s
    LEFT JOIN vault.usernames n ON n.username = p_username
    LEFT JOIN vault.password_verifiers v ON v.account_id = n.account_id;
    IF p_purpose = 'reauthenticate' THEN
        SELECT s.sid INTO v_sid FROM vault.live_session(p_session, 'web') s
        WHERE s.account_id = v_account;
        IF NOT FOUND THEN
            status := 'gone';
            RETURN;
        END IF;
    END IF;
    -- Names that nobody has share 65,536 budgets, so that guessing at them cannot fill the disk.
    v_subject := CASE WHEN v_account IS NULL
        THEN substring(vault.keyed(v_secret, 'budget', convert_to(p_username, 'UTF8')) FOR 2)
        ELSE vault.guess_subject(v_account, p_device) END;
    wait_seconds := vault.charge_guess(v_subject);
    IF wait_seconds <> 0 THEN
        status := CASE WHEN wait_seconds < 0 THEN 'known_only' ELSE 'wait' END;
        PERFORM vault.record_event('account:password:throttled', v_account, v_sid, NULL, NULL,
                                   vault.event_digest(p_network), vault.event_digest(p_agent),
                                   vault.unknown_name(v_account, v_subject));
        RETURN;
    END IF;
    v_day_salt := vault.event_salt();
    INSERT INTO vault.password_proposals (subject, account_id, digest, proposed_in, purpose,
                                          attempt_hash, sid, network, agent)
    VALUES (v_subject, v_account, sha256(coalesce(v_salt, v_secret) || p_tag),
            pg_current_xact_id(), p_purpose, p_attempt_hash, v_sid,
            vault.salted_digest(v_day_salt, p_network), vault.salted_digest(v_day_salt, p_agent))
    RETURNING id INTO proposal;
    status := 'proposed';
END
$$;

-- Judges what an earlier, committed transaction proposed; once. Statuses: right (an attempt is
-- open), wrong, locked, closed, and for proposals that cannot be judged: unknown, early, late.
CREATE OR REPLACE FUNCTION api.judge_password_v1(
    p_proposal uuid, OUT status text, OUT account_id uuid, OUT username text,
    OUT account_epoch bigint, OUT site_epoch bigint, OUT amr text[], OUT authenticated_at bigint,
    OUT proof bytea, OUT factors text[], OUT name_mac bytea, OUT name_mac_key text
) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_proposal vault.password_proposals%ROWTYPE;
    v_account vault.accounts%ROWTYPE;
    v_epoch bigint;
    v_is_open boolean;
    v_seconds bigint;
    v_verifier bytea;
    v_proof bytea;
BEGIN
    PERFORM vault.require_read_committed();
    SELECT * INTO v_proposal FROM vault.password_proposals WHERE id = p_proposal;
    IF NOT FOUND OR v_proposal.outcome IS NOT NULL THEN
        status := 'unknown';
        RETURN;
    END IF;
    -- A savepoint or a DO block shares the transaction's id: what it can still undo is not judged.
    IF v_proposal.proposed_in = pg_current_xact_id() THEN
        status := 'early';
        RETURN;
    END IF;
    -- A verdict outlasts a crash, and with it the charge before it, whatever the caller has set.
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    SELECT * INTO v_account FROM vault.accounts WHERE id = v_proposal.account_id FOR SHARE;
    -- Only now, under that lock, and never in one statement with it: a statement that waited for
    -- the account would see its new row beside the old verifier.
    -- A known device's budget is named by a digest (vault.guess_subject).
    SELECT s.epoch, s.sign_in_open AND NOT (s.sign_in_known_only
               AND octet_length(v_proposal.subject) <> 32), l.seconds, v.digest, p.proof
    INTO v_epoch, v_is_open, v_seconds, v_verifier, v_proof
    FROM vault.site s
    LEFT JOIN vault.policy l ON l.name = 'proposal'
    LEFT JOIN vault.password_verifiers v ON v.account_id = v_proposal.account_id
    LEFT JOIN vault.password_parameters p ON p.account_id = v_proposal.account_id;
    status := CASE
        WHEN v_now > v_proposal.proposed_at + make_interval(secs => v_seconds) THEN 'late'
        WHEN v_account.state = 'locked' THEN 'locked'
        -- Before the comparison: while nobody may sign in, nobody may test a password either.
        WHEN NOT v_is_open AND v_proposal.purpose = 'sign_in' THEN 'closed'
        WHEN v_verifier IS DISTINCT FROM v_proposal.digest OR v_verifier IS NULL THEN 'wrong'
        ELSE 'right' END;
    -- Of two who ask at once, one finds it judged here. What was not written down is not answered.
    WITH judged AS (
        UPDATE vault.password_proposals p SET digest = NULL, outcome = status
        WHERE p.id = p_proposal AND p.outcome IS NULL
        RETURNING p.sid, p.network, p.agent
    )
    INSERT INTO vault.events (tag, account_id, sid, network, agent, detail)
    SELECT CASE status WHEN 'right' THEN 'account:password:right'
                       WHEN 'locked' THEN 'account:password:locked'
                       WHEN 'closed' THEN 'account:password:closed'
                       ELSE 'account:password:wrong' END,
           v_proposal.account_id, judged.sid, judged.network, judged.agent,
           jsonb_build_object('purpose', v_proposal.purpose)
           || vault.unknown_name(v_proposal.account_id, v_proposal.subject)
    FROM judged;
    IF NOT FOUND THEN
        status := 'unknown';
        RETURN;
    END IF;
    IF status = 'right' THEN
        PERFORM vault.give_back_guess(v_proposal.subject);
        PERFORM vault.open_attempt(v_proposal.attempt_hash, v_account, v_epoch,
                                   v_proposal.purpose, '{password}', v_proposal.sid, v_now);
        account_id := v_account.id;
        username := v_account.username;
        name_mac := v_account.mac;
        name_mac_key := v_account.mac_key;
        account_epoch := v_account.epoch;
        site_epoch := v_epoch;
        amr := vault.amr_of('{password}');
        factors := vault.factors_of(v_account.id);
        authenticated_at := vault.epoch_seconds(v_now);
        -- For the caller to check under the pepper: a verifier that somebody wrote here is not ours.
        proof := v_proof;
    END IF;
END
$$;

-- Both in one round trip. SECURITY INVOKER, since only such a procedure may COMMIT in between; it
-- runs with the caller's own rights, hence every name in full.
CREATE OR REPLACE PROCEDURE api.prove_password_v1(
    IN p_username text, IN p_tag bytea, IN p_purpose text, IN p_attempt_hash bytea,
    IN p_session bytea, IN p_network text, IN p_agent text, IN p_device bytea DEFAULT NULL,
    INOUT status text DEFAULT NULL, INOUT wait_seconds integer DEFAULT NULL,
    INOUT account_id uuid DEFAULT NULL, INOUT username text DEFAULT NULL,
    INOUT account_epoch bigint DEFAULT NULL, INOUT site_epoch bigint DEFAULT NULL,
    INOUT amr text[] DEFAULT NULL, INOUT authenticated_at bigint DEFAULT NULL,
    INOUT proof bytea DEFAULT NULL, INOUT factors text[] DEFAULT NULL,
    INOUT name_mac bytea DEFAULT NULL, INOUT name_mac_key text DEFAULT NULL
)
LANGUAGE plpgsql SECURITY INVOKER AS $$
DECLARE
    v_proposed pg_catalog.record;
    v_verdict pg_catalog.record;
BEGIN
    v_proposed := api.propose_password_v1(p_username, p_tag, p_purpose, p_attempt_hash, p_session,
                                          p_network, p_agent, p_device);
    status := v_proposed.status;
    wait_seconds := v_proposed.wait_seconds;
    -- A verdict follows, whose own commit puts both on disk: a charge that a crash takes with it has
    -- had none. A refusal, which nothing follows, is written down at once.
    IF v_proposed.proposal IS NOT NULL THEN
        PERFORM pg_catalog.set_config('synchronous_commit', 'off', true);
    END IF;
    COMMIT;
    IF v_proposed.proposal IS NOT NULL THEN
        v_verdict := api.judge_password_v1(v_proposed.proposal);
        status := v_verdict.status;
        account_id := v_verdict.account_id;
        username := v_verdict.username;
        account_epoch := v_verdict.account_epoch;
        site_epoch := v_verdict.site_epoch;
        amr := v_verdict.amr;
        authenticated_at := v_verdict.authenticated_at;
        proof := v_verdict.proof;
        factors := v_verdict.factors;
        name_mac := v_verdict.name_mac;
        name_mac_key := v_verdict.name_mac_key;
    END IF;
END
$$;
