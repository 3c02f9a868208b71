-- Recovery codes (look-up secrets, NIST SP 800-63B section 3.1.2): kept like passwords, each works
-- once. One salt for the set, so that one computation is compared with all of them.

-- What is needed to compute a tag within an attempt. Statuses: ready, none (no codes here), gone.
CREATE OR REPLACE FUNCTION api.recovery_code_challenge_v1(p_attempt bytea)
RETURNS TABLE (status text, subject bytea, salt bytea, memory_kib integer, time_cost integer,
               parallelism integer, pepper_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN t.account_id IS NULL THEN 'gone' WHEN s.account_id IS NULL THEN 'none'
                ELSE 'ready' END,
           CASE WHEN s.account_id IS NOT NULL THEN vault.password_subject(s.account_id) END,
           s.salt, s.memory_kib, s.time_cost, s.parallelism, s.pepper_id
    FROM (VALUES (1)) AS always
    LEFT JOIN vault.live_attempt(p_attempt) t ON t.purpose <> 'operator'
    LEFT JOIN vault.recovery_code_sets s ON s.account_id = t.account_id;
$$;

-- How many of one's own codes are left, and since when they are there.
CREATE OR REPLACE FUNCTION api.count_recovery_codes_v1(p_session bytea)
RETURNS TABLE (codes_left integer, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT count(*)::integer FROM vault.recovery_codes c
            WHERE c.account_id = s.account_id), r.created_at
    FROM vault.live_session(p_session, 'web') s
    JOIN vault.recovery_code_sets r ON r.account_id = s.account_id;
$$;

-- What a new password's tag would be bound to as well; for computing new codes' tags.
CREATE OR REPLACE FUNCTION api.own_subject_v1(p_session bytea) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.password_subject(s.account_id) FROM vault.live_session(p_session, 'web') s;
$$;

CREATE OR REPLACE FUNCTION vault.are_recovery_codes(
    p_salt bytea, p_memory_kib integer, p_time_cost integer, p_parallelism integer,
    p_pepper_id text, p_tags bytea[], p_proofs bytea[]
) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(cardinality(p_tags) BETWEEN 1 AND 50 AND array_ndims(p_tags) = 1
        AND cardinality(p_proofs) = cardinality(p_tags) AND array_ndims(p_proofs) = 1
        AND (SELECT count(DISTINCT t) FROM unnest(p_tags) AS t) = cardinality(p_tags)
        AND (SELECT bool_and(vault.is_password(p_salt, p_memory_kib, p_time_cost, p_parallelism,
                                               p_pepper_id, t, p))
             FROM unnest(p_tags, p_proofs) AS both_of (t, p)), false);
$$;

CREATE OR REPLACE FUNCTION vault.store_recovery_codes(
    p_account uuid, p_salt bytea, p_memory_kib integer, p_time_cost integer,
    p_parallelism integer, p_pepper_id text, p_tags bytea[], p_proofs bytea[]
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_salt bytea := vault.random_32();
BEGIN
    -- The set first, as judging does: neither then waits for the other.
    INSERT INTO vault.recovery_code_sets (account_id, salt, memory_kib, time_cost, parallelism,
                                          pepper_id)
    VALUES (p_account, p_salt, p_memory_kib, p_time_cost, p_parallelism, p_pepper_id)
    ON CONFLICT (account_id) DO UPDATE SET salt = p_salt, memory_kib = p_memory_kib,
        time_cost = p_time_cost, parallelism = p_parallelism, pepper_id = p_pepper_id,
        created_at = clock_timestamp();
    DELETE FROM vault.recovery_codes WHERE account_id = p_account;
    INSERT INTO vault.recovery_codes (account_id, position, digest_salt, digest, proof)
    SELECT p_account, n, v_salt, sha256(v_salt || t), p
    FROM unnest(p_tags, p_proofs) WITH ORDINALITY AS both_of (t, p, n);
END
$$;

-- A new set by fresh proof; the old one is void. Statuses: replaced, gone, weak, bad_request.
CREATE OR REPLACE FUNCTION api.replace_recovery_codes_v1(
    p_session bytea, p_attempt bytea, p_salt bytea, p_memory_kib integer, p_time_cost integer,
    p_parallelism integer, p_pepper_id text, p_tags bytea[], p_proofs bytea[],
    p_language text, p_network text, p_agent text, p_ends_others boolean DEFAULT true
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proof record;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.are_recovery_codes(p_salt, p_memory_kib, p_time_cost, p_parallelism, p_pepper_id,
                                    p_tags, p_proofs)
       OR NOT vault.is_language(p_language) OR p_ends_others IS NULL THEN
        RETURN 'bad_request';
    END IF;
    v_proof := vault.fresh_proof(p_session, p_attempt);
    IF v_proof.status <> 'fresh' THEN
        RETURN v_proof.status;
    END IF;
    PERFORM vault.store_recovery_codes(v_proof.account_id, p_salt, p_memory_kib, p_time_cost,
                                       p_parallelism, p_pepper_id, p_tags, p_proofs);
    IF p_ends_others THEN
        PERFORM vault.end_sessions_but(v_proof.account_id, v_proof.sid, 'factor_changed');
    END IF;
    PERFORM vault.record_event('account:recovery_codes:replaced', v_proof.account_id, v_proof.sid,
                               NULL, NULL, vault.event_digest(p_network),
                               vault.event_digest(p_agent));
    PERFORM vault.write_letter(v_proof.account_id, 'recovery_codes_replaced', p_language);
    RETURN 'replaced';
END
$$;

-- For the owner process: a set for an account that it has made. Statuses: replaced, unknown,
-- bad_request.
CREATE OR REPLACE FUNCTION api.import_recovery_codes_v1(
    p_account uuid, p_salt bytea, p_memory_kib integer, p_time_cost integer,
    p_parallelism integer, p_pepper_id text, p_tags bytea[], p_proofs bytea[]
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.are_recovery_codes(p_salt, p_memory_kib, p_time_cost, p_parallelism, p_pepper_id,
                                    p_tags, p_proofs) THEN
        RETURN 'bad_request';
    END IF;
    PERFORM FROM vault.accounts WHERE id = p_account FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    PERFORM vault.store_recovery_codes(p_account, p_salt, p_memory_kib, p_time_cost,
                                       p_parallelism, p_pepper_id, p_tags, p_proofs);
    PERFORM vault.record_event('account:recovery_codes:replaced', p_account, NULL, NULL, NULL,
                               NULL, NULL);
    RETURN 'replaced';
END
$$;

-- Charges and records a guess, and compares nothing. Statuses: proposed, none (no codes here),
-- wait, known_only, ended, gone, bad_request.
CREATE OR REPLACE FUNCTION api.propose_recovery_code_v1(
    p_attempt bytea, p_tag bytea, p_network text, p_agent text, p_device bytea DEFAULT NULL
) RETURNS TABLE (status text, proposal uuid, wait_seconds integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_charge record;
    v_salt bytea;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_tag IS NULL OR octet_length(p_tag) <> 32 THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT c.digest_salt INTO v_salt FROM vault.live_attempt(p_attempt) t
    LEFT JOIN LATERAL (SELECT c.digest_salt FROM vault.recovery_codes c
                       WHERE c.account_id = t.account_id LIMIT 1) c ON true;
    IF FOUND AND v_salt IS NULL THEN
        status := 'none';
        RETURN NEXT;
        RETURN;
    END IF;
    v_charge := vault.charge_factor(p_attempt, p_device, p_network, p_agent);
    status := v_charge.status;
    wait_seconds := v_charge.wait_seconds;
    IF status = 'charged' THEN
        status := 'proposed';
        INSERT INTO vault.factor_proposals (kind, subject, account_id, attempt_hash, sid, digest,
                                            proposed_in, network, agent)
        VALUES ('recovery_code', v_charge.subject, (v_charge.attempt).account_id,
                (v_charge.attempt).secret_hash, (v_charge.attempt).sid, sha256(v_salt || p_tag),
                pg_current_xact_id(), vault.event_digest(p_network), vault.event_digest(p_agent))
        RETURNING id INTO proposal;
    END IF;
    RETURN NEXT;
END
$$;

-- Judges what an earlier, committed transaction proposed; once. A right code is spent with the
-- verdict. The proof is for the caller to check under the pepper. Statuses: right, wrong, ended
-- (by the tenth that was not right), gone (the attempt: nothing is spent), and a caller's faults:
-- unknown, early, late.
CREATE OR REPLACE FUNCTION api.judge_recovery_code_v1(p_proposal uuid)
RETURNS TABLE (status text, account_id uuid, proof bytea, codes_left integer, proofs text[],
               amr text[])
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_taken record;
    v_proposal vault.factor_proposals%ROWTYPE;
    v_attempt vault.attempts%ROWTYPE;
    v_code vault.recovery_codes%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    v_taken := vault.take_proposal(p_proposal, 'recovery_code');
    status := v_taken.status;
    v_proposal := v_taken.proposal;
    IF status <> 'taken' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    -- The account's row first, as everywhere: or this and a replacement could wait for each other.
    PERFORM FROM vault.accounts a WHERE a.id = v_proposal.account_id FOR SHARE;
    -- One at a time for an account: a code raced by many is spent by one.
    PERFORM FROM vault.recovery_code_sets r WHERE r.account_id = v_proposal.account_id FOR UPDATE;
    SELECT * INTO v_code FROM vault.recovery_codes c
    WHERE c.account_id = v_proposal.account_id AND c.digest = v_proposal.digest;
    IF NOT FOUND THEN
        status := vault.fail_factor(v_proposal, 'wrong');
        RETURN NEXT;
        RETURN;
    END IF;
    v_attempt := vault.add_proofs(v_proposal.attempt_hash, '{recovery_code}');
    IF v_attempt.secret_hash IS NULL THEN
        status := vault.fail_factor(v_proposal, 'gone');
        RETURN NEXT;
        RETURN;
    END IF;
    DELETE FROM vault.recovery_codes c
    WHERE c.account_id = v_code.account_id AND c.position = v_code.position;
    status := 'right';
    UPDATE vault.factor_proposals SET digest = NULL, outcome = status WHERE id = p_proposal;
    PERFORM vault.give_back_factor(v_proposal.subject, v_proposal.attempt_hash);
    account_id := v_proposal.account_id;
    proof := v_code.proof;
    proofs := v_attempt.proofs;
    amr := v_attempt.amr;
    SELECT count(*)::integer INTO codes_left FROM vault.recovery_codes c
    WHERE c.account_id = v_proposal.account_id;
    PERFORM vault.record_event('account:factor:right', v_proposal.account_id, v_proposal.sid, NULL,
                               NULL, v_proposal.network, v_proposal.agent,
                               jsonb_build_object('kind', 'recovery_code', 'left', codes_left));
    PERFORM vault.write_letter(v_proposal.account_id, 'recovery_code_used');
    RETURN NEXT;
END
$$;

-- Both in one round trip (see prove_password_v1).
CREATE OR REPLACE PROCEDURE api.prove_recovery_code_v1(
    IN p_attempt bytea, IN p_tag bytea, IN p_network text, IN p_agent text,
    IN p_device bytea DEFAULT NULL,
    INOUT status text DEFAULT NULL, INOUT wait_seconds integer DEFAULT NULL,
    INOUT account_id uuid DEFAULT NULL, INOUT proof bytea DEFAULT NULL,
    INOUT codes_left integer DEFAULT NULL, INOUT proofs text[] DEFAULT NULL,
    INOUT amr text[] DEFAULT NULL
)
LANGUAGE plpgsql SECURITY INVOKER AS $$
DECLARE
    v_proposal pg_catalog.uuid;
BEGIN
    SELECT p.status, p.proposal, p.wait_seconds INTO status, v_proposal, wait_seconds
    FROM api.propose_recovery_code_v1(p_attempt, p_tag, p_network, p_agent, p_device) AS p;
    COMMIT;
    IF v_proposal IS NOT NULL THEN
        SELECT j.status, j.account_id, j.proof, j.codes_left, j.proofs, j.amr
        INTO status, account_id, proof, codes_left, proofs, amr
        FROM api.judge_recovery_code_v1(v_proposal) AS j;
    END IF;
END
$$;
