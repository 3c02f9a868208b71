-- How sure a sign-in has to be for a wiki, and what was asked for when a grant was issued.

-- The floor that no request lowers, and what is asked for where a wiki asks for nothing. The row's
-- MAC covers both where one differs from these defaults, so that rows of before keep theirs.
ALTER TABLE vault.wikis
    ADD COLUMN least_acr text NOT NULL DEFAULT 'aal1',           -- aal1, aal2, phr
    ADD COLUMN default_acr_values text[] NOT NULL DEFAULT '{}';  -- in order of preference

-- Until the code is redeemed, the levels that the wiki listed, in order of preference. The grant's
-- MAC covers them where there are any.
ALTER TABLE vault.grants ADD COLUMN acr_values text[] NOT NULL DEFAULT '{}';
