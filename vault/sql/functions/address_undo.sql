-- Undoing a change of addresses, by the letter that told the old one of it.

-- Makes the address that the token was mailed to the primary one again, and the only one: all others
-- are told, and go. Everybody is signed out: who changed it was in the account.
--
-- Of two people who undo each other's changes, the one whose address was confirmed first has the last
-- word, in whichever order they act: whoever got into an account confirmed theirs later. So what was
-- mailed to addresses confirmed later is void, and one confirmed earlier can undo this in its turn.
-- Statuses: restored, spent, expired, dead, unknown, bad_request.
CREATE OR REPLACE FUNCTION api.restore_address_v1(
    p_id uuid, p_token bytea, p_language text, p_network text, p_agent text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_spent record;
    v_account uuid;
    v_address uuid;
    v_since timestamptz;
    v_other vault.email_addresses%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_id IS NULL OR NOT vault.is_token(p_token) OR NOT vault.is_language(p_language) THEN
        RETURN 'bad_request';
    END IF;
    v_spent := vault.spend_token(p_id, p_token, 'undo', NULL, NULL, p_network, p_agent);
    v_account := (v_spent.token).account_id;
    v_address := (v_spent.token).address_id;
    IF v_spent.status <> 'live' THEN
        RETURN v_spent.status;
    END IF;
    SELECT e.verified_at INTO v_since FROM vault.email_addresses e WHERE e.id = v_address;
    FOR v_other IN
        SELECT * FROM vault.email_addresses e
        WHERE e.account_id = v_account AND e.id <> v_address AND e.removed_at IS NULL
        ORDER BY e.id FOR UPDATE
    LOOP
        IF v_other.verified_at < v_since THEN
            PERFORM vault.offer_undo(v_account, v_other.id, 'address_removed', p_language);
        ELSIF v_other.verified_at IS NOT NULL THEN
            INSERT INTO vault.outbox (kind, account_id, sealed_address, payload)
            SELECT 'letter', a.id, v_other.sealed,
                   vault.letter_payload(a.username, 'address_undone', p_language)
            FROM vault.accounts a WHERE a.id = v_account;
        END IF;
        PERFORM vault.take_address(v_other);
        PERFORM vault.record_event('account:email:removed', v_account, NULL, NULL, NULL, NULL,
                                   NULL, jsonb_build_object('address', v_other.id, 'why', 'undo'));
    END LOOP;
    UPDATE vault.email_addresses SET is_primary = true, removed_at = NULL WHERE id = v_address;
    UPDATE vault.mailed_tokens t SET spent_at = clock_timestamp()
    FROM vault.email_addresses e
    WHERE t.account_id = v_account AND t.spent_at IS NULL
      AND (t.purpose = 'undo' OR (t.purpose = 'disown' AND t.address_id <> v_address))
      AND e.id = t.address_id AND e.verified_at >= v_since;
    UPDATE vault.accounts SET epoch = epoch + 1 WHERE id = v_account;
    PERFORM vault.end_sessions_of(v_account, NULL, 'address_restored');
    PERFORM vault.record_event('account:email:restored', v_account, NULL, NULL, NULL,
                               vault.event_digest(p_network), vault.event_digest(p_agent),
                               jsonb_build_object('address', v_address));
    RETURN 'restored';
END
$$;
