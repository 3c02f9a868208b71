-- What an OpenID Connect client may be beyond the family's own wikis: keys to authenticate with, pushed
-- requests, secrets that overlap, and what people let it know of them.

ALTER TABLE vault.wikis
    ADD COLUMN jwks text,                      -- its public keys (RFC 7517), as JSON
    ADD COLUMN jwks_uri text,                  -- or where it publishes them
    ADD COLUMN assertion_alg text,             -- the one algorithm of its assertions; NULL: any offered
    ADD COLUMN require_par boolean NOT NULL DEFAULT false,
    ADD COLUMN require_nonce boolean NOT NULL DEFAULT true,  -- of a wiki that is excused from PKCE
    ADD COLUMN policy_uri text,                -- what it does with what it is told
    ADD COLUMN older_secret_hash bytea,        -- the secret before this one, and until when it is good
    ADD COLUMN older_secret_ends_at bigint;    -- seconds since 1970

-- Claims that were asked for one by one, as 'userinfo.email' (OpenID Connect Core 1.0 section 5.5).
ALTER TABLE vault.grants ADD COLUMN claims text[] NOT NULL DEFAULT '{}';

-- What an account lets a wiki know, where that is not the family's own.
CREATE TABLE vault.consents (
    account_id uuid NOT NULL REFERENCES vault.accounts (id),
    client_id text NOT NULL REFERENCES vault.wikis (client_id),
    scopes text[] NOT NULL,
    given_at bigint NOT NULL,                  -- seconds since 1970
    mac bytea NOT NULL,
    mac_key text NOT NULL,
    PRIMARY KEY (account_id, client_id)
);

-- Assertions with which clients authenticated (RFC 7523 section 3): each is good once.
CREATE TABLE vault.spent_assertions (
    assertion_hash bytea PRIMARY KEY,          -- of client id and jti
    ends_at timestamptz NOT NULL               -- when it would be no good any more by itself
);
CREATE INDEX spent_assertions_end ON vault.spent_assertions (ends_at);

-- How old a signing key may become before the worker makes the next one.
INSERT INTO vault.policy (name, seconds) VALUES ('signing_key_age', 7776000);
