"""What is alive in the vault: whatever may act, lets somebody in, or decides who may."""

from typing import Final

import psycopg

_EPOCHS = "a.epoch = {0}.account_epoch AND site.epoch = {0}.site_epoch AND a.state = 'active'"
_ALIVE: Final = f"""
SELECT 'session ' || s.sid || encode(s.secret_hash, 'hex')
FROM vault.sessions s JOIN vault.accounts a ON a.id = s.account_id CROSS JOIN vault.site
WHERE s.ended_at IS NULL AND s.expires_at > clock_timestamp() AND {_EPOCHS.format("s")}
UNION ALL
SELECT 'proof ' || encode(t.secret_hash, 'hex') || t.proofs::text
FROM vault.attempts t JOIN vault.accounts a ON a.id = t.account_id CROSS JOIN vault.site
WHERE t.consumed_at IS NULL AND t.expires_at > clock_timestamp() AND {_EPOCHS.format("t")}
UNION ALL
SELECT 'grant ' || g.id || (g.redeemed_at IS NOT NULL)
FROM vault.grants g WHERE vault.is_grant_alive(g)
UNION ALL
SELECT 'refresh token ' || encode(r.token_hash, 'hex')
FROM vault.refresh_tokens r JOIN vault.grants g ON g.id = r.grant_id
WHERE r.spent_at IS NULL AND vault.is_grant_alive(g)
UNION ALL
SELECT 'letter ' || id || (token_hash IS NOT NULL) FROM vault.mailed_tokens WHERE spent_at IS NULL
UNION ALL
SELECT 'account ' || id || username FROM vault.accounts
UNION ALL
SELECT 'password ' || account_id || encode(digest, 'hex') FROM vault.password_verifiers
UNION ALL
SELECT 'passkey ' || encode(credential_id, 'hex') || name FROM vault.passkeys
UNION ALL
SELECT 'app ' || id || name FROM vault.totp_devices
UNION ALL
SELECT 'recovery code ' || account_id || encode(digest, 'hex') FROM vault.recovery_codes
UNION ALL
SELECT 'address ' || id || is_primary || (verified_at IS NOT NULL) FROM vault.email_addresses
WHERE removed_at IS NULL
UNION ALL
SELECT 'trusted browser ' || id FROM vault.device_credentials WHERE trusted_until IS NOT NULL
"""


def alive(admin: psycopg.Connection) -> set[str]:
    """One line for each such thing: its kind, and what tells it apart."""
    return {str(row[0]) for row in admin.execute(_ALIVE)}
