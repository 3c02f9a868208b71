-- Links by which operators enrol a passkey at their own site, and fresh proofs within their sessions.

-- A link is printed at the console, is good once, and for three days. Here it is by its SHA-256; the
-- MAC over that, account and end is under a key that is not here.
CREATE TABLE vault.operator_invites (
    token_hash bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES vault.accounts (id),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    spent_at timestamptz,                           -- used, or void since there is a newer one
    mac bytea NOT NULL,
    mac_key text NOT NULL
);
CREATE INDEX operator_invites_account ON vault.operator_invites (account_id);
CREATE INDEX operator_invites_age ON vault.operator_invites (expires_at);

-- When the passkey of an operator's session was last shown anew; a lockout uses that up.
ALTER TABLE vault.sessions ADD COLUMN proven_at timestamptz;
