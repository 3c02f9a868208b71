-- The audit trail's closed vocabulary. vault/events.py has the same list; a test compares them.

INSERT INTO vault.event_tags (tag) VALUES
    ('account:create:console'),
    ('account:password:changed'),
    ('account:password:closed'),
    ('account:password:locked'),
    ('account:password:right'),
    ('account:password:throttled'),
    ('account:password:unjudged'),
    ('account:password:upgraded'),
    ('account:password:wrong'),
    ('account:session:ended'),
    ('account:session:opened'),
    ('account:sign_up:refused'),
    ('account:sign_up:success'),
    ('lockout:account:locked'),
    ('lockout:account:unlocked'),
    ('lockout:backends:ended'),
    ('lockout:sessions:ended'),
    ('lockout:wiki:resumed'),
    ('lockout:wiki:suspended'),
    ('operator:grant:console'),
    ('site:signing_key:added'),
    ('wiki:code:redeemed'),
    ('wiki:code:refused'),
    ('wiki:register:console'),
    ('wiki:sign_in:issued')
ON CONFLICT DO NOTHING;
