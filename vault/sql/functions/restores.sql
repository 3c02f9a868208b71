-- After a dump was restored: everything that it revived ends, and what changed since is applied again
-- from the lines that the seal store kept. For the owner process alone (docs/runbook.md).

-- What tells this database from the one that was dumped: a restored one is another, a promoted or
-- recovered one has another timeline.
CREATE OR REPLACE FUNCTION vault.incarnation() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT concat_ws('/', s.system_identifier, c.timeline_id, d.oid, 'vault.site'::regclass::oid)
    FROM pg_control_system() s, pg_control_checkpoint() c, pg_database d
    WHERE d.datname = current_database();
$$;

-- Where the database stands against the seal store.
CREATE OR REPLACE FUNCTION api.restore_standing_v1()
RETURNS TABLE (number bigint, last_number bigint, last_mac bytea, site_epoch bigint,
               incarnation text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT g.number, coalesce(s.number, 0), coalesce(s.mac, ''), site.epoch, vault.incarnation()
    FROM vault.event_sealing g CROSS JOIN vault.site
    LEFT JOIN LATERAL (SELECT e.number, e.mac FROM vault.event_seals e
                       ORDER BY e.number DESC LIMIT 1) s ON true;
$$;

-- The restores that were noted so far; their MACs are for the caller to check.
CREATE OR REPLACE FUNCTION api.restore_marks_v1() RETURNS TABLE (id bigint, detail jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.id, e.detail FROM vault.events e WHERE e.tag = 'site:restore:applied' ORDER BY e.id;
$$;

-- Ends all that the dump revived, and lets no number be given out again that was: p_epoch and
-- p_event are the highest that the store knows of. The epoch alone would do; the rows say so too.
CREATE OR REPLACE FUNCTION api.begin_restore_v1(p_epoch bigint, p_event bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_epoch bigint;
BEGIN
    PERFORM vault.require_read_committed();
    UPDATE vault.site SET epoch = greatest(epoch, p_epoch) + 1 RETURNING epoch INTO v_epoch;
    -- Wikis remember the highest that they saw of each account, and refuse what is lower.
    UPDATE vault.accounts SET epoch = epoch + 1048576;
    PERFORM setval('vault.events_id_seq', greatest(s.last_value, p_event))
    FROM vault.events_id_seq s;
    UPDATE vault.sessions SET ended_at = v_now, end_reason = 'restored' WHERE ended_at IS NULL;
    UPDATE vault.attempts SET consumed_at = v_now WHERE consumed_at IS NULL;
    UPDATE vault.grants SET revoked_at = v_now WHERE revoked_at IS NULL;
    UPDATE vault.refresh_tokens SET spent_at = v_now WHERE spent_at IS NULL;
    UPDATE vault.mailed_tokens SET spent_at = v_now WHERE spent_at IS NULL;
    -- A browser that was forgotten since the dump must spare nobody a code.
    UPDATE vault.device_credentials SET trusted_at = NULL, trusted_until = NULL
    WHERE trusted_until IS NOT NULL;
    UPDATE vault.operator_invites SET spent_at = v_now WHERE spent_at IS NULL;
    UPDATE vault.password_proposals SET digest = NULL, outcome = 'restored' WHERE outcome IS NULL;
    UPDATE vault.factor_proposals SET digest = NULL, outcome = 'restored' WHERE outcome IS NULL;
    -- Letters whose token is dead would only mislead.
    UPDATE vault.outbox SET buried_at = v_now, last_error = 'restored'
    WHERE kind = 'letter' AND payload ? 'tokens' AND done_at IS NULL AND buried_at IS NULL;
    RETURN v_epoch;
END
$$;

-- Notes that it is done; sealing goes on after the seals that the store has.
CREATE OR REPLACE FUNCTION api.finish_restore_v1(p_after bigint, p_detail jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    UPDATE vault.event_sealing SET number = greatest(number, p_after);
    PERFORM vault.record_event('site:restore:applied', NULL, NULL, NULL, NULL, NULL, NULL, p_detail);
END
$$;

-- Applies one line of the store again, or only says what would become of it. Statuses: held (the
-- database has that very line), applied, waiting, already, gone (what it made, or its account or
-- wiki, is not here), by_hand (nothing that can be applied), bad_request.
CREATE OR REPLACE FUNCTION api.reapply_event_v1(p_event jsonb, p_dry boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_tag text := p_event ->> 'tag';
    v_detail jsonb := p_event -> 'detail';
    v_account uuid;
    v_client text := p_event ->> 'client_id';
    v_at timestamptz;
    v_status text;
BEGIN
    PERFORM vault.require_read_committed();
    IF v_tag IS NULL OR p_dry IS NULL OR jsonb_typeof(v_detail) IS DISTINCT FROM 'object' THEN
        RETURN 'bad_request';
    END IF;
    v_account := (p_event ->> 'account_id')::uuid;
    v_at := vault.from_microseconds((p_event ->> 'at')::bigint);
    IF v_at IS NULL THEN
        RETURN 'by_hand';
    END IF;
    IF EXISTS (SELECT FROM vault.events e WHERE e.id = (p_event ->> 'id')::bigint
               AND e.tag = v_tag AND e.at = v_at AND e.detail = v_detail) THEN
        RETURN 'held';
    END IF;
    IF (v_account IS NOT NULL AND NOT EXISTS (SELECT FROM vault.accounts WHERE id = v_account))
       OR (v_tag LIKE '%:wiki:%' OR v_tag LIKE 'wiki:%' OR v_tag LIKE 'account:consent:%')
          AND NOT EXISTS (SELECT FROM vault.wikis WHERE client_id = v_client) THEN
        RETURN 'gone';
    END IF;
    v_status := CASE
        WHEN v_tag = 'lockout:account:locked' THEN
            vault.reapply_lock(v_account, 'locked', p_event, v_at, p_dry)
        WHEN v_tag = 'lockout:account:unlocked' THEN
            vault.reapply_lock(v_account, 'active', p_event, v_at, p_dry)
        WHEN v_tag = 'lockout:wiki:suspended' THEN
            vault.reapply_wiki_state(v_client, 'suspended', p_event, v_at, p_dry)
        WHEN v_tag = 'lockout:wiki:resumed' THEN
            vault.reapply_wiki_state(v_client, 'active', p_event, v_at, p_dry)
        WHEN v_tag IN ('lockout:site:closed', 'lockout:site:opened') THEN
            vault.reapply_door(p_event, v_tag = 'lockout:site:opened', v_at, p_dry)
        WHEN v_tag LIKE 'lockout:signing_keys:%' THEN
            vault.reapply_key_lockout(p_event, v_tag LIKE '%:withdrawn', v_at, p_dry)
        WHEN v_tag LIKE 'operator:revoke:%' THEN
            vault.reapply_operator(v_account, NULL, v_at, p_dry)
        WHEN v_tag LIKE 'operator:grant:%' THEN
            vault.reapply_operator(v_account, v_detail ->> 'level', v_at, p_dry)
        WHEN v_tag = 'account:password:changed' THEN
            vault.reapply_password(v_account, false, v_at, p_dry)
        WHEN v_tag = 'account:password:reset' THEN
            vault.reapply_password(v_account, true, v_at, p_dry)
        WHEN v_tag IN ('account:recovery_codes:replaced', 'account:factor:right') THEN
            vault.reapply_recovery_codes(v_account, (v_detail ->> 'position')::smallint, v_at,
                                         p_dry)
        WHEN v_tag = 'account:email:restored' THEN
            vault.reapply_undo(v_account, v_detail, p_dry)
        WHEN v_tag = 'account:consent:withdrawn' THEN
            vault.reapply_withdrawn_consent(v_account, v_client, v_at, p_dry)
        WHEN v_tag LIKE 'account:%:removed' OR v_tag LIKE 'account:%:revoked'
             OR v_tag = 'operator:passkey:removed' THEN
            vault.reapply_removal(v_account, v_tag, v_detail, p_dry)
        WHEN v_tag LIKE 'account:%:added' OR v_tag LIKE 'account:%:confirmed'
             OR v_tag = 'operator:passkey:enrolled' THEN
            CASE WHEN vault.is_still_there(v_account, v_tag, v_detail)
                 THEN 'already' ELSE 'gone' END
        WHEN v_tag = 'site:signing_key:withdrawn' THEN
            vault.reapply_withdrawal(v_detail -> 'kids', p_dry)
        WHEN v_tag = 'site:signing_key:added' THEN
            CASE WHEN EXISTS (SELECT FROM vault.signing_keys WHERE kid = v_detail ->> 'kid')
                 THEN 'already' ELSE 'gone' END
        WHEN v_tag LIKE 'account:create:%' OR v_tag LIKE 'account:sign_up:%'
             OR v_tag LIKE 'wiki:register:%' THEN 'already'
        ELSE 'by_hand' END;
    IF v_status = 'applied' AND NOT p_dry THEN
        PERFORM vault.record_event('site:restore:reapplied', v_account, NULL, v_client, NULL, NULL,
                                   NULL, jsonb_build_object('tag', v_tag, 'event', p_event -> 'id'));
    END IF;
    RETURN v_status;
END
$$;

-- A name that was given out since the dump is given to nobody else: its account's wikis know it.
-- Statuses: reserved, already.
CREATE OR REPLACE FUNCTION api.reserve_username_v1(
    p_username text, p_skeletons text[], p_dry boolean
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT EXISTS (SELECT FROM unnest(p_skeletons) AS s
                   WHERE s NOT IN (SELECT skeleton FROM vault.skeletons)) THEN
        RETURN 'already';
    END IF;
    IF NOT p_dry THEN
        INSERT INTO vault.skeletons (skeleton, username)
        SELECT DISTINCT s, p_username FROM unnest(p_skeletons) AS s
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN 'reserved';
END
$$;
