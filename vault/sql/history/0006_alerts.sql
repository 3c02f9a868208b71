-- What alerts need beside their own rows.

-- How often things happened in each ten minutes of the last day: what is usual.
CREATE TABLE vault.usual_rates (
    kind text NOT NULL,
    slot timestamptz NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (kind, slot)
);

-- Dead letters are few among all that was sent.
CREATE INDEX outbox_dead ON vault.outbox (buried_at) WHERE buried_at IS NOT NULL;
