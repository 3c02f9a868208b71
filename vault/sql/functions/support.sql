-- Helpers of the other files. No role but the owner may call any of them.
--
-- With a search_path of its own no function is inlined; then one expression costs a fifth in plpgsql
-- of what it costs in sql. So those that every sign-in calls are written in it.

-- 32 bytes from the server's strong random source (gen_random_uuid draws on pg_strong_random).
CREATE OR REPLACE FUNCTION vault.random_32() RETURNS bytea
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
                  || uuid_send(gen_random_uuid()));
$$;

-- A digest that needs the site's secret; hashed twice, so that none can be extended.
CREATE OR REPLACE FUNCTION vault.keyed(p_secret bytea, p_label text, p_value bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN sha256(p_secret || sha256(p_secret || convert_to(p_label, 'UTF8') || '\x00' || p_value));
END
$$;

-- Under REPEATABLE READ a function would judge by a snapshot from before a lockout.
CREATE OR REPLACE FUNCTION vault.require_read_committed() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'the vault answers only under READ COMMITTED'
            USING ERRCODE = 'invalid_transaction_state';
    END IF;
END
$$;

-- Whether these can be a MAC and the id of its key; only who holds the key can say more.
CREATE OR REPLACE FUNCTION vault.is_mac(p_mac bytea, p_mac_key text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(octet_length(p_mac) = 32 AND length(p_mac_key) BETWEEN 1 AND 40, false);
$$;

CREATE OR REPLACE FUNCTION vault.policy_seconds(p_name text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT seconds FROM vault.policy WHERE name = p_name;
$$;

-- Seconds since 1970, whole: what cookies, tokens and MACs carry.
CREATE OR REPLACE FUNCTION vault.epoch_seconds(p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN floor(extract(epoch FROM p_at))::bigint;
END
$$;

CREATE OR REPLACE FUNCTION vault.today() RETURNS date
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (clock_timestamp() AT TIME ZONE 'UTC')::date;
END
$$;

-- Whether a time that a caller names, in whole seconds, is now: give or take two minutes of clocks.
CREATE OR REPLACE FUNCTION vault.is_recent_second(p_second bigint) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(p_second BETWEEN vault.epoch_seconds(clock_timestamp()) - 119
                                 AND vault.epoch_seconds(clock_timestamp()) + 119, false);
$$;

-- What a process may ask proofs for. The session_user is the role that logged in: an operator's
-- attempt is the operator process's alone, whatever a web process asks for.
CREATE OR REPLACE FUNCTION vault.may_ask_for(p_purpose text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce(CASE session_user
        WHEN 'authsite_web' THEN p_purpose IN ('sign_in', 'reauthenticate')
        WHEN 'authsite_operator' THEN p_purpose = 'operator'
        ELSE false END, false);
END
$$;

-- Today's and tomorrow's salts, made ahead: the first event of a day would otherwise insert one, and
-- an open transaction could let everybody else's wait for it.
CREATE OR REPLACE FUNCTION vault.prepare_event_salts() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO vault.event_salts (day, salt)
    SELECT vault.today() + ahead, vault.random_32() FROM generate_series(0, 1) AS ahead
    ON CONFLICT (day) DO NOTHING;
$$;

-- The salt of today's digests; made here only where nobody made it ahead.
CREATE OR REPLACE FUNCTION vault.event_salt() RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_today date := vault.today();
    v_salt bytea;
BEGIN
    SELECT salt INTO v_salt FROM vault.event_salts WHERE day = v_today;
    IF NOT FOUND THEN
        INSERT INTO vault.event_salts (day, salt) VALUES (v_today, vault.random_32())
        ON CONFLICT (day) DO NOTHING;
        SELECT salt INTO v_salt FROM vault.event_salts WHERE day = v_today;
    END IF;
    RETURN v_salt;
END
$$;

-- NULL for nothing, so that no digest stands for it.
CREATE OR REPLACE FUNCTION vault.salted_digest(p_salt bytea, p_value text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN p_value <> ''
        THEN substring(sha256(p_salt || convert_to(p_value, 'UTF8')) FOR 16) END;
END
$$;

-- What the audit trail keeps of a network or an agent: a digest under the day's salt.
CREATE OR REPLACE FUNCTION vault.event_digest(p_value text) RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN p_value <> '' THEN vault.salted_digest(vault.event_salt(), p_value) END;
END
$$;

CREATE OR REPLACE FUNCTION vault.record_event(
    p_tag text, p_account uuid, p_sid uuid, p_client text, p_actor uuid,
    p_network bytea, p_agent bytea, p_detail jsonb DEFAULT '{}'
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO vault.events (tag, account_id, sid, client_id, actor_id, network, agent, detail)
    VALUES (p_tag, p_account, p_sid, p_client, p_actor, p_network, p_agent, p_detail);
END
$$;

-- Tells every wiki that a session has signed in to that it has ended. Where to is not said here: the
-- worker takes the address from the wiki's row, whose MAC it checks. With p_client that wiki alone.
CREATE OR REPLACE FUNCTION vault.tell_wikis(p_sid uuid, p_account uuid, p_client text DEFAULT NULL)
RETURNS integer
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH told AS (
        INSERT INTO vault.outbox (kind, account_id, payload)
        SELECT 'backchannel_logout', p_account, jsonb_build_object(
                   'client_id', w.client_id, 'sid', p_sid, 'sub', p_account,
                   'jti', gen_random_uuid())
        FROM vault.session_wikis s JOIN vault.wikis w USING (client_id)
        WHERE s.sid = p_sid AND w.backchannel_logout_uri IS NOT NULL
          AND (p_client IS NULL OR w.client_id = p_client)
        RETURNING 1
    )
    SELECT count(*)::integer FROM told;
$$;

-- Ends an account's live sessions of either kind, save one, and tells their wikis. What was proven so far
-- elsewhere is void as well: by a factor, perhaps, that is none any more.
CREATE OR REPLACE FUNCTION vault.end_sessions_but(p_account uuid, p_save uuid, p_reason text)
RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended uuid;
    total integer := 0;
BEGIN
    FOR ended IN
        UPDATE vault.sessions SET ended_at = clock_timestamp(), end_reason = p_reason
        WHERE account_id = p_account AND ended_at IS NULL AND sid IS DISTINCT FROM p_save
        RETURNING sid
    LOOP
        PERFORM vault.tell_wikis(ended, p_account);
        total := total + 1;
    END LOOP;
    PERFORM vault.void_proofs(p_account, p_save);
    RETURN total;
END
$$;

-- Voids what was proven so far in all flows of an account, but within one session. The account's row is
-- locked by then, and whoever turns proofs into a session looks at it last.
CREATE OR REPLACE FUNCTION vault.void_proofs(p_account uuid, p_save uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_epoch bigint;
BEGIN
    UPDATE vault.accounts SET proofs_epoch = proofs_epoch + 1 WHERE id = p_account
    RETURNING proofs_epoch INTO v_epoch;
    UPDATE vault.attempts SET proofs_epoch = v_epoch
    WHERE account_id = p_account AND sid = p_save AND consumed_at IS NULL
      AND expires_at > clock_timestamp() AND proofs_epoch = v_epoch - 1;
END
$$;

-- The same, and no browser is known to the account any more: whoever was signed in may not be the owner,
-- and their devices' own budgets of guesses end as well.
CREATE OR REPLACE FUNCTION vault.end_sessions_of(p_account uuid, p_save uuid, p_reason text)
RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM vault.device_credentials WHERE account_id = p_account;
    RETURN vault.end_sessions_but(p_account, p_save, p_reason);
END
$$;

-- Whether this may be a language's tag: a letter is written in it if the site has it.
CREATE OR REPLACE FUNCTION vault.is_language(p_language text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(p_language ~ '^[A-Za-z-]{2,20}$', false);
$$;

-- What every letter says of itself; what else stands in it is for its template.
CREATE OR REPLACE FUNCTION vault.letter_payload(p_username text, p_template text, p_language text)
RETURNS jsonb
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'template', p_template, 'language', p_language, 'username', p_username,
        'at', vault.epoch_seconds(clock_timestamp()),
        'reference', upper(regexp_replace(gen_random_uuid()::text,
                                          '^(.{4})(.{4}).*$', '\1-\2')));
$$;

-- Queues a letter to an account's confirmed primary address, where it has one: in the language of
-- whoever asks, or else in that of the account's last sign-in.
CREATE OR REPLACE FUNCTION vault.write_letter(
    p_account uuid, p_template text, p_language text DEFAULT NULL
) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO vault.outbox (kind, account_id, sealed_address, payload)
    SELECT 'letter', a.id, e.sealed,
           vault.letter_payload(a.username, p_template, coalesce(p_language, a.language))
    FROM vault.accounts a
    JOIN vault.email_addresses e ON e.account_id = a.id
    WHERE a.id = p_account AND e.is_primary AND e.verified_at IS NOT NULL;
$$;
