"""The vault as a Django app: it exists for its migrations and its start-up hook."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class VaultConfig(AppConfig):
    """Applies the functions' files and the privileges after each migration of the vault."""

    name = "vault"
    verbose_name = "Vault"

    def ready(self) -> None:
        """Connects the hook that keeps the database's functions equal to the files."""
        post_migrate.connect(self._apply_functions, sender=self)

    @staticmethod
    def _apply_functions(using: str, **_kwargs: Any) -> None:
        # Imported here: it needs the migrations' machinery, which only the owner uses.
        from vault.schema import apply_functions  # noqa: PLC0415

        if using == "vault":
            apply_functions(using)
