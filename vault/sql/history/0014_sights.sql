-- What the operator's pages show at a glance, however long the trail and the outbox are.

-- Sign-ins and failures of each half-hour of the last day, once it is over.
CREATE TABLE vault.sign_in_counts (
    slot timestamptz PRIMARY KEY,
    signed_in bigint NOT NULL,
    wrong_passwords bigint NOT NULL,
    wrong_factors bigint NOT NULL,
    turned_away bigint NOT NULL
);

-- When a wiki last did what: the newest event of each kind.
CREATE INDEX events_wiki ON vault.events (client_id, tag, id) WHERE client_id IS NOT NULL;

-- The logouts of a wiki by what became of them: when it was last told stands at one end, what has not
-- reached it at the other.
DROP INDEX vault.outbox_wiki;
CREATE INDEX outbox_wiki ON vault.outbox ((payload ->> 'client_id'), done_at, id)
    WHERE kind = 'backchannel_logout';
