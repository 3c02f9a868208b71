"""The public keys of this provider, and making new ones."""

from typing import Any

from vault import signing_keys


def published_jwks() -> dict[str, Any]:
    """The JWK Set (RFC 7517 section 5): what signs, what will, and what did until lately."""
    return {"keys": list(signing_keys.key_set().published)}


def create_missing_keys() -> list[str]:
    """Makes a key for each algorithm that has none; gives their ``kid``s. Owner only."""
    signing_keys.forget()
    have = signing_keys.key_set().active
    return [signing_keys.create(alg) for alg in signing_keys.ALGORITHMS if alg not in have]
