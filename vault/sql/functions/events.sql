-- The audit trail's closed vocabulary. vault/events.py has the same list; a test compares them.

INSERT INTO vault.event_tags (tag) VALUES
    ('account:app_password:added'),
    ('account:app_password:refused'),
    ('account:app_password:revoked'),
    ('account:app_password:right'),
    ('account:browser:distrusted'),
    ('account:browser:spared'),
    ('account:browser:trusted'),
    ('account:consent:given'),
    ('account:consent:withdrawn'),
    ('account:create:console'),
    ('account:email:asked'),
    ('account:email:changed'),
    ('account:email:confirmed'),
    ('account:email:removed'),
    ('account:email:restored'),
    ('account:factor:exhausted'),
    ('account:factor:right'),
    ('account:factor:throttled'),
    ('account:factor:unjudged'),
    ('account:factor:wrong'),
    ('account:passkey:added'),
    ('account:passkey:counter'),
    ('account:passkey:refused'),
    ('account:passkey:removed'),
    ('account:passkey:right'),
    ('account:password:changed'),
    ('account:password:closed'),
    ('account:password:locked'),
    ('account:password:removed'),
    ('account:password:reset'),
    ('account:password:right'),
    ('account:password:throttled'),
    ('account:password:unjudged'),
    ('account:password:upgraded'),
    ('account:password:wrong'),
    ('account:recovery_codes:replaced'),
    ('account:session:disowned'),
    ('account:session:ended'),
    ('account:session:opened'),
    ('account:sign_up:refused'),
    ('account:sign_up:success'),
    ('account:token:mailed'),
    ('account:token:redeemed'),
    ('account:token:refused'),
    ('account:token:requested'),
    ('account:totp:added'),
    ('account:totp:opened'),
    ('account:totp:removed'),
    ('lockout:account:locked'),
    ('lockout:account:unlocked'),
    ('lockout:accounts:locked'),
    ('lockout:accounts:unlocked'),
    ('lockout:alert:acknowledged'),
    ('lockout:backends:ended'),
    ('lockout:guesses:cleared'),
    ('lockout:outbox:dropped'),
    ('lockout:outbox:revived'),
    ('lockout:reset:sent'),
    ('lockout:sessions:ended'),
    ('lockout:signing_keys:restored'),
    ('lockout:signing_keys:withdrawn'),
    ('lockout:site:closed'),
    ('lockout:site:opened'),
    ('lockout:site:sessions_ended'),
    ('lockout:token:revoked'),
    ('lockout:wiki:resumed'),
    ('lockout:wiki:suspended'),
    ('operator:address:searched'),
    ('operator:grant:console'),
    ('operator:invite:console'),
    ('operator:passkey:enrolled'),
    ('operator:passkey:removed'),
    ('operator:token:examined'),
    ('site:alert:raised'),
    ('site:keys:changed'),
    ('site:restore:applied'),
    ('site:restore:reapplied'),
    ('site:row:refused'),
    ('site:signing_key:added'),
    ('site:signing_key:withdrawn'),
    ('wiki:assertion:replayed'),
    ('wiki:code:redeemed'),
    ('wiki:code:refused'),
    ('wiki:grant:revoked'),
    ('wiki:refresh:refused'),
    ('wiki:refresh:rotated'),
    ('wiki:register:console'),
    ('wiki:register:operator'),
    ('wiki:registration:changed'),
    ('wiki:sign_in:issued')
ON CONFLICT DO NOTHING;

-- Notes that a row's MAC or seal is not ours: whoever wrote it had no key. One line a minute for
-- each thing is enough, so that a broken row asked for again and again does not fill the trail.
CREATE OR REPLACE FUNCTION api.report_row_v1(p_what text, p_subject text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
BEGIN
    PERFORM vault.require_read_committed();
    IF p_what IS NULL OR p_what !~ '^[a-z_]{1,30}$' OR length(coalesce(p_subject, '')) > 100
       OR EXISTS (SELECT FROM vault.events e WHERE e.tag = 'site:row:refused'
                  AND e.id > (SELECT coalesce(max(id), 0) - 10000 FROM vault.events)
                  AND e.at > clock_timestamp() - interval '1 minute'
                  AND e.detail ->> 'what' = p_what
                  AND e.detail ->> 'subject' = coalesce(p_subject, '')) THEN
        RETURN;
    END IF;
    PERFORM vault.record_event('site:row:refused', NULL, NULL, NULL, NULL, NULL, NULL,
        jsonb_build_object('what', p_what, 'subject', coalesce(p_subject, '')));
END
$$;
