"""The public keys of this provider, and making new ones."""

from typing import Any, Final

import structlog

from vault import signing_keys

logger = structlog.stdlib.get_logger(__name__)

# How often the worker asks whether a key has grown too old: the vault says when (90 days).
EVERY_SECONDS: Final = 3600


def published_jwks() -> dict[str, Any]:
    """The JWK Set (RFC 7517 section 5): what signs, what will, and what did until lately."""
    return {"keys": list(signing_keys.key_set().published)}


def create_missing_keys() -> list[str]:
    """Makes a key for each algorithm that has none; gives their ``kid``s. Owner only."""
    signing_keys.forget()
    have = signing_keys.key_set().active
    return [signing_keys.create(alg) for alg in signing_keys.ALGORITHMS if alg not in have]


def create_due_keys() -> None:
    """Makes the next key of each algorithm that is due for one. The worker's.

    Wikis notice nothing: it is published for an hour before it signs. Raises ``VaultUnavailable``.
    """
    for alg, kid in signing_keys.create_due().items():
        logger.info("signing_key_added", alg=alg, kid=kid)
