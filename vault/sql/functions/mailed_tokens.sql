-- Mailed tokens: asked for by web, armed by the worker when it writes the letter, redeemed once.
--
-- The token is made by a key that the worker alone holds; until its letter is written there is none,
-- and web never sees one before it comes back. The worker's MAC says whose it is. A letter carries it
-- twice: in a link, and as a code of 80 bits that can be typed. Either spends it.
--
-- Purposes: reset, confirm (an address), undo (a change of addresses), disown (a session). The first
-- two die with whatever ends sessions; the others are for the day when somebody else is in the
-- account, and only take away.

-- The secrets' digests are looked up by index: each stands for 80 bits or more that nobody can guess.

-- Queues the letter that will carry tokens: to an address of the account, whatever else it says.
CREATE OR REPLACE FUNCTION vault.write_token_letter(
    p_tokens uuid[], p_account uuid, p_address uuid, p_template text, p_language text,
    p_more jsonb DEFAULT '{}'
) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO vault.outbox (kind, account_id, sealed_address, payload)
    SELECT 'letter', a.id, e.sealed,
           vault.letter_payload(a.username, p_template, coalesce(p_language, a.language))
           || jsonb_build_object('tokens', p_tokens) || p_more
    FROM vault.accounts a JOIN vault.email_addresses e ON e.account_id = a.id
    WHERE a.id = p_account AND e.id = p_address;
$$;

-- Whether an account may be mailed another token of that purpose: three an hour. The caller holds the
-- account's row.
CREATE OR REPLACE FUNCTION vault.has_token_left(p_account uuid, p_purpose text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*) < 3 FROM vault.mailed_tokens t
    WHERE t.account_id = p_account AND t.purpose = p_purpose
      AND t.requested_at > clock_timestamp() - interval '1 hour';
$$;

-- Takes one of the three letters an hour that strangers can make us send to one address, whatever
-- account they name; of which only two may ask to confirm it, so that nobody keeps its owner from
-- getting back in by adding it to accounts of theirs. Nobody is told when there is none left: it would
-- say that somebody has the address.
CREATE OR REPLACE FUNCTION vault.take_letter_to(p_digest bytea, p_purpose text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_most integer := CASE p_purpose WHEN 'reset' THEN 3 ELSE 2 END;
BEGIN
    INSERT INTO vault.address_letters AS l (lookup_digest, sent)
    VALUES (p_digest, ARRAY[clock_timestamp()])
    ON CONFLICT (lookup_digest) DO UPDATE SET sent = (clock_timestamp() || l.sent)[1:3]
    WHERE cardinality(l.sent) < v_most
       OR l.sent[v_most] < clock_timestamp() - interval '1 hour';
    RETURN FOUND;
END
$$;

-- Writes down a token to be armed. The caller holds the account's row.
CREATE OR REPLACE FUNCTION vault.new_token(
    p_purpose text, p_account uuid, p_address uuid, p_browser_hash bytea, p_sid uuid DEFAULT NULL
) RETURNS uuid
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO vault.mailed_tokens (purpose, account_id, address_id, account_epoch, site_epoch,
                                     browser_hash, sid)
    SELECT p_purpose, a.id, p_address, a.epoch, s.epoch, p_browser_hash, p_sid
    FROM vault.accounts a CROSS JOIN vault.site s WHERE a.id = p_account
    RETURNING id;
$$;

-- Asks for the letter that confirms an address; false where the account has had its three. Where the
-- address has had its own, nothing is sent, and nothing says so.
CREATE OR REPLACE FUNCTION vault.ask_to_confirm(
    p_account uuid, p_address uuid, p_browser_hash bytea, p_language text
) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_token uuid;
BEGIN
    PERFORM FROM vault.accounts WHERE id = p_account AND state = 'active' FOR UPDATE;
    IF NOT FOUND OR NOT vault.has_token_left(p_account, 'confirm') THEN
        RETURN false;
    END IF;
    v_token := vault.new_token('confirm', p_account, p_address, p_browser_hash);
    IF vault.take_letter_to((SELECT lookup_digest FROM vault.email_addresses WHERE id = p_address),
                            'confirm') THEN
        PERFORM vault.write_token_letter(ARRAY[v_token], p_account, p_address,
                                         'address_confirmation', p_language);
    END IF;
    RETURN true;
END
$$;

-- Tells the address that letters no longer go to, or will not, and how to undo that. Never limited:
-- whoever could use it up would change addresses unseen.
CREATE OR REPLACE FUNCTION vault.offer_undo(
    p_account uuid, p_address uuid, p_template text, p_language text
) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.write_token_letter(
        ARRAY[vault.new_token('undo', p_account, p_address, NULL)], p_account, p_address,
        p_template, p_language);
$$;

-- Whether a token may be mailed and redeemed. Statuses: live, spent, expired, dead (its account was
-- locked or changed since, or its address was taken away).
CREATE OR REPLACE FUNCTION vault.token_status(p_token vault.mailed_tokens) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN p_token.spent_at IS NOT NULL THEN 'spent'
        -- Its life begins when it is armed; until then it waits a day for its letter.
        WHEN coalesce(CASE WHEN p_token.token_hash IS NULL
                           THEN p_token.requested_at + interval '1 day'
                           ELSE p_token.expires_at END <= clock_timestamp(), true) THEN 'expired'
        WHEN a.state <> 'active'
             OR (p_token.purpose IN ('reset', 'confirm')
                 AND (a.epoch <> p_token.account_epoch OR site.epoch <> p_token.site_epoch))
             OR NOT EXISTS (SELECT FROM vault.email_addresses e
                            WHERE e.id = p_token.address_id AND e.account_id = p_token.account_id
                              AND (e.verified_at IS NOT NULL OR p_token.purpose = 'confirm')
                              AND (e.removed_at IS NULL OR p_token.purpose IN ('undo', 'disown')))
            THEN 'dead'
        ELSE 'live' END
    FROM vault.accounts a CROSS JOIN vault.site WHERE a.id = p_token.account_id;
$$;

-- What the worker's MACs are made over, or stand over already: for the letter that carries it.
CREATE OR REPLACE FUNCTION api.token_to_arm_v1(p_id uuid)
RETURNS TABLE (status text, id uuid, purpose text, account_id uuid, address_id uuid,
               account_epoch bigint, site_epoch bigint, requested_at bigint, token_hash bytea,
               code_hash bytea, sid uuid, token_key text, mac bytea, mac_key text, mailed_to bytea,
               sealed_address bytea, address_verified boolean, lookup_digest bytea, lookup_key text,
               address_mac bytea, address_mac_key text, username text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.token_status(t), t.id, t.purpose, t.account_id, t.address_id, t.account_epoch,
           t.site_epoch, vault.epoch_seconds(t.requested_at), t.token_hash, t.code_hash, t.sid,
           t.token_key, t.mac, t.mac_key, t.mailed_to, e.sealed, e.verified_at IS NOT NULL,
           e.lookup_digest, e.lookup_key, e.mac, e.mac_key, a.username
    FROM vault.mailed_tokens t
    JOIN vault.accounts a ON a.id = t.account_id
    LEFT JOIN vault.email_addresses e ON e.id = t.address_id AND e.account_id = t.account_id
    WHERE t.id = p_id;
$$;

-- Makes a requested token redeemable, by its digest; its life begins now. Once: a resend carries the
-- same token, made by the key that is named here, and prolongs nothing. Statuses: armed, moved (it
-- was armed before: look at it again), dead, bad_request.
CREATE OR REPLACE FUNCTION api.arm_token_v1(
    p_id uuid, p_token_hash bytea, p_code_hash bytea, p_token_key text, p_mac bytea,
    p_mac_key text, p_mailed_to bytea
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_token vault.mailed_tokens%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_id IS NULL OR coalesce(octet_length(p_token_hash), 0) <> 32
       OR coalesce(octet_length(p_code_hash), 0) <> 32
       OR coalesce(length(p_token_key), 0) NOT BETWEEN 1 AND 40
       OR NOT vault.is_mac(p_mac, p_mac_key)
       OR coalesce(octet_length(p_mailed_to), 0) <> 32 THEN
        RETURN 'bad_request';
    END IF;
    SELECT * INTO v_token FROM vault.mailed_tokens t WHERE t.id = p_id FOR UPDATE;
    IF vault.token_status(v_token) IS DISTINCT FROM 'live' THEN
        RETURN 'dead';
    END IF;
    IF v_token.token_hash IS NOT NULL THEN
        RETURN 'moved';
    END IF;
    UPDATE vault.mailed_tokens t SET token_hash = p_token_hash, code_hash = p_code_hash,
        token_key = p_token_key, mac = p_mac, mac_key = p_mac_key, mailed_to = p_mailed_to,
        expires_at = clock_timestamp()
            + make_interval(secs => vault.policy_seconds(t.purpose || '_token'))
    WHERE t.id = p_id;
    RETURN 'armed';
END
$$;

-- The token that came back, as it stood in the link or as the code that was typed, for its MACs to be
-- checked and its page to be shown; changes nothing.
-- Whoever writes rows could make several of one token: the caller names the one that is ours.
CREATE OR REPLACE FUNCTION api.find_token_v1(p_token bytea, p_browser bytea)
RETURNS TABLE (status text, id uuid, purpose text, account_id uuid, username text, address_id uuid,
               account_epoch bigint, site_epoch bigint, requested_at bigint, token_hash bytea,
               code_hash bytea, sid uuid, mac bytea, mac_key text, mailed_to bytea,
               sealed_address bytea, address_verified boolean,
               lookup_digest bytea, lookup_key text, address_mac bytea, address_mac_key text,
               same_browser boolean, name_mac bytea, name_mac_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.token_status(t), t.id, t.purpose, t.account_id, a.username, t.address_id,
           t.account_epoch, t.site_epoch, vault.epoch_seconds(t.requested_at), t.token_hash,
           t.code_hash, t.sid, t.mac, t.mac_key, t.mailed_to, e.sealed, e.verified_at IS NOT NULL,
           e.lookup_digest, e.lookup_key, e.mac, e.mac_key,
           coalesce(t.browser_hash = sha256(p_browser), false), a.mac, a.mac_key
    FROM vault.mailed_tokens t
    JOIN vault.accounts a ON a.id = t.account_id
    LEFT JOIN vault.email_addresses e ON e.id = t.address_id AND e.account_id = t.account_id
    WHERE t.token_hash = sha256(p_token) OR t.code_hash = sha256(p_token)
    ORDER BY t.requested_at LIMIT 10;
$$;

-- Whether these can be a token, as a link or a letter's code has it.
CREATE OR REPLACE FUNCTION vault.is_token(p_token bytea) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(octet_length(p_token) IN (10, 32), false);
$$;

-- Spends the token that the caller has found to be ours; gives its row, and writes down what was
-- refused. Statuses: as token_status, and unknown, other_browser.
CREATE OR REPLACE FUNCTION vault.spend_token(
    p_id uuid, p_token bytea, p_purpose text, p_browser bytea, p_username text, p_network text,
    p_agent text, OUT status text, OUT token vault.mailed_tokens
) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The account's row first, as everywhere.
    IF p_purpose IN ('undo', 'disown') THEN
        PERFORM FROM vault.accounts a JOIN vault.mailed_tokens t ON t.account_id = a.id
        WHERE t.id = p_id AND sha256(p_token) IN (t.token_hash, t.code_hash) FOR UPDATE OF a;
    ELSE
        PERFORM FROM vault.accounts a JOIN vault.mailed_tokens t ON t.account_id = a.id
        WHERE t.id = p_id AND sha256(p_token) IN (t.token_hash, t.code_hash) FOR SHARE OF a;
    END IF;
    SELECT t.* INTO token FROM vault.mailed_tokens t
    WHERE t.id = p_id AND sha256(p_token) IN (t.token_hash, t.code_hash)
      AND t.purpose = p_purpose FOR UPDATE;
    status := CASE WHEN token.id IS NULL THEN 'unknown' ELSE vault.token_status(token) END;
    -- Another browser than the one that asked has to know whose it is. What only takes away was asked
    -- for by nobody.
    IF status = 'live' AND p_purpose IN ('reset', 'confirm')
       AND token.browser_hash IS DISTINCT FROM sha256(p_browser)
       AND NOT EXISTS (SELECT FROM vault.usernames n
                       WHERE n.username = p_username AND n.account_id = token.account_id) THEN
        status := 'other_browser';
    END IF;
    IF status = 'live' THEN
        UPDATE vault.mailed_tokens t SET spent_at = clock_timestamp() WHERE t.id = token.id;
    ELSE
        PERFORM vault.record_event('account:token:refused', token.account_id, NULL, NULL, NULL,
                                   vault.event_digest(p_network), vault.event_digest(p_agent),
                                   jsonb_build_object('purpose', p_purpose, 'why', status));
    END IF;
END
$$;
