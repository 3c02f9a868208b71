"""What one flow has proven so far. The vault keeps the record; the flow carries its secret."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

SECRET_BYTES = 32


def new_secret() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_hash(secret: bytes) -> bytes:
    """What the vault stores of a secret: its SHA-256."""
    return hashlib.sha256(secret).digest()


@dataclass(frozen=True)
class Attempt:
    """An open attempt: whose, what was proven (RFC 8176 ``amr``), and when (seconds since 1970).

    ``factors`` are the second factors that the account holds: passkey, totp, recovery_codes.
    """

    secret: bytes = field(repr=False)
    purpose: str
    account_id: UUID
    username: str
    amr: tuple[str, ...]
    auth_time: int
    account_epoch: int
    site_epoch: int
    factors: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, secret: bytes, purpose: str, row: Mapping[str, Any]) -> "Attempt":
        """The attempt that a verdict has just opened."""
        return cls(
            secret=secret,
            purpose=purpose,
            account_id=row["account_id"],
            username=row["username"],
            amr=tuple(row["amr"]),
            auth_time=row["authenticated_at"],
            account_epoch=row["account_epoch"],
            site_epoch=row["site_epoch"],
            factors=tuple(row["factors"]),
        )
