"""Obeys logout tokens (OpenID Connect Back-Channel Logout 1.0 section 2.7)."""

from dataclasses import dataclass

from .store import REMEMBERED_SECONDS, Store
from .tokens import Verifier


@dataclass(frozen=True)
class Obeyed:
    """How many sessions a logout token ended; ``is_again``: it was obeyed before, nothing was done.

    Both are a success to the provider, whose first answer may have been lost: answer 200.
    """

    ended: int
    is_again: bool = False


def obey(token: str, *, verifier: Verifier, store: Store, now: int) -> Obeyed:
    """Verifies a logout token and ends what it names, in one transaction of the store.

    What it names stays ended for sign-ins that are on their way, and its ``jti`` is remembered, for
    a day. Raises ``TokenRefused`` (answer 400), ``KeysUnavailable`` (503: it is sent again).
    """
    claims = verifier.logout_token(token, now=now)
    ended = store.obey_logout(claims, now=now, until=max(claims.exp, now) + REMEMBERED_SECONDS)
    return Obeyed(0, is_again=True) if ended is None else Obeyed(ended)
