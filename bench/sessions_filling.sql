-- One live session for each of the accounts that vault_filling.sql made; run by a superuser in one go.
--
-- Session n follows from n, so that bench/everybody_out.py can come with any of them. A column
-- without a default that vault.sessions grows is added here.

-- Nothing refers to what isn't here; a million look-ups to prove it would take most of the time.
SET LOCAL session_replication_role = replica;
SET LOCAL synchronous_commit = off;

-- No key vouches for these rows: only a process that holds one would miss it, and none is asked.
INSERT INTO vault.sessions (sid, secret_hash, kind, account_id, account_epoch, site_epoch, amr,
                            authenticated_at, created_at, expires_at, idle_seconds, kept,
                            last_seen_at, agent_label, mac, mac_key)
SELECT substring(encode(sha256(convert_to('sid ' || n, 'UTF8')), 'hex') FOR 32)::uuid,
       sha256(sha256(convert_to('session ' || n, 'UTF8'))), 'web', a.id, a.epoch, site.epoch,
       '{pwd}', clock_timestamp(), clock_timestamp(), clock_timestamp() + interval '365 days',
       2592000, true, clock_timestamp(), 'Firefox on Linux',
       sha256(convert_to('mac ' || n, 'UTF8')), 'k1'
FROM generate_series(1, current_setting('bench.accounts')::bigint) AS n
JOIN vault.accounts a
  ON a.username = 'B' || substring(encode(sha256(convert_to('name ' || n, 'UTF8')), 'hex') FOR 15)
CROSS JOIN vault.site
ORDER BY n;
