-- What letters need: a code to type, ways to undo and to disown, and a limit for each address.

-- In which language to write to somebody when it is not they who ask: that of their last sign-in.
ALTER TABLE vault.accounts ADD COLUMN language text NOT NULL DEFAULT 'en';

ALTER TABLE vault.mailed_tokens
    ADD COLUMN code_hash bytea,                     -- of the code in the same letter; NULL until armed
    ADD COLUMN sid uuid;                            -- the session that the letter asks about
CREATE INDEX mailed_tokens_code ON vault.mailed_tokens (code_hash);

-- A confirmed address that was taken away stays until nobody can undo that any more.
ALTER TABLE vault.email_addresses ADD COLUMN removed_at timestamptz;

-- When an address, by its keyed digest, last got letters that strangers can ask for: three at most.
CREATE TABLE vault.address_letters (
    lookup_digest bytea PRIMARY KEY,
    sent timestamptz[] NOT NULL                     -- the latest first
);

-- From where an account was signed in to, by digests under the site's secret.
CREATE TABLE vault.known_networks (
    account_id uuid NOT NULL REFERENCES vault.accounts (id),
    network bytea NOT NULL,
    last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account_id, network)
);

ALTER TABLE vault.outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE vault.outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('letter', 'backchannel_logout', 'alert', 'reset_request'));
CREATE INDEX outbox_account ON vault.outbox (account_id, id) WHERE kind = 'letter';

INSERT INTO vault.policy (name, seconds) VALUES ('undo_token', 604800), ('disown_token', 604800);
