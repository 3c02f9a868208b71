-- App passwords: 160 random bits for programs that cannot show a sign-in page. They open no session
-- and are no way to anything but their own scopes.

-- One's own, without their secrets.
CREATE OR REPLACE FUNCTION api.list_app_passwords_v1(p_session bytea)
RETURNS TABLE (id uuid, name text, scopes text[], networks text[], created_at timestamptz,
               expires_at timestamptz, last_used_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.id, p.name, p.scopes, p.networks::text[], p.created_at, p.expires_at, p.last_used_at
    FROM vault.live_session(p_session, 'web') s
    JOIN vault.app_passwords p ON p.account_id = s.account_id
    WHERE p.revoked_at IS NULL AND (p.expires_at IS NULL OR p.expires_at > clock_timestamp())
    ORDER BY p.created_at;
$$;

-- Whether these are networks in CIDR form, few enough. A text that is none must not raise.
CREATE OR REPLACE FUNCTION vault.are_networks(p_networks text[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF coalesce(cardinality(p_networks), 21) > 20 OR array_ndims(p_networks) > 1
       OR array_position(p_networks, NULL) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM p_networks::cidr[];
    RETURN true;
EXCEPTION WHEN invalid_text_representation THEN
    RETURN false;
END
$$;

-- Adds one by fresh proof. The MAC covers everything but its use and its end. An account has 50 that
-- work. Statuses: added, exists, full, gone, weak, bad_request.
CREATE OR REPLACE FUNCTION api.add_app_password_v1(
    p_session bytea, p_attempt bytea, p_id uuid, p_secret_hash bytea, p_name text, p_scopes text[],
    p_networks text[], p_created_at bigint, p_expires_at bigint, p_mac bytea, p_mac_key text,
    p_language text, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proof record;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_id IS NULL OR coalesce(octet_length(p_secret_hash), 0) <> 32
       OR coalesce(length(p_name), 0) NOT BETWEEN 1 AND 100
       OR coalesce(cardinality(p_scopes), 0) NOT BETWEEN 1 AND 20
       OR array_ndims(p_scopes) > 1 OR array_position(p_scopes, NULL) IS NOT NULL
       OR octet_length(array_to_string(p_scopes, '')) > 1000
       OR NOT vault.are_networks(p_networks)
       OR NOT vault.is_recent_second(p_created_at)
       OR p_expires_at <= p_created_at OR p_expires_at > p_created_at + 315360000
       OR NOT vault.is_mac(p_mac, p_mac_key) OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    v_proof := vault.fresh_proof(p_session, p_attempt);
    IF v_proof.status <> 'fresh' THEN
        RETURN v_proof.status;
    END IF;
    IF (SELECT count(*) FROM vault.app_passwords p
        WHERE p.account_id = v_proof.account_id AND p.revoked_at IS NULL
          AND (p.expires_at IS NULL OR p.expires_at > clock_timestamp())) >= 50 THEN
        RETURN 'full';
    END IF;
    IF EXISTS (SELECT FROM vault.app_passwords WHERE secret_hash = p_secret_hash) THEN
        RETURN 'exists';
    END IF;
    INSERT INTO vault.app_passwords (id, account_id, secret_hash, name, scopes, networks,
                                     created_at, expires_at, mac, mac_key)
    VALUES (p_id, v_proof.account_id, p_secret_hash, p_name, p_scopes, p_networks::cidr[],
            to_timestamp(p_created_at), to_timestamp(p_expires_at), p_mac, p_mac_key)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'exists';
    END IF;
    PERFORM vault.record_event('account:app_password:added', v_proof.account_id, v_proof.sid, NULL,
                               NULL, vault.event_digest(p_network), vault.event_digest(p_agent),
                               jsonb_build_object('id', p_id, 'scopes', p_scopes));
    PERFORM vault.write_letter(v_proof.account_id, 'app_password_added', p_language);
    RETURN 'added';
END
$$;

-- Ends one of one's own; the session is enough, since it only takes away. Statuses: revoked,
-- unknown (or revoked before), gone, bad_request.
CREATE OR REPLACE FUNCTION api.revoke_app_password_v1(
    p_session bytea, p_id uuid, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_session vault.sessions%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_id IS NULL THEN
        RETURN 'bad_request';
    END IF;
    SELECT * INTO v_session FROM vault.live_session(p_session, 'web');
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    UPDATE vault.app_passwords SET revoked_at = clock_timestamp()
    WHERE id = p_id AND account_id = v_session.account_id AND revoked_at IS NULL;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    PERFORM vault.record_event('account:app_password:revoked', v_session.account_id, v_session.sid,
                               NULL, NULL, vault.event_digest(p_network),
                               vault.event_digest(p_agent), jsonb_build_object('id', p_id));
    RETURN 'revoked';
END
$$;

-- Ends all of an account's, when it is taken back from somebody.
CREATE OR REPLACE FUNCTION vault.revoke_app_passwords(p_account uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE vault.app_passwords SET revoked_at = clock_timestamp()
    WHERE account_id = p_account AND revoked_at IS NULL;
$$;

-- Records a guess, and compares nothing. Takes the secret, not its digest: whoever has read the
-- table must not be able to present what it found. Statuses: proposed, bad_request.
CREATE OR REPLACE FUNCTION api.propose_app_password_v1(
    p_username text, p_secret bytea, p_network text, p_agent text
) RETURNS TABLE (status text, proposal uuid)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_account uuid;
    v_subject bytea;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_username IS NULL OR octet_length(p_username) NOT BETWEEN 1 AND 255
       OR coalesce(octet_length(p_secret), 0) <> 20 THEN
        status := 'bad_request';
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT n.account_id INTO v_account FROM vault.usernames n WHERE n.username = p_username;
    -- A budget apart from the password's, for names that nobody has as well: one that both shared
    -- for these alone would tell them.
    SELECT CASE WHEN v_account IS NULL
        THEN substring(vault.keyed(s.secret, 'budget', convert_to(p_username, 'UTF8')) FOR 2)
        ELSE uuid_send(v_account) END || '\x03' INTO v_subject FROM vault.site s;
    status := 'proposed';
    INSERT INTO vault.factor_proposals (kind, subject, account_id, digest, proposed_in, network,
                                        agent)
    VALUES ('app_password', v_subject, v_account, sha256(p_secret), pg_current_xact_id(),
            vault.event_digest(p_network), vault.event_digest(p_agent))
    RETURNING id INTO proposal;
    RETURN NEXT;
END
$$;

-- Judges what an earlier, committed transaction proposed; once. p_address is the caller's, for the
-- networks that an app password is bound to. Only wrong guesses are charged: 160 random bits are
-- never guessed, and strangers must not keep somebody's programs out. Statuses: right, wrong, wait
-- (wrong, and beyond the budget), network, locked, closed, and a caller's faults: unknown, early,
-- late.
CREATE OR REPLACE FUNCTION api.judge_app_password_v1(p_proposal uuid, p_address inet)
RETURNS TABLE (status text, wait_seconds integer, account_id uuid, username text, name_mac bytea,
               name_mac_key text, id uuid, secret_hash bytea, name text, scopes text[],
               networks text[], created_at bigint, expires_at bigint, mac bytea, mac_key text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_taken record;
    v_proposal vault.factor_proposals%ROWTYPE;
    v_account vault.accounts%ROWTYPE;
    v_found vault.app_passwords%ROWTYPE;
    v_is_open boolean;
BEGIN
    PERFORM vault.require_read_committed();
    v_taken := vault.take_proposal(p_proposal, 'app_password');
    status := v_taken.status;
    v_proposal := v_taken.proposal;
    IF status <> 'taken' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    -- No browser of theirs is known: a door that is closed to unknown ones is closed to them.
    SELECT site.sign_in_open AND NOT site.sign_in_known_only INTO v_is_open FROM vault.site;
    SELECT * INTO v_account FROM vault.accounts a WHERE a.id = v_proposal.account_id FOR SHARE;
    SELECT * INTO v_found FROM vault.app_passwords p
    WHERE p.secret_hash = v_proposal.digest AND p.account_id = v_proposal.account_id
      AND p.revoked_at IS NULL
      AND (p.expires_at IS NULL OR p.expires_at > clock_timestamp()) FOR UPDATE;
    status := CASE
        -- Before the comparison, as for passwords: while nobody may sign in, nobody may try one.
        WHEN NOT v_is_open THEN 'closed'
        WHEN v_found.id IS NULL THEN 'wrong'
        WHEN v_account.state = 'locked' THEN 'locked'
        WHEN cardinality(v_found.networks) > 0 AND NOT coalesce(
            (SELECT bool_or(p_address <<= n) FROM unnest(v_found.networks) AS n), false)
            THEN 'network'
        ELSE 'right' END;
    IF status = 'wrong' THEN
        wait_seconds := vault.charge_guess(v_proposal.subject);
        status := CASE WHEN wait_seconds = 0 THEN 'wrong' ELSE 'wait' END;
        wait_seconds := nullif(greatest(wait_seconds, 0), 0);
    END IF;
    UPDATE vault.factor_proposals SET digest = NULL, outcome = status
    WHERE factor_proposals.id = p_proposal;
    PERFORM vault.record_event(
        CASE status WHEN 'right' THEN 'account:app_password:right'
                    ELSE 'account:app_password:refused' END,
        v_proposal.account_id, NULL, NULL, NULL, v_proposal.network, v_proposal.agent,
        jsonb_strip_nulls(jsonb_build_object('why', nullif(status, 'right'), 'id', v_found.id)));
    IF status = 'right' THEN
        UPDATE vault.app_passwords p SET last_used_at = clock_timestamp()
        WHERE p.id = v_found.id
          AND (p.last_used_at IS NULL OR p.last_used_at < clock_timestamp() - interval '1 minute');
        RETURN QUERY SELECT 'right', NULL::integer, v_account.id, v_account.username,
            v_account.mac, v_account.mac_key, v_found.id, v_found.secret_hash, v_found.name,
            v_found.scopes, v_found.networks::text[], vault.epoch_seconds(v_found.created_at),
            vault.epoch_seconds(v_found.expires_at), v_found.mac, v_found.mac_key;
        RETURN;
    END IF;
    RETURN NEXT;
END
$$;

-- Both in one round trip (see prove_password_v1).
CREATE OR REPLACE PROCEDURE api.prove_app_password_v1(
    IN p_username text, IN p_secret bytea, IN p_address inet, IN p_network text, IN p_agent text,
    INOUT status text DEFAULT NULL, INOUT wait_seconds integer DEFAULT NULL,
    INOUT account_id uuid DEFAULT NULL, INOUT username text DEFAULT NULL,
    INOUT name_mac bytea DEFAULT NULL, INOUT name_mac_key text DEFAULT NULL,
    INOUT id uuid DEFAULT NULL, INOUT secret_hash bytea DEFAULT NULL,
    INOUT name text DEFAULT NULL, INOUT scopes text[] DEFAULT NULL,
    INOUT networks text[] DEFAULT NULL, INOUT created_at bigint DEFAULT NULL,
    INOUT expires_at bigint DEFAULT NULL, INOUT mac bytea DEFAULT NULL,
    INOUT mac_key text DEFAULT NULL
)
LANGUAGE plpgsql SECURITY INVOKER AS $$
DECLARE
    v_proposal pg_catalog.uuid;
BEGIN
    SELECT p.status, p.proposal INTO status, v_proposal
    FROM api.propose_app_password_v1(p_username, p_secret, p_network, p_agent) AS p;
    COMMIT;
    IF v_proposal IS NOT NULL THEN
        SELECT j.status, j.wait_seconds, j.account_id, j.username, j.name_mac, j.name_mac_key,
               j.id, j.secret_hash, j.name, j.scopes, j.networks, j.created_at, j.expires_at,
               j.mac, j.mac_key
        INTO status, wait_seconds, account_id, username, name_mac, name_mac_key, id, secret_hash,
             name, scopes, networks, created_at, expires_at, mac, mac_key
        FROM api.judge_app_password_v1(v_proposal, p_address) AS j;
    END IF;
END
$$;
