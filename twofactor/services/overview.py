"""What somebody has for their second step, as their pages show it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts.services.second_factors import has_password
from accounts.services.sessions import Session
from twofactor.services import passkeys
from twofactor.services.passkeys import ShownPasskey
from vault import recovery_codes, totp
from vault.totp import OwnApp

FEW_CODES: Final = 3
ENOUGH_PASSKEYS: Final = 2  # to do without a password


@dataclass(frozen=True)
class Overview:
    """One's passkeys and apps, the oldest first, and how many recovery codes are left."""

    passkeys: list[ShownPasskey]
    apps: list[OwnApp]
    codes_left: int
    codes_made_at: datetime | None
    has_password: bool

    @property
    def is_on(self) -> bool:
        """Whether signing in takes more than a password."""
        return bool(self.passkeys or self.apps)

    @property
    def are_codes_few(self) -> bool:
        """Whether it is time for new codes."""
        return self.codes_left <= FEW_CODES

    @property
    def may_lose_password(self) -> bool:
        """Whether the password could be removed; the vault has the last word."""
        knowing = [passkey for passkey in self.passkeys if passkey.knows_user]
        return self.has_password and len(knowing) >= ENOUGH_PASSKEYS and self.codes_left > 0


def overview_of(session: Session) -> Overview:
    """What this session's person has. Raises ``VaultUnavailable``."""
    codes = recovery_codes.own_codes(session)
    return Overview(
        passkeys.own(session),
        totp.own_apps(session),
        codes.codes_left if codes is not None else 0,
        codes.created_at if codes is not None else None,
        has_password=has_password(session),
    )
