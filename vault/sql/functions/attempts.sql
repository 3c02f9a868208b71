-- What one flow has proven so far: gathered proof by proof, never more than was judged.
--
-- Proofs: password, totp, recovery_code, letter, hwk or swk (a passkey, RFC 8176), uv (that passkey
-- knew its user), browser (one that its owner trusts: it spares a code, and is no factor). amr is
-- derived from them, here and nowhere else.

-- Authentication method references (RFC 8176 section 2). A letter is none of its methods.
CREATE OR REPLACE FUNCTION vault.amr_of(p_proofs text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN array_remove(ARRAY[
        CASE WHEN 'password' = ANY (p_proofs) THEN 'pwd' END,
        CASE WHEN p_proofs && '{totp,recovery_code}' THEN 'otp' END,
        CASE WHEN 'hwk' = ANY (p_proofs) THEN 'hwk' END,
        CASE WHEN 'swk' = ANY (p_proofs) THEN 'swk' END,
        CASE WHEN p_proofs && '{hwk,swk}' THEN 'user' END,
        CASE WHEN 'uv' = ANY (p_proofs)
               OR ('password' = ANY (p_proofs) AND p_proofs && '{totp,recovery_code,hwk,swk}')
             THEN 'mfa' END], NULL);
END
$$;

-- Which second factors an account holds: what a sign-in must ask for.
CREATE OR REPLACE FUNCTION vault.factors_of(p_account uuid) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN array_remove(ARRAY[
        CASE WHEN EXISTS (SELECT FROM vault.passkeys WHERE account_id = p_account AND kind = 'web')
             THEN 'passkey' END,
        CASE WHEN EXISTS (SELECT FROM vault.totp_devices WHERE account_id = p_account)
             THEN 'totp' END,
        CASE WHEN EXISTS (SELECT FROM vault.recovery_codes WHERE account_id = p_account)
             THEN 'recovery_codes' END], NULL);
END
$$;

-- Whether these proofs let somebody in: the password, with a second factor where one is held, or a
-- passkey that knew its user. A passkey that did not is never enough alone, also not once its owner
-- has taken it away. Recovery codes alone are no factor: they stand in for one. A trusted browser
-- spares the code of an app, never a passkey, which is the better one.
CREATE OR REPLACE FUNCTION vault.is_enough(p_account uuid, p_proofs text[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'mfa' = ANY (vault.amr_of(p_proofs))
        OR ('password' = ANY (p_proofs) AND NOT vault.factors_of(p_account)
                && CASE WHEN 'browser' = ANY (p_proofs) THEN '{passkey}'::text[]
                        ELSE '{passkey,totp}' END);
$$;

-- Whether these proofs may change what protects the account: by the highest factor that it holds.
-- Where that is a passkey, a code of an app, which can be phished, is not enough; a recovery code is,
-- for the day when the passkey is lost. A trusted browser counts for nothing here.
CREATE OR REPLACE FUNCTION vault.is_highest(p_account uuid, p_proofs text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_factors text[] := vault.factors_of(p_account);
    v_amr text[] := vault.amr_of(p_proofs);
BEGIN
    RETURN coalesce(CASE
        WHEN 'passkey' = ANY (v_factors)
            THEN 'mfa' = ANY (v_amr) AND p_proofs && '{hwk,swk,recovery_code}'
        WHEN 'totp' = ANY (v_factors) THEN 'mfa' = ANY (v_amr)
        ELSE v_amr && '{pwd,mfa}' END, false);
END
$$;

-- The attempt with this secret, if it may still be used.
CREATE OR REPLACE FUNCTION vault.live_attempt(p_secret bytea) RETURNS SETOF vault.attempts
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.* FROM vault.attempts t
    JOIN vault.accounts a ON a.id = t.account_id
    CROSS JOIN vault.site
    WHERE t.secret_hash = sha256(p_secret) AND t.consumed_at IS NULL
      AND t.expires_at > clock_timestamp() AND t.account_epoch = a.epoch
      AND t.proofs_epoch = a.proofs_epoch AND t.site_epoch = site.epoch AND a.state = 'active';
$$;

-- Opens an attempt by its first proof. A secret chosen twice must not raise: that would undo the
-- verdict and its event.
CREATE OR REPLACE FUNCTION vault.open_attempt(
    p_hash bytea, p_account vault.accounts, p_site_epoch bigint, p_purpose text, p_proofs text[],
    p_sid uuid, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO vault.attempts (secret_hash, account_id, account_epoch, site_epoch, purpose,
                                proofs, amr, authenticated_at, sid, expires_at, proofs_epoch)
    VALUES (p_hash, p_account.id, p_account.epoch, p_site_epoch, p_purpose, p_proofs,
            vault.amr_of(p_proofs), p_at, p_sid,
            p_at + make_interval(secs => vault.policy_seconds('attempt')), p_account.proofs_epoch)
    ON CONFLICT DO NOTHING;
END
$$;

-- Voids what letters have opened so far: whoever reads one of the account's mailboxes may be in it.
CREATE OR REPLACE FUNCTION vault.void_recoveries(p_account uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE vault.attempts SET consumed_at = clock_timestamp()
    WHERE account_id = p_account AND purpose = 'recover' AND consumed_at IS NULL
      AND expires_at > clock_timestamp();
$$;

-- Adds a judged proof to an attempt that is still live; NULL when it is not any more.
CREATE OR REPLACE FUNCTION vault.add_proofs(p_hash bytea, p_proofs text[]) RETURNS vault.attempts
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE vault.attempts t SET
        proofs = t.proofs || ARRAY(SELECT p FROM unnest(p_proofs) AS p WHERE p <> ALL (t.proofs)),
        amr = vault.amr_of(t.proofs || p_proofs)
    FROM vault.accounts a CROSS JOIN vault.site
    WHERE t.secret_hash = p_hash AND t.consumed_at IS NULL AND t.expires_at > clock_timestamp()
      AND a.id = t.account_id AND a.epoch = t.account_epoch AND a.state = 'active'
      AND a.proofs_epoch = t.proofs_epoch AND site.epoch = t.site_epoch
    RETURNING t.*;
$$;

-- The session, if a fresh proof of its person stands beside it: an attempt to reauthenticate within
-- it, five minutes old at the most, by the highest factor that is held. The session alone is never
-- enough. Statuses: fresh, gone (session or attempt), weak (the highest factor is missing).
CREATE OR REPLACE FUNCTION vault.fresh_proof(
    p_session bytea, p_attempt bytea, OUT status text, OUT account_id uuid, OUT sid uuid
) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_session vault.sessions%ROWTYPE;
    v_attempt vault.attempts%ROWTYPE;
BEGIN
    SELECT * INTO v_session FROM vault.live_session(p_session, 'web');
    -- The account's row is the lock that orders everything which changes credentials.
    PERFORM FROM vault.accounts a WHERE a.id = v_session.account_id FOR UPDATE;
    SELECT * INTO v_session FROM vault.live_session(p_session, 'web');
    SELECT * INTO v_attempt FROM vault.live_attempt(p_attempt);
    account_id := v_session.account_id;
    sid := v_session.sid;
    status := CASE
        WHEN v_session.sid IS NULL OR v_attempt.purpose IS DISTINCT FROM 'reauthenticate'
             OR v_attempt.sid IS DISTINCT FROM v_session.sid
             OR v_attempt.account_id IS DISTINCT FROM v_session.account_id
             OR v_attempt.authenticated_at < clock_timestamp()
                - make_interval(secs => vault.policy_seconds('fresh_proof')) THEN 'gone'
        WHEN NOT vault.is_highest(v_session.account_id, v_attempt.proofs) THEN 'weak'
        ELSE 'fresh' END;
END
$$;

-- Ends an attempt at its tenth wrong second factor, and writes to the owner; says whether it is
-- over. So many may be charged at once: those not judged by then are in vain.
CREATE OR REPLACE FUNCTION vault.end_exhausted(
    p_attempt_hash bytea, p_network bytea, p_agent bytea
) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c_wrong constant integer := 10;
    v_attempt vault.attempts%ROWTYPE;
BEGIN
    SELECT * INTO v_attempt FROM vault.attempts t WHERE t.secret_hash = p_attempt_hash FOR UPDATE;
    IF coalesce(v_attempt.wrong_factors, 0) < c_wrong THEN
        RETURN false;
    END IF;
    IF v_attempt.consumed_at IS NULL THEN
        UPDATE vault.attempts t SET consumed_at = clock_timestamp()
        WHERE t.secret_hash = p_attempt_hash;
        PERFORM vault.record_event('account:factor:exhausted', v_attempt.account_id, v_attempt.sid,
                                   NULL, NULL, p_network, p_agent);
        PERFORM vault.write_letter(v_attempt.account_id, 'second_factor_failed');
    END IF;
    RETURN true;
END
$$;

-- Charges one guess at a second factor: to the attempt, which ten wrong ones end, and to a budget
-- of the account's second factors apart from its password's. Statuses: charged, gone, ended (with
-- a letter to the owner), wait, known_only (only a known device may try any more).
CREATE OR REPLACE FUNCTION vault.charge_factor(
    p_attempt bytea, p_device bytea, p_network text, p_agent text,
    OUT status text, OUT wait_seconds integer, OUT attempt vault.attempts, OUT subject bytea
) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM vault.attempts t WHERE t.secret_hash = sha256(p_attempt) FOR UPDATE;
    SELECT t.* INTO attempt FROM vault.live_attempt(p_attempt) t;
    IF attempt.secret_hash IS NULL OR attempt.purpose = 'operator' THEN
        status := 'gone';
        RETURN;
    END IF;
    -- Charged ten times, and no verdict was ever asked for.
    IF vault.end_exhausted(attempt.secret_hash, vault.event_digest(p_network),
                           vault.event_digest(p_agent)) THEN
        status := 'ended';
        RETURN;
    END IF;
    subject := vault.guess_subject(attempt.account_id, p_device) || '\x02';
    wait_seconds := vault.charge_guess(subject);
    IF wait_seconds <> 0 THEN
        status := CASE WHEN wait_seconds < 0 THEN 'known_only' ELSE 'wait' END;
        PERFORM vault.record_event('account:factor:throttled', attempt.account_id, attempt.sid,
                                   NULL, NULL, vault.event_digest(p_network),
                                   vault.event_digest(p_agent));
        RETURN;
    END IF;
    UPDATE vault.attempts t SET wrong_factors = t.wrong_factors + 1
    WHERE t.secret_hash = attempt.secret_hash;
    status := 'charged';
END
$$;

-- A second factor was right: its charge is given back.
CREATE OR REPLACE FUNCTION vault.give_back_factor(p_subject bytea, p_attempt_hash bytea)
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE vault.attempts SET wrong_factors = greatest(wrong_factors - 1, 0)
    WHERE secret_hash = p_attempt_hash;
    SELECT vault.give_back_guess(p_subject);
$$;

-- The verdict on a guess that was not right, and its event; it stays charged. Gives p_outcome, or
-- ended where that was the attempt's tenth.
CREATE OR REPLACE FUNCTION vault.fail_factor(
    p_proposal vault.factor_proposals, p_outcome text
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE vault.factor_proposals SET digest = NULL, outcome = p_outcome WHERE id = p_proposal.id;
    PERFORM vault.record_event('account:factor:wrong', p_proposal.account_id, p_proposal.sid, NULL,
                               NULL, p_proposal.network, p_proposal.agent,
                               jsonb_build_object('kind', p_proposal.kind, 'why', p_outcome));
    RETURN CASE WHEN vault.end_exhausted(p_proposal.attempt_hash, p_proposal.network,
                                         p_proposal.agent)
                THEN 'ended' ELSE p_outcome END;
END
$$;

-- A recorded guess of this kind, for its one verdict. Statuses: taken, unknown, early (this very
-- transaction recorded it, and could still undo it), late.
CREATE OR REPLACE FUNCTION vault.take_proposal(
    p_proposal uuid, p_kind text, OUT status text, OUT proposal vault.factor_proposals
) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT f.* INTO proposal FROM vault.factor_proposals f
    WHERE f.id = p_proposal AND f.kind = p_kind FOR UPDATE;
    status := CASE
        WHEN proposal.id IS NULL OR proposal.outcome IS NOT NULL THEN 'unknown'
        WHEN proposal.proposed_in = pg_current_xact_id() THEN 'early'
        WHEN clock_timestamp() > proposal.proposed_at
             + make_interval(secs => vault.policy_seconds('proposal')) THEN 'late'
        ELSE 'taken' END;
    IF status = 'late' THEN
        UPDATE vault.factor_proposals SET digest = NULL, outcome = 'late' WHERE id = p_proposal;
        PERFORM vault.record_event('account:factor:wrong', proposal.account_id, proposal.sid, NULL,
                                   NULL, proposal.network, proposal.agent,
                                   jsonb_build_object('kind', p_kind, 'why', 'late'));
    END IF;
END
$$;
