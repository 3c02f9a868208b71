-- One line that the seal store kept, applied again to a restored database (restores.sql says which).
-- Each statement looks first, so that nothing newer is undone; a dry run only looks.

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
    -- A lock of before the dump may be another than this one: with an end, or on a list.
    IF FOUND AND NOT (p_state = 'locked' AND EXISTS (
            SELECT FROM vault.account_locks k
            WHERE k.account_id = p_account AND k.lifted_at IS NULL AND k.placed_at < p_at)) THEN
        RETURN 'already';
    END IF;
    IF NOT p_dry THEN
        UPDATE vault.accounts SET state = p_state, epoch = epoch + 1 WHERE id = p_account;
        IF p_state = 'locked' THEN
            UPDATE vault.account_locks SET lifted_at = p_at, lift_reason = 'placed anew since'
            WHERE account_id = p_account AND lifted_at IS NULL;
            -- Until when, and for whom to read, as it was; lists are not pieced together again.
            INSERT INTO vault.account_locks (account_id, reason, placed_by, placed_at, ends_at)
            VALUES (p_account, v_reason, v_actor, p_at,
                    to_timestamp((p_event -> 'detail' ->> 'until')::bigint));
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
    p_client text, p_state text, p_event jsonb, p_at timestamptz, p_dry boolean
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM vault.wikis WHERE client_id = p_client AND state = p_state FOR UPDATE;
    IF FOUND AND NOT (p_state = 'suspended' AND vault.is_older_lockout('wiki', p_client, p_at)) THEN
        RETURN 'already';
    END IF;
    IF NOT p_dry THEN
        UPDATE vault.wikis SET state = p_state, state_reason = CASE p_state WHEN 'suspended'
            THEN coalesce(p_event -> 'detail' ->> 'reason', 'not known') ELSE '' END
        WHERE client_id = p_client;
        PERFORM vault.reapply_record('wiki', p_client, p_state = 'suspended', p_event, p_at);
    END IF;
    RETURN 'applied';
END
$$;

-- Whether the live lockout of that kind and subject was placed before this time.
CREATE OR REPLACE FUNCTION vault.is_older_lockout(p_kind text, p_subject text, p_at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM vault.lockouts l
                   WHERE l.kind = p_kind AND l.subject = p_subject AND l.lifted_at IS NULL
                     AND l.placed_at < p_at);
$$;

-- The record of a lockout that was placed or lifted since: whatever stood there before is lifted.
CREATE OR REPLACE FUNCTION vault.reapply_record(
    p_kind text, p_subject text, p_is_placed boolean, p_event jsonb, p_at timestamptz
) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_reason text := coalesce(p_event -> 'detail' ->> 'reason', 'not known');
    v_actor uuid := (p_event ->> 'actor_id')::uuid;
    v_id bigint := vault.lift_lockout(p_kind, p_subject, v_reason, v_actor);
BEGIN
    IF p_is_placed THEN
        INSERT INTO vault.lockouts (kind, subject, reason, placed_by, placed_at, ends_at)
        VALUES (p_kind, p_subject, v_reason, v_actor, p_at,
                to_timestamp((p_event -> 'detail' ->> 'until')::bigint))
        RETURNING id INTO v_id;
    END IF;
    RETURN v_id;
END
$$;

-- A door of the site that was closed or opened since.
CREATE OR REPLACE FUNCTION vault.reapply_door(
    p_event jsonb, p_is_open boolean, p_at timestamptz, p_dry boolean
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_door text := coalesce(p_event -> 'detail' ->> 'door', '');
BEGIN
    IF v_door NOT IN ('sign_up', 'sign_in', 'unknown_devices') THEN
        RETURN 'by_hand';
    END IF;
    IF p_is_open <> EXISTS (SELECT FROM vault.lockouts l WHERE l.kind = v_door AND l.subject = ''
                            AND l.lifted_at IS NULL)
       AND (p_is_open OR NOT vault.is_older_lockout(v_door, '', p_at)) THEN
        RETURN 'already';
    END IF;
    IF NOT p_dry THEN
        PERFORM vault.reapply_record(v_door, '', NOT p_is_open, p_event, p_at);
        PERFORM vault.set_door(v_door, p_is_open);
    END IF;
    RETURN 'applied';
END
$$;

-- Signing keys that a lockout withdrew, or put back, since: those that the dump has.
CREATE OR REPLACE FUNCTION vault.reapply_key_lockout(
    p_event jsonb, p_is_placed boolean, p_at timestamptz, p_dry boolean
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_lockout bigint;
BEGIN
    IF p_is_placed = EXISTS (SELECT FROM vault.lockouts l WHERE l.kind = 'signing_keys'
                             AND l.lifted_at IS NULL)
       AND NOT (p_is_placed AND vault.is_older_lockout('signing_keys', '', p_at)) THEN
        RETURN 'already';
    END IF;
    IF NOT p_dry THEN
        v_lockout := vault.reapply_record('signing_keys', '', p_is_placed, p_event, p_at);
        UPDATE vault.signing_keys SET lockout_id = CASE WHEN p_is_placed THEN v_lockout END
        WHERE lockout_id IS NOT NULL
           OR coalesce(p_event -> 'detail' -> 'kids', '[]') ? kid;
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
                PERFORM vault.take_address(e) FROM vault.email_addresses e
                WHERE e.account_id = p_account AND e.id::text = p_detail ->> 'address';
        END CASE;
    END IF;
    RETURN 'applied';
END
$$;

-- What somebody let a wiki know, and took back since. What they agreed to after that is no older row.
CREATE OR REPLACE FUNCTION vault.reapply_withdrawn_consent(
    p_account uuid, p_client_id text, p_at timestamptz, p_dry boolean
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM vault.consents c
    WHERE c.account_id = p_account AND c.client_id = p_client_id
      AND c.given_at <= vault.epoch_seconds(p_at) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'already';
    END IF;
    IF NOT p_dry THEN
        DELETE FROM vault.consents c WHERE c.account_id = p_account AND c.client_id = p_client_id;
    END IF;
    RETURN 'applied';
END
$$;

-- An address that its owner took back since: the primary one again. What went for it has lines of its
-- own, before this one.
CREATE OR REPLACE FUNCTION vault.reapply_undo(p_account uuid, p_detail jsonb, p_dry boolean)
RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_address vault.email_addresses%ROWTYPE;
BEGIN
    SELECT * INTO v_address FROM vault.email_addresses e
    WHERE e.account_id = p_account AND e.id::text = p_detail ->> 'address'
      AND e.verified_at IS NOT NULL;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    IF v_address.is_primary THEN
        RETURN 'already';
    END IF;
    IF NOT p_dry THEN
        UPDATE vault.email_addresses e SET is_primary = false
        WHERE e.account_id = p_account AND e.is_primary;
        UPDATE vault.email_addresses e SET is_primary = true, removed_at = NULL
        WHERE e.id = v_address.id;
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
                AND id::text = p_detail ->> 'address' AND removed_at IS NULL
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
        -- As when it was done: a lockout has nothing left to put back.
        PERFORM vault.lift_lockout('signing_keys', '', 'withdrawn for good', NULL);
    END IF;
    RETURN 'applied';
END
$$;
