"""Assertions with which wikis authenticate: each is good once, in whichever process it is shown."""

import hashlib

from vault import connection
from vault.errors import VaultRefused


def spend(client_id: str, jti: str, *, ends_at: int) -> bool:
    """Spends a wiki's assertion; False when it was shown before, which is written down.

    ``ends_at`` is when it is no good any more by itself, in seconds since 1970. The caller has
    verified it. Raises ``VaultUnavailable``.
    """
    # No client id has a NUL, so that no two pairs are the same bytes.
    shown = f"{client_id}\0{jti}".encode("utf-8", "surrogatepass")
    status = connection.row(
        "SELECT api.spend_assertion_v1(%(client_id)s, %(hash)s, %(ends_at)s) AS status",
        {
            "client_id": client_id,
            "hash": hashlib.sha256(shown).digest(),
            "ends_at": ends_at,
        },
    )["status"]
    if status not in ("spent", "replayed"):
        raise VaultRefused("spend_assertion", status)
    return bool(status == "spent")
