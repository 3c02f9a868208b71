-- What operators may look at on the page of one account or wiki. No secret, no address, and no name
-- that somebody gave to a thing of theirs.

-- How an account proves itself: how many of each kind, and since when. Where a set is replaced as a
-- whole, since when it is this one.
CREATE OR REPLACE VIEW views.factors AS
    SELECT p.account_id, 'password' AS kind, 1::bigint AS count, ARRAY[p.changed_at] AS added_at
    FROM vault.password_parameters p
    UNION ALL
    SELECT k.account_id, CASE k.kind WHEN 'web' THEN 'passkey' ELSE 'operator_passkey' END,
           count(*), array_agg(k.created_at ORDER BY k.created_at)
    FROM vault.passkeys k GROUP BY k.account_id, k.kind
    UNION ALL
    SELECT t.account_id, 'totp', count(*), array_agg(t.created_at ORDER BY t.created_at)
    FROM vault.totp_devices t GROUP BY t.account_id
    UNION ALL
    SELECT s.account_id, 'recovery_codes',
           (SELECT count(*) FROM vault.recovery_codes c WHERE c.account_id = s.account_id),
           ARRAY[s.created_at]
    FROM vault.recovery_code_sets s
    UNION ALL
    SELECT a.account_id, 'app_password', count(*), array_agg(a.created_at ORDER BY a.created_at)
    FROM vault.app_passwords a
    WHERE a.revoked_at IS NULL AND coalesce(a.expires_at > statement_timestamp(), true)
    GROUP BY a.account_id
    UNION ALL
    SELECT e.account_id, 'address', count(*), array_agg(e.verified_at ORDER BY e.verified_at)
    FROM vault.email_addresses e WHERE e.verified_at IS NOT NULL AND e.removed_at IS NULL
    GROUP BY e.account_id;

-- Sessions that ended within the hour, with each wiki of theirs and what became of telling it: told,
-- waiting, failed, or nothing, where it never asked to be told.
CREATE OR REPLACE VIEW views.logouts AS
    SELECT s.sid::text || ' ' || coalesce(w.client_id, '') AS id, s.account_id, s.sid,
           s.agent_label, s.ended_at, s.end_reason, w.client_id, w.name AS wiki,
           coalesce(job.state, '') AS state, job.last_error
    FROM vault.sessions s
    LEFT JOIN vault.session_wikis sw ON sw.sid = s.sid LEFT JOIN vault.wikis w USING (client_id)
    LEFT JOIN LATERAL (
        SELECT CASE WHEN o.done_at IS NOT NULL THEN 'told' WHEN o.buried_at IS NOT NULL THEN 'failed'
                    ELSE 'waiting' END AS state, o.last_error
        FROM vault.outbox o
        WHERE o.kind = 'backchannel_logout' AND o.account_id = s.account_id
          AND o.created_at > statement_timestamp() - interval '2 hours'
          AND o.payload ->> 'sid' = s.sid::text AND o.payload ->> 'client_id' = w.client_id
        ORDER BY o.id DESC LIMIT 1) job ON true
    WHERE s.kind = 'web' AND s.ended_at > statement_timestamp() - interval '1 hour';

-- The letters to an account of the last month: which, when, and what became of them.
CREATE OR REPLACE VIEW views.letters AS
    SELECT o.id, o.account_id, o.payload ->> 'template' AS template,
           o.payload ->> 'reference' AS reference, o.created_at,
           CASE WHEN o.done_at IS NOT NULL THEN 'done' WHEN o.buried_at IS NOT NULL THEN 'dead'
                ELSE 'due' END AS state,
           o.done_at, o.buried_at, o.last_error
    FROM vault.outbox o
    WHERE o.kind = 'letter' AND o.account_id IS NOT NULL
      AND o.created_at > statement_timestamp() - interval '30 days';

-- The last calls of a wiki and to it. Of what has not reached it no more than 1,000 are counted, so
-- that one that was away for a day is looked at as quickly as any.
CREATE OR REPLACE VIEW views.wiki_calls AS
    SELECT w.client_id, issued.at AS issued_at, redeemed.at AS redeemed_at,
           refreshed.at AS refreshed_at, refused.at AS refused_at, refused.why AS refused_why,
           told.done_at AS told_at, open.waiting, open.given_up, failed.last_error
    FROM vault.wikis w
    LEFT JOIN LATERAL (
        SELECT e.at FROM vault.events e
        WHERE e.client_id = w.client_id AND e.tag = 'wiki:sign_in:issued'
        ORDER BY e.id DESC LIMIT 1) issued ON true
    LEFT JOIN LATERAL (
        SELECT e.at FROM vault.events e
        WHERE e.client_id = w.client_id AND e.tag = 'wiki:code:redeemed'
        ORDER BY e.id DESC LIMIT 1) redeemed ON true
    LEFT JOIN LATERAL (
        SELECT e.at FROM vault.events e
        WHERE e.client_id = w.client_id AND e.tag = 'wiki:refresh:rotated'
        ORDER BY e.id DESC LIMIT 1) refreshed ON true
    LEFT JOIN LATERAL (
        SELECT newest.at, newest.detail ->> 'why' AS why FROM (
            (SELECT e.id, e.at, e.detail FROM vault.events e
             WHERE e.client_id = w.client_id AND e.tag = 'wiki:code:refused'
             ORDER BY e.id DESC LIMIT 1)
            UNION ALL
            (SELECT e.id, e.at, e.detail FROM vault.events e
             WHERE e.client_id = w.client_id AND e.tag = 'wiki:refresh:refused'
             ORDER BY e.id DESC LIMIT 1)) newest
        ORDER BY newest.id DESC LIMIT 1) refused ON true
    LEFT JOIN LATERAL (
        SELECT o.done_at FROM vault.outbox o
        WHERE o.kind = 'backchannel_logout' AND o.payload ->> 'client_id' = w.client_id
          AND o.done_at IS NOT NULL
        ORDER BY o.done_at DESC LIMIT 1) told ON true
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE late.buried_at IS NULL) AS waiting,
               count(*) FILTER (WHERE late.buried_at IS NOT NULL) AS given_up
        FROM (SELECT o.buried_at FROM vault.outbox o
              WHERE o.kind = 'backchannel_logout' AND o.payload ->> 'client_id' = w.client_id
                AND o.done_at IS NULL LIMIT 1000) late) open
    LEFT JOIN LATERAL (
        SELECT o.last_error FROM vault.outbox o
        WHERE o.kind = 'backchannel_logout' AND o.payload ->> 'client_id' = w.client_id
          AND o.done_at IS NULL AND o.last_error IS NOT NULL
        ORDER BY o.done_at DESC, o.id DESC LIMIT 1) failed ON true;
