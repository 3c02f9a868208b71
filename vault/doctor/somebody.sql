-- Somebody who never was: an account with one of everything, and a chief operator beside it, for
-- the length of a transaction that is rolled back. No number is taken from a sequence.

WITH site AS (
    SELECT epoch, to_timestamp(%(now)s) AS now FROM vault.site
), people AS (
    INSERT INTO vault.accounts (id, username) VALUES
        (%(account)s::uuid, %(username)s::text), (%(other)s::uuid, %(taken)s::text)
), names AS (
    INSERT INTO vault.usernames (username, account_id) VALUES
        (%(username)s::text, %(account)s::uuid), (%(taken)s::text, %(other)s::uuid)
), alike AS (
    INSERT INTO vault.skeletons (skeleton, username) VALUES (%(taken)s::text, %(taken)s::text)
), parameters AS (
    INSERT INTO vault.password_parameters (account_id, salt, memory_kib, time_cost, parallelism,
                                           pepper_id, proof)
    VALUES (%(account)s::uuid, %(salt)s::bytea, 8, 1, 1, 'doctor', %(digest)s::bytea)
), verifier AS (
    INSERT INTO vault.password_verifiers (account_id, digest_salt, digest)
    VALUES (%(account)s::uuid, %(digest)s::bytea, %(digest)s::bytea)
), operator AS (
    INSERT INTO vault.operators (account_id, level, granted_at, mac, mac_key)
    SELECT %(other)s::uuid, 'chief', now, %(digest)s::bytea, 'doctor' FROM site
), invite AS (
    INSERT INTO vault.operator_invites (token_hash, account_id, expires_at, mac, mac_key)
    SELECT sha256(%(invite)s::bytea), %(other)s::uuid, now + interval '1 hour', %(digest)s::bytea,
           'doctor' FROM site
), sessions AS (
    INSERT INTO vault.sessions (sid, secret_hash, kind, account_id, account_epoch, site_epoch, amr,
        authenticated_at, created_at, expires_at, idle_seconds, kept, last_seen_at,
        agent_label, mac, mac_key, proven_at)
    SELECT sid, sha256(secret), kind, account, 1, site.epoch, '{pwd,otp,mfa}', site.now, site.now,
           site.now + interval '1 hour', 600, false, site.now, 'doctor', %(digest)s::bytea, 'doctor',
           CASE kind WHEN 'operator' THEN site.now END
    FROM site, (VALUES
        (%(sid)s::uuid, %(session)s::bytea, 'web', %(account)s::uuid),
        (%(operator_sid)s::uuid, %(operator_session)s::bytea, 'operator', %(other)s::uuid)
    ) AS s (sid, secret, kind, account)
), attempts AS (
    INSERT INTO vault.attempts (secret_hash, account_id, account_epoch, site_epoch, purpose, amr,
                                proofs, authenticated_at, sid, expires_at)
    SELECT sha256(secret), account, 1, site.epoch, purpose, '{pwd,otp,mfa}', proofs::text[],
           site.now, sid, site.now + interval '10 minutes'
    FROM site, (VALUES
        (%(sign_in)s::bytea, %(account)s::uuid, 'sign_in', '{password,totp}', NULL),
        (%(fresh_proof)s::bytea, %(account)s::uuid, 'reauthenticate', '{password,totp}',
         %(sid)s::uuid),
        (%(recovery)s::bytea, %(account)s::uuid, 'recover', '{letter,totp}', NULL),
        (%(operator_attempt)s::bytea, %(other)s::uuid, 'operator', '{hwk,uv}', NULL)
    ) AS a (secret, account, purpose, proofs, sid)
), wiki AS (
    INSERT INTO vault.wikis (client_id, name, first_party, token_endpoint_auth_method, home_uri,
        redirect_uris, post_logout_redirect_uris, response_types, require_pkce, id_token_alg, scopes)
    VALUES (%(client_id)s::text, 'doctor', false, 'none', %(uri)s::text, ARRAY[%(uri)s::text], '{}',
            '{code}', true, 'RS256', '{openid,offline_access}')
), consent AS (
    INSERT INTO vault.consents (account_id, client_id, scopes, given_at, mac, mac_key)
    VALUES (%(account)s::uuid, %(client_id)s::text, '{openid,offline_access}', %(now)s::bigint,
            %(digest)s::bytea, 'doctor')
), visited AS (
    INSERT INTO vault.session_wikis (sid, client_id) VALUES (%(sid)s::uuid, %(client_id)s::text)
), grants AS (
    INSERT INTO vault.grants (id, code_hash, client_id, sid, account_id, account_epoch, site_epoch,
        redirect_uri, code_challenge, scopes, issued_at, expires_at, redeemed_at)
    SELECT id, sha256(code), %(client_id)s::text, %(sid)s::uuid, %(account)s::uuid, 1, site.epoch,
           %(uri)s::text, %(challenge)s::text, '{openid,offline_access}', site.now,
           site.now + interval '1 minute', CASE WHEN is_redeemed THEN site.now END
    FROM site, (VALUES
        (%(grant)s::uuid, %(code)s::bytea, false),
        (%(redeemed_grant)s::uuid, %(refresh_token)s::bytea, true)
    ) AS g (id, code, is_redeemed)
), refresh_token AS (
    INSERT INTO vault.refresh_tokens (token_hash, grant_id, expires_at, mac, mac_key)
    SELECT sha256(%(refresh_token)s::bytea), %(redeemed_grant)s::uuid, now + interval '1 hour',
           %(digest)s::bytea, 'doctor' FROM site
), addresses AS (
    INSERT INTO vault.email_addresses (id, account_id, sealed, lookup_digest, lookup_key,
                                       is_primary, verified_at)
    SELECT id, %(account)s::uuid, %(sealed)s::bytea, digest, 'doctor', is_primary,
           CASE WHEN is_primary THEN site.now END
    FROM site, (VALUES (%(address)s::uuid, %(digest)s::bytea, true),
                       (%(new_address)s::uuid, %(salt)s::bytea, false)) AS e (id, digest, is_primary)
), totp AS (
    INSERT INTO vault.totp_devices (id, account_id, name, sealed_secret, secret_digest, digest_key)
    VALUES (%(totp)s::uuid, %(account)s::uuid, 'doctor', %(sealed)s::bytea, %(digest)s::bytea,
            'doctor')
), code_set AS (
    INSERT INTO vault.recovery_code_sets (account_id, salt, memory_kib, time_cost, parallelism,
                                          pepper_id)
    VALUES (%(account)s::uuid, %(salt)s::bytea, 8, 1, 1, 'doctor')
), codes AS (
    INSERT INTO vault.recovery_codes (account_id, position, digest_salt, digest, proof)
    VALUES (%(account)s::uuid, 1, %(salt)s::bytea, %(digest)s::bytea, %(digest)s::bytea)
), passkey AS (
    INSERT INTO vault.passkeys (credential_id, account_id, user_handle, public_key, aaguid,
        is_synced, backed_up, transports, name, sign_count, mac, mac_key, kind)
    SELECT credential, account, %(digest)s::bytea, %(sealed)s::bytea, account, false, false,
           '{usb}', 'doctor', 0, %(digest)s::bytea, 'doctor', kind
    FROM (VALUES (%(credential)s::bytea, %(account)s::uuid, 'web'),
                 (%(operator_credential)s::bytea, %(other)s::uuid, 'operator'),
                 (%(other_credential)s::bytea, %(other)s::uuid, 'operator')
    ) AS k (credential, account, kind)
), device AS (
    INSERT INTO vault.device_credentials (secret_hash, account_id, id, trusted_at, trusted_until,
                                          mac, mac_key)
    SELECT sha256(%(device)s::bytea), %(account)s::uuid, %(trusted)s::uuid, now,
           %(now)s::bigint + 3600, %(digest)s::bytea, 'doctor' FROM site
), app_password AS (
    INSERT INTO vault.app_passwords (id, account_id, secret_hash, name, scopes, networks,
                                     created_at, mac, mac_key)
    SELECT %(app_password)s::uuid, %(account)s::uuid, sha256(%(app_secret)s::bytea), 'doctor', '{}',
           '{}', now, %(digest)s::bytea, 'doctor' FROM site
), tokens AS (
    INSERT INTO vault.mailed_tokens (id, purpose, account_id, address_id, account_epoch, site_epoch,
                                     browser_hash, token_hash, mac, mac_key, expires_at, sid)
    SELECT id, purpose, %(account)s::uuid, address, 1, site.epoch, sha256(%(browser)s::bytea),
           sha256(token), %(digest)s::bytea, 'doctor', site.now + interval '1 hour', sid
    FROM site, (VALUES
        (%(reset)s::uuid, 'reset', %(address)s::uuid, %(reset_token)s::bytea, NULL),
        (%(confirm)s::uuid, 'confirm', %(new_address)s::uuid, %(confirm_token)s::bytea, NULL),
        (%(undo)s::uuid, 'undo', %(address)s::uuid, %(undo_token)s::bytea, NULL),
        (%(disown)s::uuid, 'disown', %(address)s::uuid, %(disown_token)s::bytea, %(sid)s::uuid),
        (%(unarmed)s::uuid, 'confirm', %(new_address)s::uuid, NULL, NULL)
    ) AS t (id, purpose, address, token, sid)
), guess AS (
    INSERT INTO vault.password_proposals (id, subject, account_id, digest, proposed_in, purpose,
                                          attempt_hash)
    VALUES (%(guess)s::uuid, %(salt)s::bytea, %(account)s::uuid, %(digest)s::bytea, '3', 'sign_in',
            %(salt)s::bytea)
), factors AS (
    INSERT INTO vault.factor_proposals (id, kind, subject, account_id, attempt_hash, digest,
                                        proposed_in, outcome)
    SELECT id, kind, %(salt)s::bytea, %(account)s::uuid, sha256(%(sign_in)s::bytea),
           %(digest)s::bytea, '3', outcome
    FROM (VALUES (%(totp_guess)s::uuid, 'totp', NULL), (%(opening)s::uuid, 'totp', 'opened'),
                 (%(code_guess)s::uuid, 'recovery_code', NULL),
                 (%(app_guess)s::uuid, 'app_password', NULL),
                 (%(recovery_guess)s::uuid, 'recovery', NULL)) AS f (id, kind, outcome)
)
INSERT INTO vault.outbox (id, kind, payload, account_id) OVERRIDING SYSTEM VALUE
VALUES (%(job)s::bigint, 'letter', '{}', %(account)s::uuid),
       (%(request)s::bigint, 'reset_request', jsonb_build_object(
            'username', %(username)s::text, 'browser', '', 'language', 'en', 'digests', '[]'::jsonb),
        NULL)
