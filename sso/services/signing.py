"""Whether anything can be signed for a wiki: asked before a code or token is spent on it."""

from sso.services.access_tokens import ALGORITHM
from vault.signing_keys import NoSigningKey, signing_key
from vault.wikis import Wiki


def can_sign_for(wiki: Wiki) -> bool:
    """Whether there are keys for its assertions and access tokens: a lockout may hold them.

    Raises ``VaultUnavailable``.
    """
    try:
        signing_key(wiki.id_token_alg)
        signing_key(ALGORITHM)
    except NoSigningKey:
        return False
    return True
