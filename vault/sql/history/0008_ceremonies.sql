-- What passkeys' ceremonies, trusted browsers and the operators' own sign-in need.

-- Challenges that were presented: each is good for one ceremony, whatever became of it. By their
-- SHA-256; the challenge itself travels sealed in the page's form.
CREATE TABLE vault.spent_challenges (
    challenge_hash bytea PRIMARY KEY,
    spent_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX spent_challenges_age ON vault.spent_challenges (spent_at);

-- A passkey belongs to one of the two sites, whose names differ: none works at the other.
ALTER TABLE vault.passkeys
    ADD COLUMN kind text NOT NULL DEFAULT 'web',            -- web, operator
    ADD COLUMN knows_user boolean NOT NULL DEFAULT false;   -- it has verified its user once

-- A known browser may be trusted for a while: it is then not asked for a code. The MAC is over
-- account, secret's digest and end, under a key that is not here.
ALTER TABLE vault.device_credentials
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN label text NOT NULL DEFAULT '',
    ADD COLUMN trusted_at timestamptz,
    ADD COLUMN trusted_until bigint,                        -- seconds since 1970
    ADD COLUMN mac bytea NOT NULL DEFAULT '',
    ADD COLUMN mac_key text NOT NULL DEFAULT '',
    ADD COLUMN passkey_offered_at timestamptz;              -- a passkey is offered there once
CREATE UNIQUE INDEX trusted_browsers_by_id ON vault.device_credentials (id)
    WHERE trusted_until IS NOT NULL;

-- How far a clock may be off for the codes of one app, in steps of 30 seconds either way.
ALTER TABLE vault.totp_devices ADD COLUMN clock_window smallint NOT NULL DEFAULT 1;

INSERT INTO vault.policy (name, seconds) VALUES ('trusted_browser', 7776000);
