-- Accounts for the benchmark, straight into the vault's tables; run by a superuser in one go.
--
-- Everything about account n follows from n, so that bench/vault_asks.py can ask for any of them
-- without having met it. A column without a default that the vault grows is added here.

-- Nothing refers to what isn't here; a million look-ups to prove it would take most of the time.
SET LOCAL session_replication_role = replica;
SET LOCAL synchronous_commit = off;

-- UUIDv7 (RFC 9562 section 5.7): a sign-up every five minutes since 2015.
CREATE TEMPORARY TABLE people ON COMMIT DROP AS
SELECT n,
       (encode(substring(int8send(1420070400000 + n * 300000) FROM 3), 'hex') || '7'
        || substring(random FOR 3) || '8' || substring(random FROM 4 FOR 15))::uuid AS id,
       'B' || substring(encode(sha256(convert_to('name ' || n, 'UTF8')), 'hex') FOR 15) AS username,
       sha256(convert_to('tag ' || n, 'UTF8')) AS tag,
       sha256(convert_to('device ' || n, 'UTF8')) AS device,
       sha256(convert_to('salt ' || n, 'UTF8')) AS salt
FROM generate_series(1, current_setting('bench.accounts')::bigint) AS n,
     LATERAL (SELECT encode(sha256(convert_to('id ' || n, 'UTF8')), 'hex')) AS r (random);

-- No key vouches for these names: only a process that holds one would miss it, and none is asked.
INSERT INTO vault.accounts (id, username, mac, mac_key)
SELECT id, username, sha256(salt), 'k1' FROM people ORDER BY n;

INSERT INTO vault.usernames (username, account_id)
SELECT username, id FROM people ORDER BY n;

INSERT INTO vault.password_parameters (account_id, salt, memory_kib, time_cost, parallelism,
                                       pepper_id, proof)
SELECT p.id, substring(p.salt FOR 16), s.argon2_memory_kib, s.argon2_time_cost,
       s.argon2_parallelism, s.pepper_id, sha256(p.salt)
FROM people p, vault.site s ORDER BY p.n;

INSERT INTO vault.password_verifiers (account_id, digest_salt, digest)
SELECT id, salt, sha256(salt || tag) FROM people ORDER BY n;

-- Half of the accounts have had a guess before, and a quarter have a known device.
INSERT INTO vault.guess_budgets (subject, day)
SELECT uuid_send(id), vault.today() FROM people WHERE get_byte(uuid_send(id), 15) < 128 ORDER BY n;

INSERT INTO vault.device_credentials (secret_hash, account_id)
SELECT sha256(device), id FROM people WHERE n % 4 = 0 ORDER BY n;
