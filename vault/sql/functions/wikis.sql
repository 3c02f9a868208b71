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

-- Registers a wiki, of which p_registration has each column but its state (bytea as '\x...'). The caller
-- has checked the metadata (RFC 7591 section 2). An operator (p_actor; NULL is the console) says why, and
-- the others are told. Statuses: registered, taken, bad_request.
CREATE OR REPLACE FUNCTION vault.register_wiki(
    p_registration jsonb, p_actor uuid, p_reason text DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_wiki vault.wikis := jsonb_populate_record(NULL::vault.wikis, p_registration);
    v_tag text := CASE WHEN p_actor IS NULL THEN 'wiki:register:console'
                       ELSE 'wiki:register:operator' END;
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_mac(v_wiki.mac, v_wiki.mac_key)
       OR (p_actor IS NOT NULL AND NOT vault.is_reason(p_reason)) THEN
        RETURN 'bad_request';
    END IF;
    v_wiki.state := 'active';
    v_wiki.state_reason := '';
    v_wiki.created_at := clock_timestamp();
    INSERT INTO vault.wikis SELECT v_wiki.* ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'taken';
    END IF;
    PERFORM vault.record_event(v_tag, NULL, NULL, v_wiki.client_id, p_actor, NULL, NULL,
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
-- any more is dead. Statuses: changed, moved (somebody else was faster), unknown, bad_request.
CREATE OR REPLACE FUNCTION vault.change_wiki(
    p_registration jsonb, p_old_mac bytea, p_actor uuid, p_reason text DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_old vault.wikis%ROWTYPE;
    v_wiki vault.wikis := jsonb_populate_record(NULL::vault.wikis, p_registration);
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_mac(v_wiki.mac, v_wiki.mac_key)
       OR (p_actor IS NOT NULL AND NOT vault.is_reason(p_reason)) THEN
        RETURN 'bad_request';
    END IF;
    SELECT * INTO v_old FROM vault.wikis WHERE client_id = v_wiki.client_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    IF v_old.mac IS DISTINCT FROM p_old_mac THEN
        RETURN 'moved';
    END IF;
    UPDATE vault.wikis SET name = v_wiki.name, first_party = v_wiki.first_party,
        secret_hash = v_wiki.secret_hash,
        token_endpoint_auth_method = v_wiki.token_endpoint_auth_method,
        home_uri = v_wiki.home_uri, redirect_uris = v_wiki.redirect_uris,
        post_logout_redirect_uris = v_wiki.post_logout_redirect_uris,
        backchannel_logout_uri = v_wiki.backchannel_logout_uri,
        response_types = v_wiki.response_types, require_pkce = v_wiki.require_pkce,
        id_token_alg = v_wiki.id_token_alg, scopes = v_wiki.scopes, least_acr = v_wiki.least_acr,
        default_acr_values = v_wiki.default_acr_values, jwks = v_wiki.jwks,
        jwks_uri = v_wiki.jwks_uri, assertion_alg = v_wiki.assertion_alg,
        require_par = v_wiki.require_par, require_nonce = v_wiki.require_nonce,
        policy_uri = v_wiki.policy_uri, older_secret_hash = v_wiki.older_secret_hash,
        older_secret_ends_at = v_wiki.older_secret_ends_at, mac = v_wiki.mac,
        mac_key = v_wiki.mac_key
    WHERE client_id = v_wiki.client_id;
    -- People agreed to tell these things at that host: of other things, or elsewhere, they are asked anew.
    -- Before the grants: whoever withdraws a consent takes them in that order.
    DELETE FROM vault.consents
    WHERE client_id = v_wiki.client_id
      AND (NOT scopes <@ v_wiki.scopes
           OR NOT vault.hosts_of(v_wiki.redirect_uris) <@ vault.hosts_of(v_old.redirect_uris));
    UPDATE vault.grants SET revoked_at = clock_timestamp()
    WHERE client_id = v_wiki.client_id AND revoked_at IS NULL
      AND (NOT scopes <@ v_wiki.scopes OR NOT vault.covers_claims(v_wiki.scopes, claims)
           OR v_old.first_party AND NOT v_wiki.first_party);
    PERFORM vault.record_event('wiki:registration:changed', NULL, NULL, v_wiki.client_id, p_actor,
                               NULL, NULL, vault.lockout_detail(p_reason, NULL));
    IF p_actor IS NOT NULL THEN
        PERFORM vault.tell_operators('wiki:registration:changed', p_actor, 1);
    END IF;
    RETURN 'changed';
END
$$;

CREATE OR REPLACE FUNCTION api.console_register_wiki_v1(p_registration jsonb) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.register_wiki(p_registration, NULL);
$$;

CREATE OR REPLACE FUNCTION api.console_change_wiki_v1(p_registration jsonb, p_old_mac bytea)
RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
    SELECT vault.change_wiki(p_registration, p_old_mac, NULL);
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
    v_proven record := vault.proven_operator(p_session, 'chief', NULL);
BEGIN
    RETURN CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                ELSE vault.register_wiki(p_registration, v_proven.account_id, p_reason) END;
END
$$;

CREATE OR REPLACE FUNCTION api.change_wiki_v1(
    p_session bytea, p_registration jsonb, p_old_mac bytea, p_reason text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    v_proven record := vault.proven_operator(p_session, 'chief', NULL);
BEGIN
    RETURN CASE WHEN v_proven.status <> 'proven' THEN v_proven.status
                ELSE vault.change_wiki(p_registration, p_old_mac, v_proven.account_id, p_reason) END;
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
