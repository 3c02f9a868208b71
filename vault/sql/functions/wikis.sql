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
-- has checked the metadata (RFC 7591 section 2). Statuses: registered, taken, bad_request.
CREATE OR REPLACE FUNCTION vault.register_wiki(p_registration jsonb, p_actor uuid) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_wiki vault.wikis := jsonb_populate_record(NULL::vault.wikis, p_registration);
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_mac(v_wiki.mac, v_wiki.mac_key) THEN
        RETURN 'bad_request';
    END IF;
    v_wiki.state := 'active';
    v_wiki.state_reason := '';
    v_wiki.created_at := clock_timestamp();
    INSERT INTO vault.wikis SELECT v_wiki.* ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'taken';
    END IF;
    PERFORM vault.record_event(
        CASE WHEN p_actor IS NULL THEN 'wiki:register:console' ELSE 'wiki:register:operator' END,
        NULL, NULL, v_wiki.client_id, p_actor, NULL, NULL);
    RETURN 'registered';
END
$$;

-- Registers a wiki anew under its client id; p_old_mac is that of the registration which the caller has
-- read, so that nobody's change is lost. Its state and its age stay. What it was given and may not have
-- any more is dead. Statuses: changed, moved (somebody else was faster), unknown, bad_request.
CREATE OR REPLACE FUNCTION vault.change_wiki(p_registration jsonb, p_old_mac bytea, p_actor uuid)
RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_old vault.wikis%ROWTYPE;
    v_wiki vault.wikis := jsonb_populate_record(NULL::vault.wikis, p_registration);
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_mac(v_wiki.mac, v_wiki.mac_key) THEN
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
    UPDATE vault.grants SET revoked_at = clock_timestamp()
    WHERE client_id = v_wiki.client_id AND revoked_at IS NULL
      AND (NOT scopes <@ v_wiki.scopes OR v_old.first_party AND NOT v_wiki.first_party);
    PERFORM vault.record_event('wiki:registration:changed', NULL, NULL, v_wiki.client_id, p_actor,
                               NULL, NULL);
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
