"""Which database a model's table is in: the site's, save for the vault's migrations and views."""

from typing import Any

from django.db.models import Model


class Router:
    """Sends the vault's migrations, and the operator's views of it, to the alias ``vault``."""

    def _database(self, model: type[Model]) -> str | None:
        in_vault = getattr(model, "in_vault", False) or model._meta.app_label == "vault"  # noqa: SLF001 - Django's public name for it
        return "vault" if in_vault else None

    def db_for_read(self, model: type[Model], **_hints: Any) -> str | None:
        """``vault`` for a model of a view there."""
        return self._database(model)

    def db_for_write(self, model: type[Model], **_hints: Any) -> str | None:
        """As for reading; PostgreSQL refuses the write itself."""
        return self._database(model)

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        """The vault's app migrates the vault and nothing else; no other app touches it."""
        return (db == "vault") == (app_label == "vault")
