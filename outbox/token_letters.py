"""Letters that carry tokens: the worker makes them as it writes, into a link and a code to type.

The token stands in the link's fragment, which no browser sends and no server logs: the page reads
it there. Where there is no script, the code is typed.
"""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.conf import settings

from outbox.errors import DeliveryFailed, NotOurs
from outbox.payloads import Letter, read_username
from vault.errors import KeyUnknown
from vault.mailed_tokens import IN_LINKS, Purpose, encode
from vault.outbox import Job
from vault.token_arming import ArmedToken, arm

# Where a token is taken back: said here alone.
PATHS: Final[dict[Purpose, str]] = {
    "reset": "/reset/code",
    "confirm": "/account/email/confirm",
    "undo": "/account/email/undo",
    "disown": "/account/sessions/not-me",
}
_PURPOSES: Final[dict[str, Purpose]] = {
    "password_reset_link": "reset",
    "address_confirmation": "confirm",
    "address_changed": "undo",
    "address_removed": "undo",
    "new_sign_in": "disown",
}
TOKEN_LETTERS: Final = frozenset(_PURPOSES)


class TokenIsDead(Exception):
    """Nobody could use any token of a letter any more, so there is nothing to send."""


@dataclass(frozen=True)
class TokenWords:
    """What a letter says of one token: whose account, the link, the code, and where to type it."""

    username: str
    link: str = field(repr=False)
    code: str = field(repr=False)
    page: str


def token_words(job: Job, letter: Letter, address: str) -> tuple[TokenWords, ...]:
    """The tokens in a letter to that address, the same each time; none for letters without any.

    Only a letter for a reset has several, and tokens of several accounts. Raises TokenIsDead,
    NotOurs where the letter or a token's row was not written by the vault, DeliveryFailed where the
    key that made a token is not here.
    """
    purpose = _PURPOSES.get(letter.template)
    if purpose is None and not letter.tokens:
        return ()
    if purpose is None or not letter.tokens or (purpose != "reset" and len(letter.tokens) > 1):
        raise NotOurs("tokens")
    armed = [_armed(job, token, purpose, address) for token in letter.tokens]
    live = [token for token in armed if token is not None]
    if not live:
        raise TokenIsDead
    page = f"{settings.ISSUER}{PATHS[purpose]}"
    return tuple(
        TokenWords(
            read_username(token.username),
            f"{page}#{IN_LINKS}{encode(token.secret)}",
            token.code,
            page,
        )
        for token in live
    )


def _armed(job: Job, token: UUID, purpose: Purpose, address: str) -> ArmedToken | None:
    """The token, or None where it is dead."""
    try:
        armed = arm(token, address=address)
    except KeyUnknown:
        # The ring may be put right: wait for it.
        raise DeliveryFailed("mail_key_unknown") from None
    if armed == "dead":
        return None
    if not isinstance(armed, ArmedToken) or armed.purpose != purpose:
        raise NotOurs("tokens")
    if purpose != "reset" and armed.account_id != job.account_id:
        raise NotOurs("tokens")
    return armed
