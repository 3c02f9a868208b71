-- A number per account that every attempt carries: raising it voids what was proven so far, wherever it
-- was, without touching a row of it.
ALTER TABLE vault.accounts ADD COLUMN proofs_epoch bigint NOT NULL DEFAULT 0;
ALTER TABLE vault.attempts ADD COLUMN proofs_epoch bigint NOT NULL DEFAULT 0;

-- Browsers' secrets that leaked: none is known to anybody any more, also when its owner comes with it.
CREATE TABLE vault.refused_devices (
    secret_hash bytea PRIMARY KEY,
    refused_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
