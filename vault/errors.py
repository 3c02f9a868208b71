"""What can go wrong when asking the vault; translated for people and wikis by the callers."""


class VaultError(Exception):
    """The vault could not answer, or answered something that should not happen."""


class VaultUnavailable(VaultError):
    """The vault cannot be reached, or all its connections stayed busy for too long."""


class VaultRefused(VaultError):
    """A status that only a bug or an intruder can cause; ``status`` is the vault's word."""

    def __init__(self, question: str, status: str) -> None:
        super().__init__(f"{question}: {status}")
        self.status = status


class FactorMissing(VaultError):
    """The attempt lacks a second factor that the account holds, or an operator's passkey."""


class SignInShut(VaultError):
    """Signing in is closed, to everybody or to browsers that the account is not known in."""


class KeyUnknown(VaultError):
    """A sealed value or a MAC names a key that this process does not hold."""


class SealBroken(VaultError):
    """A sealed value was changed, or was made for something else."""
