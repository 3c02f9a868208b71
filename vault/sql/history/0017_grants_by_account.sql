-- What a wiki was given is revoked when its consent is withdrawn: by account. Apart from 0016, so that
-- nobody waits for it to be built but those who would write a grant.
CREATE INDEX grants_account ON vault.grants (account_id);
