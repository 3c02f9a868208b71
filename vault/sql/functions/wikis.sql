-- Wikis: OpenID Connect clients that an operator registered.

-- A wiki's row has a MAC over all that was registered, which web and the worker check: what a
-- database writer registers or changes is as if it did not exist. Its state is outside the MAC.

-- What web knows of one wiki. The secret is 256 random bits, so that its digest gives nothing away.
CREATE OR REPLACE FUNCTION api.find_wiki_v1(p_client_id text) RETURNS SETOF vault.wikis
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM vault.wikis WHERE client_id = p_client_id;
$$;

-- The family's wikis in service, for the front page.
CREATE OR REPLACE FUNCTION api.list_wikis_v1() RETURNS SETOF vault.wikis
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM vault.wikis w
    WHERE w.state = 'active' AND w.first_party ORDER BY w.name;
$$;

-- A list of texts: a JSON array of strings. What a column would make of anything else is not asked.
CREATE OR REPLACE FUNCTION vault.is_list(p_list jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN jsonb_typeof(p_list) = 'array'
                THEN NOT EXISTS (SELECT FROM jsonb_array_elements(p_list) one
                                 WHERE jsonb_typeof(one) <> 'string')
                ELSE false END;
$$;

-- The row of a registration that has each column but state and age (bytea as '\x...'); NULL where it is
-- none that could be kept. It never raises: its callers have more to lose than one answer.
CREATE OR REPLACE FUNCTION vault.read_wiki(p_registration jsonb) RETURNS vault.wikis
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_wiki vault.wikis;
BEGIN
    IF EXISTS (SELECT FROM pg_attribute a
               WHERE a.attrelid = 'vault.wikis'::regclass AND a.atttypid = 'text[]'::regtype
                 AND NOT vault.is_list(p_registration -> a.attname::text)) THEN
        RETURN NULL;
    END IF;
    v_wiki := jsonb_populate_record(NULL::vault.wikis, p_registration);
    v_wiki.state := 'active';
    v_wiki.state_reason := '';
    v_wiki.created_at := statement_timestamp();
    IF NOT vault.is_mac(v_wiki.mac, v_wiki.mac_key)
       OR octet_length(v_wiki.client_id) NOT BETWEEN 1 AND 200
       OR EXISTS (SELECT FROM pg_attribute a
                  WHERE a.attrelid = 'vault.wikis'::regclass AND a.attnum > 0 AND a.attnotnull
                    AND to_jsonb(v_wiki) ->> a.attname IS NULL) THEN
        RETURN NULL;
    END IF;
    RETURN v_wiki;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN NULL;
END
$$;

-- Registers a wiki (vault.read_wiki; NULL is none). The caller has checked the metadata (RFC 7591
-- section 2). An operator (p_actor; NULL is the console) says why, and the others are told. Statuses:
-- registered, taken, bad_request (no reason), unreadable (a fault of the caller's own).
CREATE OR REPLACE FUNCTION vault.register_wiki(
    p_wiki vault.wikis, p_actor uuid, p_reason text DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_tag text := CASE WHEN p_actor IS NULL THEN 'wiki:register:console'
                       ELSE 'wiki:register:operator' END;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_wiki.client_id IS NULL THEN
        RETURN 'unreadable';
    END IF;
    IF p_actor IS NOT NULL AND NOT vault.is_reason(p_reason) THEN
        RETURN 'bad_request';
    END IF;
    INSERT INTO vault.wikis SELECT p_wiki.* ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'taken';
    END IF;
    PERFORM vault.record_event(v_tag, NULL, NULL, p_wiki.client_id, p_actor, NULL, NULL,
                               vault.lockout_detail(p_reason, NULL));
    IF p_actor IS NOT NULL THEN
        PERFORM vault.tell_operators(v_tag, p_actor, 1);
    END IF;
    RETURN 'registered';
END
$$;

-- Host and port of each address.
CREATE OR REPLACE FUNCTION vault.hosts_of(p_uris text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT split_part(split_part(uri, '/', 3), '?', 1)), '{}')
    FROM unnest(p_uris) uri;
$$;

-- Registers a wiki anew under its client id; p_old_mac is that of the registration which the caller has
-- read, so that nobody's change is lost. Its state and its age stay. What it was given and may not have
-- any more is dead. Statuses: changed, moved (somebody else was faster), unknown, bad_request,
-- unreadable.
CREATE OR REPLACE FUNCTION vault.change_wiki(
    p_wiki vault.wikis, p_old_mac bytea, p_actor uuid, p_reason text DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_old vault.wikis%ROWTYPE;
BEGIN
    PERFORM vault.require_read_committed();
    IF p_wiki.client_id IS NULL THEN
        RETURN 'unreadable';
    END IF;
    IF p_actor IS NOT NULL AND NOT vault.is_reason(p_reason) THEN
        RETURN 'bad_request';
    END IF;
    SELECT * INTO v_old FROM vault.wikis WHERE client_id = p_wiki.client_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    IF v_old.mac IS DISTINCT FROM p_old_mac THEN
        RETURN 'moved';
    END IF;
    UPDATE vault.wikis SET name = p_wiki.name, first_party = p_wiki.first_party,
        secret_hash = p_wiki.secret_hash,
        token_endpoint_auth_method = p_wiki.token_endpoint_auth_method,
        home_uri = p_wiki.home_uri, redirect_uris = p_wiki.redirect_uris,
        post_logout_redirect_uris = p_wiki.post_logout_redirect_uris,
        backchannel_logout_uri = p_wiki.backchannel_logout_uri,
        response_types = p_wiki.response_types, require_pkce = p_wiki.require_pkce,
        id_token_alg = p_wiki.id_token_alg, scopes = p_wiki.scopes, least_acr = p_wiki.least_acr,
        default_acr_values = p_wiki.default_acr_values, jwks = p_wiki.jwks,
        jwks_uri = p_wiki.jwks_uri, assertion_alg = p_wiki.assertion_alg,
        require_par = p_wiki.require_par, require_nonce = p_wiki.require_nonce,
        policy_uri = p_wiki.policy_uri, older_secret_hash = p_wiki.older_secret_hash,
        older_secret_ends_at = p_wiki.older_secret_ends_at, mac = p_wiki.mac,
        mac_key = p_wiki.mac_key
    WHERE client_id = p_wiki.client_id;
    -- People agreed to tell these things at that host: of other things, or elsewhere, they are asked anew.
    -- Before the grants: whoever withdraws a consent takes them in that order.
    DELETE FROM vault.consents
    WHERE client_id = p_wiki.client_id
      AND (NOT scopes <@ p_wiki.scopes
           OR NOT vault.hosts_of(p_wiki.redirect_uris) <@ vault.hosts_of(v_old.redirect_uris));
    UPDATE vault.grants SET revoked_at = clock_timestamp()
    WHERE client_id = p_wiki.client_id AND revoked_at IS NULL
      AND (NOT scopes <@ p_wiki.scopes OR NOT vault.covers_claims(p_wiki.scopes, claims)
           OR v_old.first_party AND NOT p_wiki.first_party);
    PERFORM vault.record_event('wiki:registration:changed', NULL, NULL, p_wiki.client_id, p_actor,
                               NULL, NULL, vault.lockout_detail(p_reason, NULL));
    IF p_actor IS NOT NULL THEN
        PERFORM vault.tell_operators('wiki:registration:changed', p_actor, 1);
    END IF;
    RETURN 'changed';
END
$$;

CREATE OR REPLACE FUNCTION api.console_register_wiki_v1(p_registration jsonb) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.register_wiki(vault.read_wiki(p_registration), NULL);
$$;

CREATE OR REPLACE FUNCTION api.console_change_wiki_v1(p_registration jsonb, p_old_mac bytea)
RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.change_wiki(vault.read_wiki(p_registration), p_old_mac, NULL);
$$;

CREATE OR REPLACE FUNCTION api.console_list_wikis_v1() RETURNS SETOF vault.wikis
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM vault.wikis w ORDER BY w.name, w.client_id;
$$;

-- A registration as a whole, for an operator who may change it: who computes its new MAC needs all of the
-- old row. The digests of its secrets are among it; they are of 256 random bits and give nothing away.
CREATE OR REPLACE FUNCTION api.operator_wiki_v1(p_session bytea, p_client_id text)
RETURNS SETOF vault.wikis
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.* FROM vault.wikis w
    WHERE w.client_id = p_client_id AND vault.acting_operator(p_session, 'chief') IS NOT NULL;
$$;

-- Statuses: as above; 'forbidden' and 'unproven' as with every measure (vault.proven_operator).
CREATE OR REPLACE FUNCTION api.register_wiki_v1(
    p_session bytea, p_registration jsonb, p_reason text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_wiki vault.wikis := vault.read_wiki(p_registration);
    v_proven record;
BEGIN
    -- Before the passkey is taken for shown: what the caller's process wrote wrongly costs nobody a
    -- proof. A reason that is missing is the operator's own, and does.
    IF v_wiki.client_id IS NULL THEN
        RETURN 'unreadable';
    END IF;
    v_proven := vault.proven_operator(p_session, 'chief', NULL);
    RETURN CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                ELSE vault.register_wiki(v_wiki, v_proven.account_id, p_reason) END;
END
$$;

CREATE OR REPLACE FUNCTION api.change_wiki_v1(
    p_session bytea, p_registration jsonb, p_old_mac bytea, p_reason text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_wiki vault.wikis := vault.read_wiki(p_registration);
    v_proven record;
BEGIN
    -- Before the passkey is taken for shown: what the caller's process wrote wrongly costs nobody a
    -- proof. A reason that is missing is the operator's own, and does.
    IF v_wiki.client_id IS NULL THEN
        RETURN 'unreadable';
    END IF;
    v_proven := vault.proven_operator(p_session, 'chief', NULL);
    RETURN CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                ELSE vault.change_wiki(v_wiki, p_old_mac, v_proven.account_id, p_reason) END;
END
$$;

-- For the console: the wikis that are called so, by client id or by name, with their last calls.
CREATE OR REPLACE FUNCTION api.console_wikis_v1(p_called text)
RETURNS TABLE (client_id text, state_reason text, issued_at timestamptz, redeemed_at timestamptz,
               refused_at timestamptz, refused_why text, told_at timestamptz, waiting bigint,
               given_up bigint, last_error text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.client_id, w.state_reason, c.issued_at, c.redeemed_at, c.refused_at, c.refused_why,
           c.told_at, c.waiting, c.given_up, c.last_error
    FROM vault.wikis w JOIN views.wiki_calls c ON c.client_id = w.client_id
    WHERE p_called IN (w.client_id, w.name) ORDER BY w.client_id;
$$;
