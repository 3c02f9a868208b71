-- Lockouts of more than one account: what is closed, by whom, since when, until when. What it does
-- stands in the rows that it changes; this is the record by which it is shown and undone.

CREATE TABLE vault.lockouts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('accounts', 'wiki', 'sign_up', 'sign_in', 'unknown_devices',
                                       'signing_keys')),
    subject text NOT NULL DEFAULT '',          -- a wiki's client id
    reason text NOT NULL,
    placed_by uuid,                            -- NULL: from the console
    placed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz,
    lifted_by uuid,
    lifted_at timestamptz,
    lift_reason text
);
CREATE UNIQUE INDEX lockouts_one_live ON vault.lockouts (kind, subject)
    WHERE lifted_at IS NULL AND kind <> 'accounts';
CREATE INDEX lockouts_live ON vault.lockouts (placed_at) WHERE lifted_at IS NULL;

-- What is closed already has its row.
INSERT INTO vault.lockouts (kind, subject, reason)
SELECT 'wiki', client_id, state_reason FROM vault.wikis WHERE state = 'suspended';
INSERT INTO vault.lockouts (kind, reason)
SELECT 'sign_up', 'closed before the upgrade' FROM vault.site WHERE NOT sign_up_open;
INSERT INTO vault.lockouts (kind, reason)
SELECT 'sign_in', 'closed before the upgrade' FROM vault.site WHERE NOT sign_in_open;

ALTER TABLE vault.account_locks
    ADD COLUMN ends_at timestamptz,
    ADD COLUMN keeps_sessions boolean NOT NULL DEFAULT false,  -- they rest, and come back with it
    ADD COLUMN told text NOT NULL DEFAULT '',                  -- what its owner may read of it
    ADD COLUMN lockout_id bigint REFERENCES vault.lockouts (id);  -- the list that it was on
CREATE INDEX account_locks_due ON vault.account_locks (ends_at)
    WHERE lifted_at IS NULL AND ends_at IS NOT NULL;
CREATE INDEX account_locks_lockout ON vault.account_locks (lockout_id) WHERE lifted_at IS NULL;

-- Only browsers that an account is known in may sign in to it.
ALTER TABLE vault.site ADD COLUMN sign_in_known_only boolean NOT NULL DEFAULT false;

-- Withdrawn by a lockout: not published and signing nothing while it holds.
ALTER TABLE vault.signing_keys ADD COLUMN lockout_id bigint;

-- Operators are told of what another one did.
ALTER TABLE vault.outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE vault.outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('letter', 'backchannel_logout', 'alert', 'reset_request', 'measure'));

-- What became of the last calls to a wiki.
CREATE INDEX outbox_wiki ON vault.outbox ((payload ->> 'client_id'), id)
    WHERE kind = 'backchannel_logout';
