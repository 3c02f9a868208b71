-- The vault's tables. Only authsite_owner reads or writes them; everybody else asks functions.
--
-- Secrets are kept as digests; what must be read again is sealed with a key that is not here.
-- No table that holds a verifier has a constraint whose error could print it (see vault/README.md).

CREATE SCHEMA vault;    -- tables and private helpers: no other role has USAGE
CREATE SCHEMA api;      -- functions that other roles may call, versioned by name
CREATE SCHEMA views;    -- what operators may read: no secrets

-- One row: what holds for the whole site.
CREATE TABLE vault.site (
    id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    epoch bigint NOT NULL DEFAULT 1,           -- raising it ends every session and token at once
    secret bytea NOT NULL,                     -- makes decoys and subjects; never leaves the vault
    sign_up_open boolean NOT NULL DEFAULT true,
    sign_in_open boolean NOT NULL DEFAULT true,
    argon2_memory_kib integer NOT NULL DEFAULT 19456,  -- what an unknown name's challenge shows
    argon2_time_cost integer NOT NULL DEFAULT 2,
    argon2_parallelism integer NOT NULL DEFAULT 1,
    pepper_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Upper bounds in seconds that no web process can exceed.
CREATE TABLE vault.policy (
    name text PRIMARY KEY,
    seconds bigint NOT NULL CHECK (seconds > 0)
);
INSERT INTO vault.policy (name, seconds) VALUES
    ('attempt', 600),
    ('fresh_proof', 300),
    ('code', 60),
    ('session_idle', 43200),
    ('session_absolute', 86400),
    ('kept_session_idle', 2592000),
    ('kept_session_absolute', 31536000),
    ('operator_session_idle', 900),
    ('operator_session_absolute', 28800),
    ('proposal', 60);

CREATE TABLE vault.accounts (
    id uuid PRIMARY KEY,                       -- the `sub` of every assertion
    username text NOT NULL UNIQUE,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'locked')),
    epoch bigint NOT NULL DEFAULT 1,           -- raising it ends this account's sessions and tokens
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Every name that was ever given out: none is given twice.
CREATE TABLE vault.usernames (
    username text PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES vault.accounts (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX usernames_account ON vault.usernames (account_id);

-- Skeletons in use (UTS 39). Sign-up must win each of its name's; an import may find one taken and
-- go on, since existing wikis hold look-alikes.
CREATE TABLE vault.skeletons (
    skeleton text PRIMARY KEY,
    username text NOT NULL
);

-- How to compute a password's tag. The verifier itself stands alone in the next table.
CREATE TABLE vault.password_parameters (
    account_id uuid PRIMARY KEY REFERENCES vault.accounts (id),
    scheme text NOT NULL DEFAULT 'argon2id',
    salt bytea NOT NULL,
    memory_kib integer NOT NULL,
    time_cost integer NOT NULL,
    parallelism integer NOT NULL,
    pepper_id text NOT NULL,
    proof bytea NOT NULL,                      -- MAC over account and tag, under a key not here
    inner_scheme jsonb,                        -- for a verifier laid over another scheme's digest
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE vault.password_verifiers (
    account_id uuid PRIMARY KEY,
    digest_salt bytea,
    digest bytea                               -- SHA-256(digest_salt || tag)
);

-- Guesses: one row per account, and a bounded number of rows for names that nobody has.
CREATE TABLE vault.guess_budgets (
    subject bytea PRIMARY KEY,
    in_a_row integer NOT NULL DEFAULT 0,
    next_at timestamptz,
    day date NOT NULL,
    day_count integer NOT NULL DEFAULT 0
);

-- A guess between being charged and being judged.
CREATE TABLE vault.password_proposals (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    subject bytea NOT NULL,
    account_id uuid,
    digest bytea,                              -- emptied by the verdict
    proposed_in xid8 NOT NULL,
    purpose text NOT NULL,
    attempt_hash bytea NOT NULL,
    sid uuid,
    network bytea,
    agent bytea,
    proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome text
);
CREATE INDEX password_proposals_age ON vault.password_proposals (proposed_at);

-- What one flow has proven so far.
CREATE TABLE vault.attempts (
    secret_hash bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES vault.accounts (id),
    account_epoch bigint NOT NULL,
    site_epoch bigint NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('sign_in', 'reauthenticate', 'operator')),
    amr text[] NOT NULL,
    authenticated_at timestamptz NOT NULL,
    wrong_factors integer NOT NULL DEFAULT 0,
    sid uuid,
    expires_at timestamptz NOT NULL,
    consumed_at timestamptz
);
CREATE INDEX attempts_age ON vault.attempts (expires_at);

CREATE TABLE vault.sessions (
    sid uuid PRIMARY KEY,
    secret_hash bytea NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('web', 'operator')),
    account_id uuid NOT NULL REFERENCES vault.accounts (id),
    account_epoch bigint NOT NULL,
    site_epoch bigint NOT NULL,
    amr text[] NOT NULL,
    authenticated_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    idle_seconds integer NOT NULL,
    kept boolean NOT NULL,
    last_seen_at timestamptz NOT NULL,
    agent_label text NOT NULL DEFAULT '',
    mac bytea NOT NULL,
    mac_key text NOT NULL,
    ended_at timestamptz,
    end_reason text
);
CREATE INDEX sessions_account ON vault.sessions (account_id) WHERE ended_at IS NULL;

CREATE TABLE vault.wikis (
    client_id text PRIMARY KEY,
    name text NOT NULL,
    first_party boolean NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended')),
    state_reason text NOT NULL DEFAULT '',
    secret_hash bytea,
    token_endpoint_auth_method text NOT NULL,
    home_uri text NOT NULL,
    redirect_uris text[] NOT NULL,
    post_logout_redirect_uris text[] NOT NULL,
    backchannel_logout_uri text,
    response_types text[] NOT NULL,
    require_pkce boolean NOT NULL,
    id_token_alg text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Which wikis a session has signed in to: whom to tell when it ends.
CREATE TABLE vault.session_wikis (
    sid uuid NOT NULL REFERENCES vault.sessions (sid),
    client_id text NOT NULL REFERENCES vault.wikis (client_id),
    first_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (sid, client_id)
);

-- One answer to one authorization request: its code, and what comes from it.
CREATE TABLE vault.grants (
    id uuid PRIMARY KEY,
    code_hash bytea UNIQUE,
    client_id text NOT NULL REFERENCES vault.wikis (client_id),
    sid uuid NOT NULL REFERENCES vault.sessions (sid),
    account_id uuid NOT NULL,
    account_epoch bigint NOT NULL,
    site_epoch bigint NOT NULL,
    redirect_uri text NOT NULL,
    code_challenge text,
    nonce text,
    scopes text[] NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    redeemed_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX grants_age ON vault.grants (issued_at);

CREATE TABLE vault.signing_keys (
    kid text PRIMARY KEY,
    alg text NOT NULL,
    state text NOT NULL CHECK (state IN ('next', 'active', 'retired')),
    public_jwk jsonb NOT NULL,
    sealed_private bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    retired_at timestamptz
);
CREATE UNIQUE INDEX signing_keys_one_active ON vault.signing_keys (alg) WHERE state = 'active';

CREATE TABLE vault.email_addresses (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES vault.accounts (id),
    sealed bytea NOT NULL,
    lookup_digest bytea NOT NULL,
    lookup_key text NOT NULL,
    is_primary boolean NOT NULL,
    verified_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX email_addresses_account ON vault.email_addresses (account_id);
CREATE INDEX email_addresses_lookup ON vault.email_addresses (lookup_digest);
CREATE UNIQUE INDEX email_addresses_one_primary
    ON vault.email_addresses (account_id) WHERE is_primary;

CREATE TABLE vault.operators (
    account_id uuid PRIMARY KEY REFERENCES vault.accounts (id),
    level text NOT NULL CHECK (level IN ('looker', 'locker', 'chief')),
    granted_by uuid,
    granted_at timestamptz NOT NULL,
    mac bytea NOT NULL,
    mac_key text NOT NULL,
    revoked_at timestamptz
);

CREATE TABLE vault.account_locks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES vault.accounts (id),
    reason text NOT NULL,
    placed_by uuid,                            -- NULL: from the console
    placed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    lifted_by uuid,
    lifted_at timestamptz,
    lift_reason text
);
CREATE UNIQUE INDEX account_locks_one_live
    ON vault.account_locks (account_id) WHERE lifted_at IS NULL;

-- What leaves the site: written in the transaction that causes it, sent by the worker.
CREATE TABLE vault.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('letter', 'backchannel_logout')),
    payload jsonb NOT NULL,
    account_id uuid,
    sealed_address bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    not_before timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries integer NOT NULL DEFAULT 0,
    done_at timestamptz,
    buried_at timestamptz,
    last_error text
);
CREATE INDEX outbox_due ON vault.outbox (not_before) WHERE done_at IS NULL AND buried_at IS NULL;

-- The audit trail's closed vocabulary, and the trail.
CREATE TABLE vault.event_tags (
    tag text PRIMARY KEY
);
CREATE TABLE vault.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tag text NOT NULL REFERENCES vault.event_tags (tag),
    account_id uuid,
    sid uuid,
    client_id text,
    actor_id uuid,                             -- the operator who acted, if one did
    network bytea,                             -- salted digests, so that they can be dropped later
    agent bytea,
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX events_account ON vault.events (account_id, id);

-- A salt a day for the digests of networks and agents; without it they say nothing.
CREATE TABLE vault.event_salts (
    day date PRIMARY KEY,
    salt bytea NOT NULL
);
