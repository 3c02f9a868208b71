"""What this room must know of second factors; what people do with them is in twofactor."""

from dataclasses import dataclass
from uuid import UUID

from vault import passkeys, recovery_codes, totp
from vault.accounts import own_account
from vault.errors import VaultRefused
from vault.sessions import Session
from vault.totp_codes import secret_from_base32

__all__ = ["Holdings", "give_app", "has_password", "holdings_of", "secret_from_base32"]

_NAME = "Authenticator app"


def give_app(account_id: UUID, secret: bytes) -> tuple[str, ...]:
    """Gives a new account an app with this secret; gives ten recovery codes to go with it.

    Owner only. Raises ``VaultUnavailable``, ``HashingBusy``.
    """
    status = totp.import_device(account_id, _NAME, secret)
    if status != "added":
        raise VaultRefused("import_totp", status)
    codes = recovery_codes.new_codes()
    status = recovery_codes.import_codes(account_id, codes)
    if status != "replaced":
        raise VaultRefused("import_recovery_codes", status)
    return codes


@dataclass(frozen=True)
class Holdings:
    """By which kinds of things this session's person signs in."""

    has_password: bool
    passkeys: int
    has_app: bool

    @property
    def has_passkey(self) -> bool:
        """Whether there is a passkey."""
        return self.passkeys > 0

    @property
    def has_second_factor(self) -> bool:
        """Whether every sign-in asks for more than a password."""
        return self.has_passkey or self.has_app


def has_password(session: Session) -> bool:
    """Whether this session's person has a password. Raises ``VaultUnavailable``."""
    about = own_account(session)
    return about is not None and about.password_changed_at is not None


def holdings_of(session: Session) -> Holdings:
    """What this session's person holds. Raises ``VaultUnavailable``."""
    return Holdings(
        has_password=has_password(session),
        passkeys=len(passkeys.own_passkeys(session)),
        has_app=bool(totp.own_apps(session)),
    )
