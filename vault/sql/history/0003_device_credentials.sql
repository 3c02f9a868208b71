-- Browsers that have signed in to an account: each has a budget of guesses of its own, so that
-- strangers cannot keep the owner out there.

CREATE TABLE vault.device_credentials (
    secret_hash bytea NOT NULL,
    account_id uuid NOT NULL REFERENCES vault.accounts (id),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (secret_hash, account_id)
);
CREATE INDEX device_credentials_account ON vault.device_credentials (account_id, last_used_at);
