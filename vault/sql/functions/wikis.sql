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

-- Registers a wiki. The caller has checked the metadata (RFC 7591 section 2). Statuses: registered,
-- taken, bad_request.
CREATE OR REPLACE FUNCTION api.register_wiki_v1(
    p_client_id text, p_name text, p_first_party boolean, p_secret_hash bytea, p_auth_method text,
    p_home_uri text, p_redirect_uris text[], p_post_logout_redirect_uris text[],
    p_backchannel_logout_uri text, p_response_types text[], p_require_pkce boolean,
    p_id_token_alg text, p_scopes text[], p_least_acr text, p_default_acr_values text[],
    p_mac bytea, p_mac_key text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF NOT vault.is_mac(p_mac, p_mac_key) THEN
        RETURN 'bad_request';
    END IF;
    INSERT INTO vault.wikis (client_id, name, first_party, secret_hash, token_endpoint_auth_method,
        home_uri, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri,
        response_types, require_pkce, id_token_alg, scopes, least_acr, default_acr_values, mac,
        mac_key)
    VALUES (p_client_id, p_name, p_first_party, p_secret_hash, p_auth_method, p_home_uri,
        p_redirect_uris, p_post_logout_redirect_uris, p_backchannel_logout_uri,
        p_response_types, p_require_pkce, p_id_token_alg, p_scopes, p_least_acr,
        p_default_acr_values, p_mac, p_mac_key)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'taken';
    END IF;
    PERFORM vault.record_event('wiki:register:console', NULL, NULL, p_client_id, NULL, NULL, NULL);
    RETURN 'registered';
END
$$;
