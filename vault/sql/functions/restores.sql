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
    PERFORM setval('vault.events_id_seq', greatest(s.last_value, p_event))
    FROM vault.events_id_seq s;
    UPDATE vault.sessions SET ended_at = v_now, end_reason = 'restored' WHERE ended_at IS NULL;
    UPDATE vault.attempts SET consumed_at = v_now WHERE consumed_at IS NULL;
    UPDATE vault.grants SET revoked_at = v_now WHERE revoked_at IS NULL;
    UPDATE vault.refresh_tokens SET spent_at = v_now WHERE spent_at IS NULL;
    UPDATE vault.mailed_tokens SET spent_at = v_now WHERE spent_at IS NULL;
    UPDATE vault.password_proposals SET digest = NULL, outcome = 'restored' WHERE outcome IS NULL;
    UPDATE vault.factor_proposals SET digest = NULL, outcome = 'restored' WHERE outcome IS NULL;
    -- Letters whose token is dead would only mislead.
    UPDATE vault.outbox SET buried_at = v_now, last_error = 'restored'
    WHERE kind = 'letter' AND payload ? 'token' AND done_at IS NULL AND buried_at IS NULL;
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

-- Each of the following applies one line again. Statuses: applied, already (it holds as it is),
-- waiting (applied before, and the owner has not made a new one yet).

CREATE OR REPLACE FUNCTION vault.reapply_lock(
    p_account uuid, p_state text, p_event jsonb, p_at timestamptz, p_dry boolean
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_reason text := coalesce(p_event -> 'detail' ->> 'reason', 'not known');
    v_actor uuid := (p_event ->> 'actor_id')::uuid;
BEGIN
    PERFORM FROM vault.accounts WHERE id = p_account AND state = p_state FOR UPDATE;
    IF FOUND THEN
        RETURN 'already';
    END IF;
    IF NOT p_dry THEN
        UPDATE vault.accounts SET state = p_state, epoch = epoch + 1 WHERE id = p_account;
        IF p_state = 'locked' THEN
            INSERT INTO vault.account_locks (account_id, reason, placed_by, placed_at)
            VALUES (p_account, v_reason, v_actor, p_at);
        ELSE
            UPDATE vault.account_locks SET lifted_at = p_at, lifted_by = v_actor,
                   lift_reason = v_reason
            WHERE account_id = p_account AND lifted_at IS NULL;
        END IF;
        DELETE FROM vault.device_credentials WHERE account_id = p_account;
    END IF;
    RETURN 'applied';
END
$$;

CREATE OR REPLACE FUNCTION vault.reapply_wiki_state(
    p_client text, p_state text, p_event jsonb, p_dry boolean
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM vault.wikis WHERE client_id = p_client AND state = p_state FOR UPDATE;
    IF FOUND THEN
        RETURN 'already';
    END IF;
    IF NOT p_dry THEN
        UPDATE vault.wikis SET state = p_state, state_reason = CASE p_state WHEN 'suspended'
            THEN coalesce(p_event -> 'detail' ->> 'reason', 'not known') ELSE '' END
        WHERE client_id = p_client;
    END IF;
    RETURN 'applied';
END
$$;

-- A password that was changed since: what the dump has is the old one, and is right no more. It
-- stays in the table without a digest, so that no guess is; a reset took the app passwords too.
CREATE OR REPLACE FUNCTION vault.reapply_password(
    p_account uuid, p_is_reset boolean, p_at timestamptz, p_dry boolean
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_password text;
BEGIN
    SELECT CASE WHEN p.changed_at >= p_at THEN 'already' WHEN v.digest IS NULL THEN 'waiting'
                ELSE 'applied' END INTO v_password
    FROM vault.password_parameters p LEFT JOIN vault.password_verifiers v USING (account_id)
    WHERE account_id = p_account;
    IF v_password IS DISTINCT FROM 'applied' AND NOT (p_is_reset AND EXISTS (
        SELECT FROM vault.app_passwords
        WHERE account_id = p_account AND revoked_at IS NULL AND created_at < p_at)) THEN
        RETURN coalesce(v_password, 'gone');
    END IF;
    IF NOT p_dry THEN
        UPDATE vault.password_verifiers v SET digest = NULL
        FROM vault.password_parameters p
        WHERE v.account_id = p_account AND p.account_id = p_account AND p.changed_at < p_at;
        UPDATE vault.app_passwords SET revoked_at = clock_timestamp()
        WHERE p_is_reset AND account_id = p_account AND revoked_at IS NULL AND created_at < p_at;
        DELETE FROM vault.device_credentials WHERE account_id = p_account;
    END IF;
    RETURN 'applied';
END
$$;

-- Recovery codes of a set that was replaced since, or one that was used since: by its position where
-- the line names it, else all of them.
CREATE OR REPLACE FUNCTION vault.reapply_recovery_codes(
    p_account uuid, p_position smallint, p_at timestamptz, p_dry boolean
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM vault.recovery_code_sets WHERE account_id = p_account AND created_at < p_at;
    IF NOT FOUND THEN
        RETURN CASE WHEN EXISTS (SELECT FROM vault.recovery_code_sets
                                 WHERE account_id = p_account) THEN 'already' ELSE 'gone' END;
    END IF;
    PERFORM FROM vault.recovery_codes
    WHERE account_id = p_account AND position = coalesce(p_position, position);
    IF NOT FOUND THEN
        RETURN CASE WHEN p_position IS NULL THEN 'waiting' ELSE 'already' END;
    END IF;
    IF NOT p_dry THEN
        DELETE FROM vault.recovery_codes c
        WHERE c.account_id = p_account AND c.position = coalesce(p_position, c.position);
    END IF;
    RETURN 'applied';
END
$$;

-- What was taken away since: by the id that its line names.
CREATE OR REPLACE FUNCTION vault.reapply_removal(
    p_account uuid, p_tag text, p_detail jsonb, p_dry boolean
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT vault.is_still_there(p_account, p_tag, p_detail) THEN
        RETURN 'already';
    END IF;
    IF NOT p_dry THEN
        CASE split_part(p_tag, ':', 2)
            WHEN 'totp' THEN
                DELETE FROM vault.totp_devices
                WHERE account_id = p_account AND id::text = p_detail ->> 'device';
            WHEN 'passkey' THEN
                DELETE FROM vault.passkeys WHERE account_id = p_account
                    AND encode(sha256(credential_id), 'hex') = p_detail ->> 'credential';
            WHEN 'app_password' THEN
                UPDATE vault.app_passwords SET revoked_at = clock_timestamp()
                WHERE account_id = p_account AND id::text = p_detail ->> 'id';
            WHEN 'email' THEN
                DELETE FROM vault.email_addresses
                WHERE account_id = p_account AND id::text = p_detail ->> 'address';
        END CASE;
    END IF;
    RETURN 'applied';
END
$$;

CREATE OR REPLACE FUNCTION vault.is_still_there(p_account uuid, p_tag text, p_detail jsonb)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE split_part(p_tag, ':', 2)
        WHEN 'totp' THEN EXISTS (
            SELECT FROM vault.totp_devices
            WHERE account_id = p_account AND id::text = p_detail ->> 'device')
        WHEN 'passkey' THEN EXISTS (
            SELECT FROM vault.passkeys WHERE account_id = p_account
                AND encode(sha256(credential_id), 'hex') = p_detail ->> 'credential')
        WHEN 'app_password' THEN EXISTS (
            SELECT FROM vault.app_passwords WHERE account_id = p_account
                AND id::text = p_detail ->> 'id' AND revoked_at IS NULL)
        WHEN 'email' THEN EXISTS (
            SELECT FROM vault.email_addresses WHERE account_id = p_account
                AND id::text = p_detail ->> 'address'
                AND (verified_at IS NOT NULL OR p_tag LIKE '%:removed'))
        ELSE false END;
$$;

-- An operator whose rights ended or became others since: the dump's row is void. What was granted
-- since can be granted again only by a holder of the key. Statuses: applied, already, gone.
CREATE OR REPLACE FUNCTION vault.reapply_operator(
    p_account uuid, p_level text, p_at timestamptz, p_dry boolean
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_level text;
BEGIN
    SELECT level INTO v_level FROM vault.operators
    WHERE account_id = p_account AND revoked_at IS NULL;
    IF v_level IS NOT DISTINCT FROM p_level THEN
        RETURN 'already';
    END IF;
    IF v_level IS NULL THEN
        RETURN 'gone';
    END IF;
    IF NOT p_dry THEN
        UPDATE vault.operators SET revoked_at = p_at WHERE account_id = p_account;
    END IF;
    RETURN 'applied';
END
$$;

-- Signing keys that were withdrawn since: what they sign is worth nothing, as before.
CREATE OR REPLACE FUNCTION vault.reapply_withdrawal(p_kids jsonb, p_dry boolean) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM vault.signing_keys
    WHERE p_kids ? kid AND retired_at IS DISTINCT FROM '-infinity' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'already';
    END IF;
    IF NOT p_dry THEN
        UPDATE vault.signing_keys SET state = 'retired', retired_at = '-infinity'
        WHERE p_kids ? kid;
    END IF;
    RETURN 'applied';
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
       OR (v_tag LIKE '%:wiki:%' OR v_tag LIKE 'wiki:%')
          AND NOT EXISTS (SELECT FROM vault.wikis WHERE client_id = v_client) THEN
        RETURN 'gone';
    END IF;
    v_status := CASE
        WHEN v_tag = 'lockout:account:locked' THEN
            vault.reapply_lock(v_account, 'locked', p_event, v_at, p_dry)
        WHEN v_tag = 'lockout:account:unlocked' THEN
            vault.reapply_lock(v_account, 'active', p_event, v_at, p_dry)
        WHEN v_tag = 'lockout:wiki:suspended' THEN
            vault.reapply_wiki_state(v_client, 'suspended', p_event, p_dry)
        WHEN v_tag = 'lockout:wiki:resumed' THEN
            vault.reapply_wiki_state(v_client, 'active', p_event, p_dry)
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
        WHEN v_tag LIKE 'account:%:removed' OR v_tag LIKE 'account:%:revoked' THEN
            vault.reapply_removal(v_account, v_tag, v_detail, p_dry)
        WHEN v_tag LIKE 'account:%:added' OR v_tag LIKE 'account:%:confirmed' THEN
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
