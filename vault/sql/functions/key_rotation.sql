-- Rotating keys: what still names which key, withdrawing signing keys, and the trail of it. The
-- owner's alone: no role may call any of these. resealing.sql puts rows under the active key.

-- The key that a seal names (vault/seals.py has the form); empty where there is none.
CREATE OR REPLACE FUNCTION vault.sealing_key(p_sealed bytea) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN octet_length(p_sealed) > 2 AND get_byte(p_sealed, 0) = 1
                     AND octet_length(p_sealed) > 2 + get_byte(p_sealed, 1)
                THEN encode(substring(p_sealed FROM 3 FOR get_byte(p_sealed, 1)), 'escape')
                ELSE '' END;
$$;

-- How many rows name each key of each ring, of those that still count for anything: not what has
-- ended, was revoked or has been sent.
CREATE OR REPLACE FUNCTION api.key_usage_v1()
RETURNS TABLE (ring text, what text, key_id text, total bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'PEPPER_KEYS', 'passwords', pepper_id, count(*)
    FROM vault.password_parameters GROUP BY pepper_id
    UNION ALL
    SELECT 'PEPPER_KEYS', 'recovery_codes', pepper_id, count(*)
    FROM vault.recovery_code_sets GROUP BY pepper_id
    UNION ALL
    SELECT 'PEPPER_KEYS', 'decoys', pepper_id, 1 FROM vault.site
    UNION ALL
    SELECT CASE s.kind WHEN 'web' THEN 'SESSION_KEYS' ELSE 'OPERATOR_SESSION_KEYS' END,
           'sessions', s.mac_key, count(*)
    FROM vault.sessions s JOIN vault.accounts a ON a.id = s.account_id CROSS JOIN vault.site
    WHERE s.ended_at IS NULL AND s.expires_at > clock_timestamp()
      AND s.last_seen_at + make_interval(secs => s.idle_seconds) > clock_timestamp()
      AND s.account_epoch = a.epoch AND s.site_epoch = site.epoch
    GROUP BY s.kind, s.mac_key
    UNION ALL
    SELECT 'SESSION_KEYS', 'grants', g.mac_key, count(*)
    FROM vault.grants g WHERE g.mac_key <> '' AND vault.is_grant_alive(g) GROUP BY g.mac_key
    UNION ALL
    SELECT 'SESSION_KEYS', 'refresh_tokens', r.mac_key, count(*)
    FROM vault.refresh_tokens r
    WHERE r.spent_at IS NULL AND r.expires_at > clock_timestamp() GROUP BY r.mac_key
    UNION ALL
    SELECT 'OPERATOR_KEYS', 'operators', o.mac_key, count(*)
    FROM vault.operators o WHERE o.revoked_at IS NULL GROUP BY o.mac_key
    UNION ALL
    SELECT 'OPERATOR_KEYS', 'operator_invites', i.mac_key, count(*)
    FROM vault.operator_invites i
    WHERE i.spent_at IS NULL AND i.expires_at > clock_timestamp() GROUP BY i.mac_key
    UNION ALL
    SELECT 'SIGNING_KEYS', 'signing_keys', vault.sealing_key(k.sealed_private), count(*)
    FROM vault.signing_keys k WHERE vault.verifies_hints(k)
    GROUP BY vault.sealing_key(k.sealed_private)
    UNION ALL
    SELECT 'ADDRESS_KEYS', 'addresses', named.key_id, count(*)
    FROM vault.email_addresses e
    CROSS JOIN LATERAL (SELECT vault.sealing_key(e.sealed) UNION SELECT e.lookup_key
                        UNION SELECT e.mac_key) AS named (key_id)
    WHERE named.key_id <> '' GROUP BY named.key_id
    UNION ALL
    SELECT 'ADDRESS_KEYS', 'letters', vault.sealing_key(j.sealed_address), count(*)
    FROM vault.outbox j WHERE j.sealed_address IS NOT NULL AND j.done_at IS NULL
    GROUP BY vault.sealing_key(j.sealed_address)
    UNION ALL
    SELECT 'CREDENTIAL_KEYS', 'totp', named.key_id, count(*)
    FROM vault.totp_devices d
    CROSS JOIN LATERAL (SELECT vault.sealing_key(d.sealed_secret) UNION SELECT d.digest_key)
        AS named (key_id)
    GROUP BY named.key_id
    UNION ALL
    SELECT 'CREDENTIAL_KEYS', 'app_passwords', p.mac_key, count(*)
    FROM vault.app_passwords p
    WHERE p.revoked_at IS NULL AND (p.expires_at IS NULL OR p.expires_at > clock_timestamp())
    GROUP BY p.mac_key
    UNION ALL
    SELECT 'CREDENTIAL_KEYS', 'trusted_browsers', d.mac_key, count(*)
    FROM vault.device_credentials d
    WHERE d.trusted_until > vault.epoch_seconds(clock_timestamp()) GROUP BY d.mac_key
    UNION ALL
    SELECT 'CREDENTIAL_KEYS', 'consents', c.mac_key, count(*)
    FROM vault.consents c GROUP BY c.mac_key
    UNION ALL
    SELECT 'CREDENTIAL_KEYS', 'names', a.mac_key, count(*)
    FROM vault.accounts a WHERE a.mac_key <> '' GROUP BY a.mac_key
    UNION ALL
    SELECT 'PASSKEY_KEYS', 'passkeys', k.mac_key, count(*) FROM vault.passkeys k GROUP BY k.mac_key
    UNION ALL
    SELECT 'WIKI_KEYS', 'wikis', w.mac_key, count(*)
    FROM vault.wikis w WHERE w.mac_key <> '' GROUP BY w.mac_key
    UNION ALL
    SELECT named.ring, 'mailed_tokens', named.key_id, count(*)
    FROM vault.mailed_tokens t
    CROSS JOIN LATERAL (VALUES ('MAIL_KEYS', t.token_key), ('ADDRESS_KEYS', t.mac_key))
        AS named (ring, key_id)
    WHERE named.key_id IS NOT NULL AND t.spent_at IS NULL AND t.expires_at > clock_timestamp()
    GROUP BY named.ring, named.key_id
    UNION ALL
    SELECT 'EVENT_KEYS', 'event_seals', s.mac_key, count(*)
    FROM vault.event_seals s GROUP BY s.mac_key;
$$;

-- Takes every signing key but these out of what is published, at once: what they signed is worth
-- nothing from then on. Gives how many.
CREATE OR REPLACE FUNCTION api.withdraw_signing_keys_v1(p_keep text[], p_reason text)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_withdrawn text[];
BEGIN
    PERFORM vault.require_read_committed();
    PERFORM vault.lock_signing_key_changes();
    WITH withdrawn AS (
        UPDATE vault.signing_keys SET state = 'retired', retired_at = '-infinity'
        WHERE kid <> ALL (p_keep) AND retired_at IS DISTINCT FROM '-infinity'
        RETURNING kid
    )
    SELECT coalesce(array_agg(kid ORDER BY kid), ARRAY[]::text[]) INTO v_withdrawn FROM withdrawn;
    -- What a lockout took is now gone for good: there is nothing left to put back.
    PERFORM vault.lift_lockout('signing_keys', '', left(p_reason, 1000), NULL);
    PERFORM vault.record_event('site:signing_key:withdrawn', NULL, NULL, NULL, NULL, NULL, NULL,
                               jsonb_build_object('kids', v_withdrawn,
                                                  'reason', left(p_reason, 1000)));
    RETURN cardinality(v_withdrawn);
END
$$;

-- Notes what became of a ring outside the vault: added, activated, dropped; or that the rows of one
-- kind were put under its active key.
CREATE OR REPLACE FUNCTION api.note_key_change_v1(
    p_ring text, p_what text, p_key_id text, p_detail jsonb
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF coalesce(p_ring, '') !~ '^[A-Z_]{1,60}$' OR length(p_key_id) > 40
       OR coalesce(p_what, '') NOT IN ('added', 'activated', 'dropped', 'resealed')
       OR octet_length(p_detail::text) > 20000 THEN
        RETURN 'bad_request';
    END IF;
    PERFORM vault.record_event('site:keys:changed', NULL, NULL, NULL, NULL, NULL, NULL,
        coalesce(p_detail, '{}') || jsonb_build_object('ring', p_ring, 'what', p_what,
                                                       'key', p_key_id));
    RETURN 'noted';
END
$$;
