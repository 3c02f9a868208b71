"""Whether the vault answers: what a load balancer asks before it sends people here."""

from vault import connection
from vault.errors import VaultUnavailable

__all__ = ["VaultUnavailable", "verify_vault_answers"]


def verify_vault_answers() -> None:
    """Ask the vault the smallest question there is. Raises VaultUnavailable."""
    connection.execute("SELECT 1 AS alive", {})
