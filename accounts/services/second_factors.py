"""What this room must know of second factors; what people do with them is in twofactor."""

from uuid import UUID

from vault import passkeys, recovery_codes, totp
from vault.errors import VaultRefused
from vault.sessions import Session
from vault.totp_codes import secret_from_base32

__all__ = ["give_app", "holds_second_factor", "secret_from_base32"]

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


def holds_second_factor(session: Session) -> bool:
    """Whether this session's person has something that every sign-in asks for as well."""
    return bool(totp.own_apps(session) or passkeys.own_passkeys(session))
