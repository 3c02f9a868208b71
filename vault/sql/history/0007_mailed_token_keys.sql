-- A mailed token names the key that made it, so that a resend after a change of keys carries the same
-- one; and it is bound to the very address that its letter went to.
ALTER TABLE vault.mailed_tokens
    ADD COLUMN token_key text,                      -- NULL until it is armed
    ADD COLUMN mailed_to bytea;                     -- the worker's MAC over the address
