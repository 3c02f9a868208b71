"""One's own account, as its page shows it."""

from vault.accounts import OwnAccount, own_account

__all__ = ["OwnAccount", "own_account"]
