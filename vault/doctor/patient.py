"""The vault that is looked at: the owner's connections to it, and what the files would make of it.

Everything happens inside transactions that are rolled back, with short limits, so that a vault in
service hardly feels it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections

from vault.doctor.blueprint import Schema, made_from_files, standing
from vault.errors import VaultUnavailable

LIMITED: Mapping[str, str] = {
    "web": "authsite_web",
    "operator": "authsite_operator",
    "worker": "authsite_worker",
}
OWNER, MIGRATE = "authsite_owner", "authsite_migrate"
LOGINS: Mapping[str, str] = {**LIMITED, "owner": MIGRATE}

# Waits for nobody for long, and nobody waits long for it.
_LIMITS = (
    "SET lock_timeout = '500ms'",
    "SET statement_timeout = '10min'",
    "SET idle_in_transaction_session_timeout = '1min'",
    "SET application_name = 'authsite-checkvault'",
)


@dataclass
class Patient:
    """What the checks look at. ``rows`` is how many rows a table are read, None for all.

    ``logins`` has, by role, the addresses of the vault and of the site database, where somebody
    handed them over; ``events`` says whether the sealed trail is to be read.
    """

    rows: int | None = None
    events: bool = False
    logins: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    @cached_property
    def vault(self) -> psycopg.Connection[Any]:
        """The owner's connection to the vault. Raises ``VaultUnavailable``."""
        try:
            return _prepared(
                psycopg.connect(settings.VAULT_URL, connect_timeout=5, options=f"-c role={OWNER}")
            )
        except psycopg.OperationalError as error:
            raise VaultUnavailable(type(error).__name__) from error

    @cached_property
    def site(self) -> psycopg.Connection[Any]:
        """A connection to the site database, with Django's address for it."""
        site = connections["default"]
        return _prepared(site.get_new_connection(site.get_connection_params()))

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """Whatever is done in the vault inside is undone."""
        with self.vault.transaction(force_rollback=True):
            yield

    @contextmanager
    def playing(self, role: str) -> Iterator[psycopg.Connection[Any]]:
        """The vault's connection as one of the limited roles; undone afterwards."""
        with self.vault.transaction(force_rollback=True):
            self.vault.execute(f"SET LOCAL ROLE {LIMITED[role]}")
            self.vault.execute("SET LOCAL statement_timeout = '5s'")
            yield self.vault

    def refuse_if_gone(self) -> None:
        """Raises ``VaultUnavailable`` when the vault hung up: the rest would say nothing."""
        if self.vault.closed:
            raise VaultUnavailable("the connection to the vault was lost")

    @cached_property
    def wanted(self) -> Schema:
        """What the files of this release would make."""
        return made_from_files(self.vault)

    @cached_property
    def found(self) -> Schema:
        """What stands in the vault."""
        return standing(self.vault)

    def close(self) -> None:
        """Hangs up."""
        for name in ("vault", "site"):
            if name in self.__dict__:
                self.__dict__[name].close()


def _prepared(connection: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    connection.autocommit = True
    for limit in _LIMITS:
        connection.execute(limit)
    return connection
