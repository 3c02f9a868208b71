-- The keys that sign assertions, sealed. What is published is made from what a seal holds: a public
-- half that somebody writes here is nobody's.

-- Whether a key stands in the published set: until a day after it was replaced, unless withdrawn, for
-- good or by a lockout.
CREATE OR REPLACE FUNCTION vault.is_published(p_key vault.signing_keys) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p_key.lockout_id IS NULL AND (p_key.state <> 'retired'
        OR p_key.retired_at > clock_timestamp() - interval '1 day');
$$;

-- Whether a hint that a key signed is believed (OpenID Connect RP-Initiated Logout 1.0 section 2): a wiki may
-- keep an ID token for as long as its session lives, and come with it a year later. The day is for those that
-- the key signed while the next one was only published. Never by one that was withdrawn.
CREATE OR REPLACE FUNCTION vault.verifies_hints(p_key vault.signing_keys) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT vault.is_published(p_key) OR (p_key.lockout_id IS NULL
        AND p_key.retired_at > clock_timestamp() - interval '1 day'
            - make_interval(secs => vault.policy_seconds('kept_session_absolute')));
$$;

-- What is published, and which of it signs. A key that was replaced signs on for an hour: until then
-- somebody may hold a copy of the published set that lacks the new one, which is 'next' meanwhile.
CREATE OR REPLACE FUNCTION api.signing_keys_v1()
RETURNS TABLE (kid text, alg text, state text, sealed_private bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.kid, k.alg,
           CASE WHEN k.kid = signer.kid THEN 'active' WHEN k.state = 'active' THEN 'next'
                ELSE k.state END,
           k.sealed_private
    FROM vault.signing_keys k
    LEFT JOIN LATERAL (
        SELECT s.kid FROM vault.signing_keys s
        WHERE s.alg = k.alg AND s.lockout_id IS NULL AND (s.state = 'active'
                                 OR s.retired_at > clock_timestamp() - interval '1 hour')
        ORDER BY s.retired_at NULLS LAST LIMIT 1
    ) AS signer ON true
    WHERE vault.is_published(k)
    ORDER BY k.alg, k.created_at DESC;
$$;

-- Keys that are published no more, for hints alone.
CREATE OR REPLACE FUNCTION api.past_signing_keys_v1()
RETURNS TABLE (kid text, alg text, sealed_private bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.kid, k.alg, k.sealed_private FROM vault.signing_keys k
    WHERE vault.verifies_hints(k) AND NOT vault.is_published(k)
    ORDER BY k.retired_at DESC;
$$;

-- The published halves as the table has them, for whoever only has to say whether a token that turned
-- up is ours. A writer of the database could add one: nothing is opened by it.
CREATE OR REPLACE FUNCTION api.published_keys_v1()
RETURNS TABLE (kid text, alg text, public_jwk jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.kid, k.alg, k.public_jwk FROM vault.signing_keys k WHERE vault.is_published(k);
$$;

-- One at a time, before any other lock: whoever adds keys, takes them out of service or puts them back.
-- Nobody else locks that row.
CREATE OR REPLACE FUNCTION vault.lock_signing_key_changes() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM vault.policy WHERE name = 'signing_key_age' FOR UPDATE;
END
$$;

-- Stores a key, whose arguments were checked; an active one takes over from the key of that algorithm that
-- was active, which stays published for a day.
CREATE OR REPLACE FUNCTION vault.store_signing_key(
    p_kid text, p_alg text, p_state text, p_public_jwk jsonb, p_sealed_private bytea, p_detail jsonb
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_state = 'active' THEN
        UPDATE vault.signing_keys SET state = 'retired', retired_at = clock_timestamp()
        WHERE alg = p_alg AND state = 'active';
    END IF;
    INSERT INTO vault.signing_keys (kid, alg, state, public_jwk, sealed_private)
    VALUES (p_kid, p_alg, p_state, p_public_jwk, p_sealed_private);
    PERFORM vault.record_event('site:signing_key:added', NULL, NULL, NULL, NULL, NULL, NULL,
        p_detail || jsonb_build_object('kid', p_kid, 'alg', p_alg, 'state', p_state));
END
$$;

-- The console's: whenever the owner says so.
CREATE OR REPLACE FUNCTION api.add_signing_key_v1(
    p_kid text, p_alg text, p_state text, p_public_jwk jsonb, p_sealed_private bytea
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.lock_signing_key_changes();
    PERFORM vault.store_signing_key(p_kid, p_alg, p_state, p_public_jwk, p_sealed_private, '{}');
END
$$;

-- Algorithms whose active key is older than the policy says. None while a lockout of the keys holds: what
-- signs then is for the console to say.
CREATE OR REPLACE FUNCTION vault.due_signing_keys() RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.alg FROM vault.signing_keys k
    WHERE k.state = 'active' AND k.lockout_id IS NULL
      AND k.created_at < clock_timestamp()
                         - make_interval(secs => vault.policy_seconds('signing_key_age'))
      AND NOT EXISTS (SELECT FROM vault.lockouts l
                      WHERE l.kind = 'signing_keys' AND l.lifted_at IS NULL)
    ORDER BY k.alg;
$$;

CREATE OR REPLACE FUNCTION api.due_signing_keys_v1() RETURNS TABLE (alg text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT due FROM vault.due_signing_keys() AS due;
$$;

-- The worker's: the next key of an algorithm, where it is due, and once however many workers come with one.
-- Asked first without the lock, so that nobody holds up a lockout by asking for what is not due. Statuses:
-- added, not_due, bad_request.
CREATE OR REPLACE FUNCTION api.rotate_signing_key_v1(
    p_kid text, p_alg text, p_public_jwk jsonb, p_sealed_private bytea
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF coalesce(p_kid, '') !~ '^[A-Za-z0-9_-]{43}$'
       OR coalesce(jsonb_typeof(p_public_jwk), '') <> 'object'
       OR octet_length(p_public_jwk::text) > 4000
       OR coalesce(octet_length(p_sealed_private), 0) NOT BETWEEN 40 AND 8000
       OR EXISTS (SELECT FROM vault.signing_keys WHERE kid = p_kid) THEN
        RETURN 'bad_request';
    END IF;
    IF coalesce(p_alg, '') NOT IN (SELECT vault.due_signing_keys()) THEN
        RETURN 'not_due';
    END IF;
    PERFORM vault.lock_signing_key_changes();
    IF coalesce(p_alg, '') NOT IN (SELECT vault.due_signing_keys()) THEN
        RETURN 'not_due';
    END IF;
    PERFORM vault.store_signing_key(p_kid, p_alg, 'active', p_public_jwk, p_sealed_private,
                                    jsonb_build_object('by', 'worker'));
    RETURN 'added';
END
$$;
