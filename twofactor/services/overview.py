"""What somebody has for their second step, as their pages show it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts.services.sessions import Session
from vault import recovery_codes, totp
from vault.totp import OwnApp

FEW_CODES: Final = 3


@dataclass(frozen=True)
class Overview:
    """One's apps, the oldest first, and how many recovery codes are left since when."""

    apps: list[OwnApp]
    codes_left: int
    codes_made_at: datetime | None

    @property
    def are_codes_few(self) -> bool:
        """Whether it is time for new codes."""
        return self.codes_left <= FEW_CODES


def overview_of(session: Session) -> Overview:
    """What this session's person has. Raises ``VaultUnavailable``."""
    codes = recovery_codes.own_codes(session)
    return Overview(
        totp.own_apps(session),
        codes.codes_left if codes is not None else 0,
        codes.created_at if codes is not None else None,
    )
