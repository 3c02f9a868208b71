-- What else acts as a login, MACs for rows that decide who somebody is, and what watches the trail.

-- A MAC under a key that is not here: a row that a database writer made or changed is refused.
-- An empty one is nobody's; rows of before get theirs from the next migration.
ALTER TABLE vault.accounts
    ADD COLUMN mac bytea NOT NULL DEFAULT '',       -- over id and username
    ADD COLUMN mac_key text NOT NULL DEFAULT '';
ALTER TABLE vault.wikis
    ADD COLUMN mac bytea NOT NULL DEFAULT '',       -- over all that was registered
    ADD COLUMN mac_key text NOT NULL DEFAULT '';
ALTER TABLE vault.email_addresses
    ADD COLUMN mac bytea NOT NULL DEFAULT '',       -- over a confirmed address; empty until then
    ADD COLUMN mac_key text NOT NULL DEFAULT '';
ALTER TABLE vault.grants
    ADD COLUMN mac bytea NOT NULL DEFAULT '',       -- over all that it is trusted for
    ADD COLUMN mac_key text NOT NULL DEFAULT '';

-- An attempt gathers proofs; amr (RFC 8176) is derived from them.
ALTER TABLE vault.attempts ADD COLUMN proofs text[] NOT NULL DEFAULT '{password}';
ALTER TABLE vault.attempts DROP CONSTRAINT attempts_purpose_check;
ALTER TABLE vault.attempts ADD CONSTRAINT attempts_purpose_check
    CHECK (purpose IN ('sign_in', 'reauthenticate', 'operator', 'recover'));

INSERT INTO vault.policy (name, seconds) VALUES
    ('reset_token', 3600),
    ('confirm_token', 86400),
    ('invite_token', 259200),
    ('event_digests', 7776000);                     -- how long networks and agents say anything

CREATE TABLE vault.totp_devices (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES vault.accounts (id),
    name text NOT NULL,
    sealed_secret bytea NOT NULL,                   -- account and device as associated data
    secret_digest bytea NOT NULL,                   -- keyed: one secret is enrolled once an account
    digest_key text NOT NULL,
    last_step bigint NOT NULL DEFAULT -1,           -- the newest time step that was used
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at timestamptz
);
CREATE INDEX totp_devices_account ON vault.totp_devices (account_id);

CREATE TABLE vault.recovery_code_sets (
    account_id uuid PRIMARY KEY REFERENCES vault.accounts (id),
    salt bytea NOT NULL,
    memory_kib integer NOT NULL,
    time_cost integer NOT NULL,
    parallelism integer NOT NULL,
    pepper_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- Verifiers, alone; a used one is deleted.
CREATE TABLE vault.recovery_codes (
    account_id uuid,
    position smallint,
    digest_salt bytea,                              -- the same for the whole set
    digest bytea,                                   -- SHA-256(digest_salt || tag)
    proof bytea,                                    -- MAC over account and tag, under a key not here
    PRIMARY KEY (account_id, position)
);

CREATE TABLE vault.passkeys (
    credential_id bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES vault.accounts (id),
    user_handle bytea NOT NULL,
    public_key bytea NOT NULL,                      -- COSE (RFC 9052 section 7)
    aaguid uuid NOT NULL,
    is_synced boolean NOT NULL,                     -- backup eligible: not bound to one device
    backed_up boolean NOT NULL,
    transports text[] NOT NULL,
    name text NOT NULL,
    sign_count bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at timestamptz,
    mac bytea NOT NULL,
    mac_key text NOT NULL
);
CREATE INDEX passkeys_account ON vault.passkeys (account_id);

CREATE TABLE vault.app_passwords (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES vault.accounts (id),
    secret_hash bytea NOT NULL,                     -- SHA-256 of 160 random bits
    name text NOT NULL,
    scopes text[] NOT NULL,
    networks cidr[] NOT NULL,                       -- none: from anywhere
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    mac bytea NOT NULL,
    mac_key text NOT NULL
);
CREATE INDEX app_passwords_account ON vault.app_passwords (account_id);
CREATE INDEX app_passwords_secret ON vault.app_passwords (secret_hash);

-- Guesses at second factors and app passwords, and openings of TOTP secrets, between being charged
-- and being judged.
CREATE TABLE vault.factor_proposals (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind text NOT NULL,
    subject bytea NOT NULL,                         -- the budget it was charged to
    account_id uuid,
    attempt_hash bytea,
    sid uuid,
    digest bytea,                                   -- emptied by the verdict
    proposed_in xid8 NOT NULL,
    network bytea,
    agent bytea,
    proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome text
);
CREATE INDEX factor_proposals_age ON vault.factor_proposals (proposed_at);

-- Asked for by web, armed by the worker when it writes the letter: only then is there a token.
CREATE TABLE vault.mailed_tokens (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    purpose text NOT NULL,                          -- reset, confirm, invite
    account_id uuid NOT NULL REFERENCES vault.accounts (id),
    address_id uuid,
    account_epoch bigint NOT NULL,
    site_epoch bigint NOT NULL,
    browser_hash bytea,                             -- the browser that asked
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    token_hash bytea,                               -- NULL until it is armed
    mac bytea,                                      -- the worker's, over all of the above
    mac_key text,
    expires_at timestamptz,
    spent_at timestamptz
);
CREATE INDEX mailed_tokens_account ON vault.mailed_tokens (account_id, requested_at);
CREATE INDEX mailed_tokens_token ON vault.mailed_tokens (token_hash);

CREATE TABLE vault.refresh_tokens (
    token_hash bytea PRIMARY KEY,
    grant_id uuid NOT NULL REFERENCES vault.grants (id) ON DELETE CASCADE,
    issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    spent_at timestamptz,
    mac bytea NOT NULL,
    mac_key text NOT NULL
);
CREATE INDEX refresh_tokens_grant ON vault.refresh_tokens (grant_id);

ALTER TABLE vault.outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE vault.outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('letter', 'backchannel_logout', 'alert'));

-- What the worker has vouched for: each seal covers lines of the trail and the seal before it.
CREATE TABLE vault.event_seals (
    number bigint PRIMARY KEY,
    sealed_at timestamptz NOT NULL,
    ids int8multirange NOT NULL,
    lines integer NOT NULL,
    digest bytea NOT NULL,                          -- SHA-256 over the lines' digests, in order
    mac bytea NOT NULL,
    mac_key text NOT NULL
);
-- How far sealing has come. A hole is an id that was not there yet: its line may commit later.
CREATE TABLE vault.event_sealing (
    id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    number bigint NOT NULL DEFAULT 0,
    upto bigint NOT NULL DEFAULT 0,
    holes int8multirange NOT NULL DEFAULT '{}'
);
INSERT INTO vault.event_sealing DEFAULT VALUES;

-- What looked odd: one row a pattern and subject until it has been quiet, or somebody has seen it.
CREATE TABLE vault.alerts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL DEFAULT '',
    count bigint NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    first_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by uuid
);
CREATE UNIQUE INDEX alerts_one_open ON vault.alerts (kind, subject) WHERE closed_at IS NULL;
