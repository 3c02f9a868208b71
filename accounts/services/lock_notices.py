"""What the owner of a locked account is told beside that it is locked."""

from accounts.errors import AccountLocked
from vault import lock_notices


def locked_by_name(username: str) -> AccountLocked:
    """The error for the account of that canonical name. Raises ``VaultUnavailable``."""
    return _error(lock_notices.of_name(username))


def locked_by_passkey(credential_id: bytes) -> AccountLocked:
    """The error for the account that has that passkey. Raises ``VaultUnavailable``."""
    return _error(lock_notices.of_passkey(credential_id))


def _error(notice: lock_notices.LockNotice | None) -> AccountLocked:
    return AccountLocked(notice.told, notice.ends_at) if notice is not None else AccountLocked()
