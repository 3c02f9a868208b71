"""Challenges of passkeys' ceremonies: each is presented once, whatever comes of it.

A challenge travels sealed in its page's form; only what was presented is remembered.
"""

from vault import connection
from vault.attempts import secret_hash
from vault.errors import VaultRefused


def spend(challenge: bytes) -> bool:
    """Spends a challenge; False when it was presented before. Raises ``VaultUnavailable``."""
    status = connection.row(
        "SELECT api.spend_challenge_v1(%(hash)s) AS status", {"hash": secret_hash(challenge)}
    )["status"]
    if status not in ("spent", "replayed"):
        raise VaultRefused("spend_challenge", status)
    return bool(status == "spent")
