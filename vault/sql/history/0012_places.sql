-- From where a session was opened, as coarsely as the site keeps it: a network's prefix, or nothing.
ALTER TABLE vault.sessions ADD COLUMN network text NOT NULL DEFAULT '';

-- What became of telling the wikis of a session, for its owner to see.
CREATE INDEX outbox_logouts ON vault.outbox (account_id, created_at)
    WHERE kind = 'backchannel_logout';
CREATE INDEX sessions_ended ON vault.sessions (account_id, ended_at) WHERE ended_at IS NOT NULL;
