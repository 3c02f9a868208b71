-- Changing one's e-mail addresses: asked for by fresh proof, confirmed by the letter alone.

-- Adds an address and asks for its confirmation. Until then nothing but that goes there. The digests
-- are those under each key of the ring, for finding it where it is already. Statuses: added, exists,
-- full, wait (three letters an hour), gone, weak, bad_request.
CREATE OR REPLACE FUNCTION api.add_address_v1(
    p_session bytea, p_attempt bytea, p_address uuid, p_sealed bytea, p_digest bytea,
    p_digest_key text, p_digests bytea[], p_browser_hash bytea, p_language text, p_network text,
    p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proof record;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_address IS NULL OR NOT vault.is_new_address(p_address, p_sealed, p_digest, p_digest_key)
       OR coalesce(cardinality(p_digests), 0) NOT BETWEEN 1 AND 10
       OR p_digest <> ALL (p_digests)
       OR coalesce(octet_length(p_browser_hash), 0) <> 32
       OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    v_proof := vault.fresh_proof(p_session, p_attempt);
    IF v_proof.status <> 'fresh' THEN
        RETURN v_proof.status;
    END IF;
    IF EXISTS (SELECT FROM vault.email_addresses e WHERE e.account_id = v_proof.account_id
               AND e.removed_at IS NULL AND e.lookup_digest = ANY (p_digests)) THEN
        RETURN 'exists';
    END IF;
    IF (SELECT count(*) FROM vault.email_addresses e
        WHERE e.account_id = v_proof.account_id AND e.removed_at IS NULL) >= 5 THEN
        RETURN 'full';
    END IF;
    IF NOT vault.has_token_left(v_proof.account_id, 'confirm') THEN
        RETURN 'wait';
    END IF;
    INSERT INTO vault.email_addresses (id, account_id, sealed, lookup_digest, lookup_key,
                                       is_primary)
    SELECT p_address, v_proof.account_id, p_sealed, p_digest, p_digest_key,
           NOT EXISTS (SELECT FROM vault.email_addresses e
                       WHERE e.account_id = v_proof.account_id AND e.removed_at IS NULL)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'bad_request';
    END IF;
    PERFORM vault.record_event('account:email:asked', v_proof.account_id, v_proof.sid, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent),
                               jsonb_build_object('address', p_address));
    PERFORM vault.ask_to_confirm(v_proof.account_id, p_address, p_browser_hash, p_language);
    PERFORM vault.write_letter(v_proof.account_id, 'address_asked', p_language);
    RETURN 'added';
END
$$;

-- Asks again for the letter that confirms one of one's own addresses. Statuses: asked, wait (three
-- an hour), confirmed (it is already), unknown, gone, bad_request.
CREATE OR REPLACE FUNCTION api.request_confirmation_v1(
    p_session bytea, p_address uuid, p_browser_hash bytea, p_language text,
    p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_session vault.sessions%ROWTYPE;
    v_address vault.email_addresses%ROWTYPE;
    v_sent boolean;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_address IS NULL OR coalesce(octet_length(p_browser_hash), 0) <> 32
       OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    SELECT * INTO v_session FROM vault.live_session(p_session, 'web');
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    SELECT * INTO v_address FROM vault.email_addresses e
    WHERE e.id = p_address AND e.account_id = v_session.account_id AND e.removed_at IS NULL;
    IF NOT FOUND OR v_address.verified_at IS NOT NULL THEN
        RETURN CASE WHEN v_address.id IS NULL THEN 'unknown' ELSE 'confirmed' END;
    END IF;
    v_sent := vault.ask_to_confirm(v_session.account_id, p_address, p_browser_hash, p_language);
    PERFORM vault.record_event('account:token:requested', v_session.account_id, v_session.sid,
                               NULL, NULL, vault.event_digest(p_network),
                               vault.event_digest(p_agent),
                               jsonb_build_object('purpose', 'confirm', 'sent', v_sent));
    RETURN CASE WHEN v_sent THEN 'asked' ELSE 'wait' END;
END
$$;

-- Confirms the address that the token was mailed to; the session is not asked for. The MAC says so
-- to whoever relies on it. It becomes the primary one where no confirmed one is. Statuses: confirmed,
-- other_browser (say the user name), spent, expired, dead, unknown, bad_request.
CREATE OR REPLACE FUNCTION api.confirm_address_v1(
    p_id uuid, p_token bytea, p_browser bytea, p_username text, p_mac bytea, p_mac_key text,
    p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_spent record;
    v_account uuid;
    v_address uuid;
    v_has_primary boolean;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_id IS NULL OR NOT vault.is_token(p_token)
       OR NOT vault.is_mac(p_mac, p_mac_key) THEN
        RETURN 'bad_request';
    END IF;
    v_spent := vault.spend_token(
        p_id, p_token, 'confirm', p_browser, p_username, p_network, p_agent);
    v_account := (v_spent.token).account_id;
    v_address := (v_spent.token).address_id;
    IF v_spent.status <> 'live' THEN
        RETURN v_spent.status;
    END IF;
    -- One change of an account's addresses at a time: the account's row is only shared here.
    PERFORM FROM vault.email_addresses e WHERE e.account_id = v_account ORDER BY e.id FOR UPDATE;
    v_has_primary := EXISTS (SELECT FROM vault.email_addresses e WHERE e.account_id = v_account
                             AND e.is_primary AND e.verified_at IS NOT NULL);
    IF NOT v_has_primary THEN
        UPDATE vault.email_addresses e SET is_primary = false
        WHERE e.account_id = v_account AND e.is_primary AND e.id <> v_address;
    END IF;
    UPDATE vault.email_addresses e SET verified_at = coalesce(e.verified_at, clock_timestamp()),
           mac = p_mac, mac_key = p_mac_key, is_primary = e.is_primary OR NOT v_has_primary
    WHERE e.id = v_address AND e.account_id = v_account;
    PERFORM vault.record_event('account:email:confirmed', v_account, NULL, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent),
                               jsonb_build_object('address', v_address));
    RETURN 'confirmed';
END
$$;

-- Makes a confirmed address the one that letters go to; the one before is told, and can undo it. Every
-- other session ends: somebody may be in the account, and letters could not reach its owner any more.
-- Statuses: changed, kept (it is already), unknown (or not confirmed), gone, weak, bad_request.
CREATE OR REPLACE FUNCTION api.set_primary_address_v1(
    p_session bytea, p_attempt bytea, p_address uuid, p_language text, p_network text,
    p_agent text, p_device bytea DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proof record;
    v_address vault.email_addresses%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_address IS NULL OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    v_proof := vault.fresh_proof(p_session, p_attempt);
    IF v_proof.status <> 'fresh' THEN
        RETURN v_proof.status;
    END IF;
    SELECT * INTO v_address FROM vault.email_addresses e
    WHERE e.id = p_address AND e.account_id = v_proof.account_id AND e.verified_at IS NOT NULL
      AND e.removed_at IS NULL;
    IF NOT FOUND OR v_address.is_primary THEN
        RETURN CASE WHEN v_address.id IS NULL THEN 'unknown' ELSE 'kept' END;
    END IF;
    PERFORM vault.offer_undo(v_proof.account_id, e.id, 'address_changed', p_language)
    FROM vault.email_addresses e
    WHERE e.account_id = v_proof.account_id AND e.is_primary AND e.verified_at IS NOT NULL;
    UPDATE vault.email_addresses e SET is_primary = false
    WHERE e.account_id = v_proof.account_id AND e.is_primary;
    UPDATE vault.email_addresses e SET is_primary = true WHERE e.id = p_address;
    PERFORM vault.void_recoveries(v_proof.account_id);
    PERFORM vault.end_sessions_of(v_proof.account_id, v_proof.sid, 'address_changed');
    PERFORM vault.remember_device(v_proof.account_id, p_device);
    PERFORM vault.record_event('account:email:changed', v_proof.account_id, v_proof.sid, NULL,
                               NULL, vault.event_digest(p_network), vault.event_digest(p_agent),
                               jsonb_build_object('address', p_address));
    RETURN 'changed';
END
$$;

-- Takes an address away: at once where nobody confirmed it, else once it cannot be undone any more.
CREATE OR REPLACE FUNCTION vault.take_address(p_address vault.email_addresses) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE vault.email_addresses SET is_primary = false, removed_at = clock_timestamp()
    WHERE id = p_address.id AND verified_at IS NOT NULL;
    DELETE FROM vault.email_addresses WHERE id = p_address.id AND verified_at IS NULL;
$$;

-- Takes an address away by fresh proof. One that was confirmed is told, and can undo it; then every
-- other session ends, as above. Tokens that were mailed there are dead, but for undoing. Statuses:
-- removed, unknown, primary (make another the primary one first), gone, weak, bad_request.
CREATE OR REPLACE FUNCTION api.remove_address_v1(
    p_session bytea, p_attempt bytea, p_address uuid, p_language text, p_network text,
    p_agent text, p_device bytea DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proof record;
    v_address vault.email_addresses%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_address IS NULL OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    v_proof := vault.fresh_proof(p_session, p_attempt);
    IF v_proof.status <> 'fresh' THEN
        RETURN v_proof.status;
    END IF;
    SELECT * INTO v_address FROM vault.email_addresses e
    WHERE e.id = p_address AND e.account_id = v_proof.account_id AND e.removed_at IS NULL;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    IF v_address.is_primary AND v_address.verified_at IS NOT NULL AND EXISTS (
           SELECT FROM vault.email_addresses e WHERE e.account_id = v_proof.account_id
           AND e.id <> p_address AND e.verified_at IS NOT NULL AND e.removed_at IS NULL) THEN
        RETURN 'primary';
    END IF;
    IF v_address.verified_at IS NOT NULL THEN
        PERFORM vault.offer_undo(v_proof.account_id, p_address, 'address_removed', p_language);
        PERFORM vault.void_recoveries(v_proof.account_id);
        PERFORM vault.end_sessions_of(v_proof.account_id, v_proof.sid, 'address_removed');
        PERFORM vault.remember_device(v_proof.account_id, p_device);
    END IF;
    PERFORM vault.take_address(v_address);
    PERFORM vault.record_event('account:email:removed', v_proof.account_id, v_proof.sid, NULL,
                               NULL, vault.event_digest(p_network), vault.event_digest(p_agent),
                               jsonb_build_object('address', p_address));
    RETURN 'removed';
END
$$;
