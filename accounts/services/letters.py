"""What comes back from a letter, its link's token or the code that was typed, and what it opens."""

from typing import Final

from accounts.errors import (
    LetterOfAnotherBrowser,
    LetterOvertaken,
    LetterTooOld,
    LetterUnknown,
    LetterUnusable,
    LetterUsed,
)
from accounts.services.passwords import name_to_ask_for
from vault import address_changes, resets, sign_in_notices
from vault.attempts import Attempt
from vault.events import Origin
from vault.mailed_tokens import MailedToken, decode

__all__ = [
    "MailedToken",
    "confirm_address",
    "disown_session",
    "redeem_reset",
    "restore_address",
]

_REFUSALS: Final[dict[str, type[LetterUnusable]]] = {
    "unknown": LetterUnknown,
    "spent": LetterUsed,
    "expired": LetterTooOld,
    "dead": LetterOvertaken,
    "other_browser": LetterOfAnotherBrowser,
}


def _secret(typed: str) -> bytes:
    secret = decode(typed)
    if secret is None:
        raise LetterUnknown
    return secret


def _name(typed: str) -> str | None:
    return name_to_ask_for(typed) if typed else None


def redeem_reset(typed: str, username: str, *, browser: bytes, origin: Origin) -> Attempt:
    """Spends the token of a letter for a reset; gives an attempt to recover, which is no session.

    ``username`` is asked for where another browser asked for the letter. Raises ``LetterUnusable``
    and its kinds, ``VaultUnavailable``.
    """
    attempt = resets.redeem_reset(
        _secret(typed), browser=browser, username=_name(username), origin=origin
    )
    if not isinstance(attempt, Attempt):
        raise _REFUSALS[attempt]
    return attempt


def confirm_address(typed: str, username: str, *, browser: bytes, origin: Origin) -> MailedToken:
    """Confirms the address that a letter went to; gives its token, which names it.

    Raises as ``redeem_reset`` does.
    """
    token = address_changes.confirm(
        _secret(typed), browser=browser, username=_name(username), origin=origin
    )
    if not isinstance(token, MailedToken):
        raise _REFUSALS[token]
    return token


def restore_address(typed: str, *, language: str, origin: Origin) -> MailedToken:
    """Undoes a change of addresses; gives the token. Raises as ``redeem_reset`` does."""
    token = address_changes.restore(_secret(typed), language=language, origin=origin)
    if not isinstance(token, MailedToken):
        raise _REFUSALS[token]
    return token


def disown_session(typed: str, *, origin: Origin) -> MailedToken:
    """Ends the session that a letter told of; gives the token. Raises as ``redeem_reset`` does."""
    token = sign_in_notices.disown(_secret(typed), origin=origin)
    if not isinstance(token, MailedToken):
        raise _REFUSALS[token]
    return token
