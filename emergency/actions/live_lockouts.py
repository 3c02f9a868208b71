"""What is closed now, as the console lists it."""

from vault.lockouts import LiveLockout, live

__all__ = ["LiveLockout", "live"]
