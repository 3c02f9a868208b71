-- Codes of TOTP apps: secrets opened one charged time at a time; each time step works once.
--
-- The vault cannot read a secret, so web opens one and says which time step its code was of. The
-- opening is the guess: it is charged and committed before the secret is handed out.

-- Charges one opening, and opens nothing. Statuses: proposed, none (no app here), wait, known_only,
-- ended, gone.
CREATE OR REPLACE FUNCTION api.propose_totp_v1(
    p_attempt bytea, p_network text, p_agent text, p_device bytea DEFAULT NULL
) RETURNS TABLE (status text, proposal uuid, wait_seconds integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_charge record;
BEGIN
    PERFORM vault.require_read_committed();
    IF EXISTS (SELECT FROM vault.live_attempt(p_attempt) t WHERE NOT EXISTS (
                   SELECT FROM vault.totp_devices d WHERE d.account_id = t.account_id)) THEN
        status := 'none';
        RETURN NEXT;
        RETURN;
    END IF;
    v_charge := vault.charge_factor(p_attempt, p_device, p_network, p_agent);
    status := v_charge.status;
    wait_seconds := v_charge.wait_seconds;
    IF status = 'charged' THEN
        status := 'proposed';
        INSERT INTO vault.factor_proposals (kind, subject, account_id, attempt_hash, sid,
                                            proposed_in, network, agent)
        VALUES ('totp', v_charge.subject, (v_charge.attempt).account_id,
                (v_charge.attempt).secret_hash, (v_charge.attempt).sid, pg_current_xact_id(),
                vault.event_digest(p_network), vault.event_digest(p_agent))
        RETURNING id INTO proposal;
    END IF;
    RETURN NEXT;
END
$$;

-- Hands out the account's sealed secrets for an opening that an earlier, committed transaction
-- charged; once. Statuses: opened, gone (the attempt), and a caller's faults: unknown, early, late.
CREATE OR REPLACE FUNCTION api.open_totp_v1(p_proposal uuid)
RETURNS TABLE (status text, account_id uuid, devices uuid[], sealed bytea[], windows integer[])
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_taken record;
    v_proposal vault.factor_proposals%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    v_taken := vault.take_proposal(p_proposal, 'totp');
    status := v_taken.status;
    v_proposal := v_taken.proposal;
    IF status = 'taken' THEN
        PERFORM FROM vault.attempts t JOIN vault.accounts a ON a.id = t.account_id
            CROSS JOIN vault.site
        WHERE t.secret_hash = v_proposal.attempt_hash AND t.consumed_at IS NULL
          AND t.expires_at > clock_timestamp() AND a.epoch = t.account_epoch
          AND a.proofs_epoch = t.proofs_epoch AND site.epoch = t.site_epoch
          AND a.state = 'active';
        status := CASE WHEN FOUND THEN 'opened' ELSE 'gone' END;
        UPDATE vault.factor_proposals SET outcome = status WHERE id = p_proposal;
    END IF;
    IF status = 'opened' THEN
        account_id := v_proposal.account_id;
        SELECT array_agg(d.id ORDER BY d.created_at), array_agg(d.sealed_secret ORDER BY d.created_at),
               array_agg(d.clock_window::integer ORDER BY d.created_at)
        INTO devices, sealed, windows FROM vault.totp_devices d WHERE d.account_id = v_proposal.account_id;
        PERFORM vault.record_event('account:totp:opened', v_proposal.account_id, v_proposal.sid,
                                   NULL, NULL, v_proposal.network, v_proposal.agent);
    END IF;
    RETURN NEXT;
END
$$;

-- Both in one round trip (see prove_password_v1). The opening's id is needed to accept a code.
CREATE OR REPLACE PROCEDURE api.ask_totp_v1(
    IN p_attempt bytea, IN p_network text, IN p_agent text, IN p_device bytea DEFAULT NULL,
    INOUT status text DEFAULT NULL, INOUT wait_seconds integer DEFAULT NULL,
    INOUT opening uuid DEFAULT NULL, INOUT account_id uuid DEFAULT NULL,
    INOUT devices uuid[] DEFAULT NULL, INOUT sealed bytea[] DEFAULT NULL,
    INOUT windows integer[] DEFAULT NULL
)
LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
    SELECT p.status, p.proposal, p.wait_seconds INTO status, opening, wait_seconds
    FROM api.propose_totp_v1(p_attempt, p_network, p_agent, p_device) AS p;
    COMMIT;
    IF opening IS NOT NULL THEN
        SELECT o.status, o.account_id, o.devices, o.sealed, o.windows
        INTO status, account_id, devices, sealed, windows
        FROM api.open_totp_v1(opening) AS o;
    END IF;
END
$$;

-- An opening that waits for its code, locked. Statuses: taken, unknown, late.
CREATE OR REPLACE FUNCTION vault.take_opening(
    p_attempt bytea, p_opening uuid, OUT status text, OUT opening vault.factor_proposals
) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT f.* INTO opening FROM vault.factor_proposals f
    WHERE f.id = p_opening AND f.kind = 'totp' AND f.attempt_hash = sha256(p_attempt) FOR UPDATE;
    status := CASE
        WHEN opening.id IS NULL OR opening.outcome IS DISTINCT FROM 'opened' THEN 'unknown'
        WHEN clock_timestamp() > opening.proposed_at
             + make_interval(secs => vault.policy_seconds('proposal')) THEN 'late'
        ELSE 'taken' END;
END
$$;

-- The code that was typed is the one of this app and time step: web says so. A step works once an
-- account, in order, whatever app it is of; the attempt then holds the proof. Statuses: right,
-- replayed (this step or a later one was used), removed (the app), ended (by the tenth that was not
-- right), gone (the attempt), unknown (the opening), late, bad_request.
CREATE OR REPLACE FUNCTION api.accept_totp_v1(
    p_attempt bytea, p_opening uuid, p_id uuid, p_step bigint
) RETURNS TABLE (status text, proofs text[], amr text[])
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_taken record;
    v_opening vault.factor_proposals%ROWTYPE;
    v_attempt vault.attempts%ROWTYPE;
    v_newest bigint;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_near_step(p_step) OR p_id IS NULL OR p_opening IS NULL THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    v_taken := vault.take_opening(p_attempt, p_opening);
    status := v_taken.status;
    v_opening := v_taken.opening;
    IF status <> 'taken' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    -- The account's row first, as everywhere: a lock that commits while this waits must win.
    PERFORM FROM vault.accounts a WHERE a.id = v_opening.account_id FOR SHARE;
    -- All apps of the account, in one order: two codes at once are one after the other.
    SELECT max(d.last_step) INTO v_newest FROM (
        SELECT t.last_step FROM vault.totp_devices t WHERE t.account_id = v_opening.account_id
        ORDER BY t.id FOR UPDATE) d;
    IF v_newest >= p_step OR NOT EXISTS (
            SELECT FROM vault.totp_devices d
            WHERE d.id = p_id AND d.account_id = v_opening.account_id) THEN
        status := vault.fail_factor(
            v_opening, CASE WHEN v_newest >= p_step THEN 'replayed' ELSE 'removed' END);
        RETURN NEXT;
        RETURN;
    END IF;
    v_attempt := vault.add_proofs(v_opening.attempt_hash, '{totp}');
    IF v_attempt.secret_hash IS NULL THEN
        status := vault.fail_factor(v_opening, 'gone');
        RETURN NEXT;
        RETURN;
    END IF;
    UPDATE vault.totp_devices d SET last_step = p_step, last_used_at = clock_timestamp()
    WHERE d.id = p_id;
    status := 'right';
    UPDATE vault.factor_proposals SET outcome = status WHERE id = p_opening;
    PERFORM vault.give_back_factor(v_opening.subject, v_opening.attempt_hash);
    PERFORM vault.record_event('account:factor:right', v_opening.account_id, v_opening.sid,
                               NULL, NULL, v_opening.network, v_opening.agent,
                               jsonb_build_object('kind', 'totp', 'device', p_id));
    proofs := v_attempt.proofs;
    amr := v_attempt.amr;
    RETURN NEXT;
END
$$;

-- The code that was typed is none of this account's: web says so, and it stays charged. Statuses:
-- wrong, ended (that was the tenth), unknown (the opening), late.
CREATE OR REPLACE FUNCTION api.refuse_totp_v1(p_attempt bytea, p_opening uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_taken record;
BEGIN
    PERFORM vault.require_read_committed();
    v_taken := vault.take_opening(p_attempt, p_opening);
    IF v_taken.status <> 'taken' THEN
        RETURN v_taken.status;
    END IF;
    RETURN vault.fail_factor(v_taken.opening, 'wrong');
END
$$;
