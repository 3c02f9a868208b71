-- What operators did, found among any number of events: they are few, so that this stays small.

CREATE INDEX events_lockouts ON vault.events (id) WHERE tag LIKE 'lockout:%';
