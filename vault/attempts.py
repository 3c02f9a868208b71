"""What one flow has proven so far. The vault keeps the record; the flow carries its secret.

The record's row is under no MAC: its proofs are written by the database. So each process keeps what
it has heard itself, and believes the row no further.
"""

import hashlib
import secrets
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

SECRET_BYTES = 32
# As the vault's policy has it, with two minutes for clocks that differ.
_FRESH_SECONDS: Final = 300 + 120


def new_secret() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_hash(secret: bytes) -> bytes:
    """What the vault stores of a secret: its SHA-256."""
    return hashlib.sha256(secret).digest()


@dataclass(frozen=True)
class Attempt:
    """An open attempt: whose, what was proven (RFC 8176 ``amr``), and when (seconds since 1970).

    ``proofs`` are those that this site's processes have heard. ``factors`` are the second factors
    that the account holds: passkey, totp, recovery_codes.
    """

    secret: bytes = field(repr=False)
    purpose: str
    account_id: UUID
    username: str
    amr: tuple[str, ...]
    auth_time: int
    account_epoch: int
    site_epoch: int
    proofs: tuple[str, ...]
    factors: tuple[str, ...] = ()

    @classmethod
    def from_row(
        cls, secret: bytes, purpose: str, row: Mapping[str, Any], proofs: tuple[str, ...]
    ) -> "Attempt":
        """The attempt that a verdict has just opened, or added to, with what was heard for it."""
        return cls(
            secret=secret,
            purpose=purpose,
            account_id=row["account_id"],
            username=row["username"],
            amr=amr_of(proofs),
            auth_time=row["authenticated_at"],
            account_epoch=row["account_epoch"],
            site_epoch=row["site_epoch"],
            proofs=proofs,
            factors=tuple(row["factors"]),
        )


def heard(attempt: Attempt | None, *proofs: str) -> tuple[str, ...]:
    """What an attempt holds once these were heard as well, each once."""
    return tuple(dict.fromkeys((*(attempt.proofs if attempt is not None else ()), *proofs)))


def amr_of(proofs: Collection[str]) -> tuple[str, ...]:
    """What the proofs that were heard amount to (RFC 8176), as ``vault.amr_of`` has it in SQL.

    A row may hold more: of another tab, or written in. Then no session opens (``changed``).
    """
    held = set(proofs)
    password, code, key = (
        "password" in held,
        held & {"totp", "recovery_code"},
        held & {"hwk", "swk"},
    )
    amr = {
        "pwd": password,
        "otp": code,
        "hwk": "hwk" in held,
        "swk": "swk" in held,
        "user": key,
        "mfa": "uv" in held or (password and (code or key)),
    }
    return tuple(name for name, is_so in amr.items() if is_so)


def fresh_secret(attempt: Attempt, account_id: UUID) -> bytes | None:
    """The secret of what can be a fresh proof of that account's person; else None, nobody's.

    The vault looks at its row, by which somebody else's proof could be turned over to a session:
    whose it is and how old is known here as well.
    """
    is_fresh = (
        attempt.purpose == "reauthenticate"
        and attempt.account_id == account_id
        and attempt.auth_time > time.time() - _FRESH_SECONDS
    )
    return attempt.secret if is_fresh else None
