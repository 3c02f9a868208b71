"""What happened to one's account, in words: the lines of the trail that mean something to its
owner.

Lines about how the site works inside (a password stored more strongly, a code redeemed by a wiki)
are left to operators.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.services.sign_in_words import how
from vault.events import OwnEvent, Tag, own_events
from vault.outbox import OwnLetter, own_letters
from vault.sessions import Session

__all__ = ["Activity", "Line", "Mood", "OwnLetter", "activity_of", "letters_of"]

PAGE_LINES: Final = 30
# "bad": look at it if it was not you; "good": somebody was kept out, or something was put right.
Mood = Literal["plain", "good", "bad"]

_WORDS: Final[Mapping[Tag, tuple[str | Promise, Mood]]] = {
    Tag.SESSION_OPENED: (_("Signed in"), "plain"),
    Tag.SESSION_ENDED: (_("Signed out"), "plain"),
    Tag.SESSION_DISOWNED: (_("You said that a sign-in was not you: it was ended"), "good"),
    Tag.PASSWORD_WRONG: (_("A wrong password was tried"), "plain"),
    Tag.PASSWORD_THROTTLED: (_("Too many passwords were tried: this one was not looked at"), "bad"),
    Tag.PASSWORD_LOCKED: (_("A password was tried while the account was locked"), "plain"),
    Tag.FACTOR_WRONG: (_("A wrong code was tried, after the first step"), "bad"),
    Tag.FACTOR_THROTTLED: (_("Too many codes were tried: this one was not looked at"), "bad"),
    Tag.FACTOR_EXHAUSTED: (_("A sign-in was stopped after ten wrong codes"), "bad"),
    Tag.PASSKEY_COUNTER: (_("A passkey was refused: it may be a copy"), "bad"),
    Tag.PASSWORD_CHANGED: (_("The password was changed"), "plain"),
    Tag.PASSWORD_RESET: (_("A new password was set by letter"), "plain"),
    Tag.PASSWORD_REMOVED: (_("The password was removed"), "plain"),
    Tag.PASSKEY_ADDED: (_("A passkey was added"), "plain"),
    Tag.PASSKEY_REMOVED: (_("A passkey was removed"), "plain"),
    Tag.TOTP_ADDED: (_("An app for codes was added"), "plain"),
    Tag.TOTP_REMOVED: (_("An app for codes was removed"), "plain"),
    Tag.RECOVERY_CODES_REPLACED: (_("New recovery codes were made"), "plain"),
    Tag.APP_PASSWORD_ADDED: (_("An app password was added"), "plain"),
    Tag.APP_PASSWORD_REVOKED: (_("An app password was ended"), "plain"),
    Tag.BROWSER_TRUSTED: (_("This browser was trusted: no code is asked for there"), "plain"),
    Tag.BROWSER_DISTRUSTED: (_("A browser is trusted no more"), "plain"),
    Tag.EMAIL_ASKED: (_("An e-mail address was added"), "plain"),
    Tag.EMAIL_CONFIRMED: (_("An e-mail address was confirmed"), "plain"),
    Tag.EMAIL_CHANGED: (_("Letters go to another e-mail address"), "plain"),
    Tag.EMAIL_REMOVED: (_("An e-mail address was removed"), "plain"),
    Tag.EMAIL_RESTORED: (_("A change of e-mail address was undone by letter"), "good"),
    Tag.TOKEN_MAILED: (_("A letter for a new password was asked for"), "plain"),
    Tag.TOKEN_REDEEMED: (_("A letter for a new password was used"), "plain"),
    Tag.TOKEN_REFUSED: (_("The link of a letter was refused"), "plain"),
    Tag.WIKI_SIGN_IN: (_("Signed in to a wiki"), "plain"),
    Tag.CONSENT_GIVEN: (_("You let a wiki know who you are"), "plain"),
    Tag.CONSENT_WITHDRAWN: (_("You took back what a wiki may know of you"), "plain"),
    Tag.SIGN_UP_SUCCESS: (_("The account was created"), "plain"),
    Tag.ACCOUNT_CREATED: (_("The account was created by an operator"), "plain"),
    Tag.ACCOUNT_LOCKED: (_("An operator locked the account"), "bad"),
    Tag.ACCOUNT_UNLOCKED: (_("An operator unlocked the account"), "good"),
    Tag.RESET_SENT: (_("An operator had a letter for a new password sent to you"), "plain"),
    Tag.SESSIONS_ENDED: (_("An operator signed you out everywhere"), "plain"),
    Tag.TOKEN_REVOKED: (_("An operator ended something of yours that had leaked"), "plain"),
}
_RECOVERY_CODE_USED: Final = _("A recovery code was used")
_KINDS: Final = (*_WORDS, Tag.FACTOR_RIGHT)


@dataclass(frozen=True)
class Line:
    """One thing that happened. ``place`` is about the network, where anything is known of it."""

    id: int
    at: datetime
    words: str | Promise
    how: str | Promise
    mood: Mood
    agent_label: str
    is_this_session: bool
    wiki: str
    place: str | Promise


@dataclass(frozen=True)
class Activity:
    """A page of what happened, the newest first; ``older`` is where the next one begins."""

    lines: list[Line]
    older: int | None


def activity_of(session: Session, *, before: int | None, network: str) -> Activity:
    """What happened to this session's account, as seen from a network (prefix text).

    One statement. Raises ``VaultUnavailable``.
    """
    found = own_events(session, before=before, limit=PAGE_LINES + 1, network=network, tags=_KINDS)
    shown = found[:PAGE_LINES]
    older = shown[-1].id if len(found) > PAGE_LINES else None
    return Activity([line for event in shown if (line := _line(event)) is not None], older)


def letters_of(session: Session) -> list[OwnLetter]:
    """The letters of the last month, the newest first. Raises ``VaultUnavailable``."""
    return own_letters(session)


def _line(event: OwnEvent) -> Line | None:
    kind = Tag(event.tag)
    worded = _words(kind, event.detail)
    if worded is None:
        return None
    words, mood = worded
    return Line(
        id=event.id,
        at=event.at,
        words=words,
        how=how(event.detail.get("amr", ())) if kind is Tag.SESSION_OPENED else "",
        mood=mood,
        agent_label=event.agent_label,
        is_this_session=bool(event.is_this_session),
        wiki=event.wiki,
        place=_place(event.same_network),
    )


def _words(kind: Tag, detail: Mapping[str, Any]) -> tuple[str | Promise, Mood] | None:
    if kind is Tag.FACTOR_RIGHT:
        # Right codes are told of by the sign-in that they led to.
        return (_RECOVERY_CODE_USED, "plain") if detail.get("kind") == "recovery_code" else None
    return _WORDS[kind]


def _place(same_network: bool | None) -> str | Promise:
    if same_network is None:
        return ""
    if same_network:
        return pgettext_lazy("where something came from", "from the network you are on now")
    return pgettext_lazy("where something came from", "from another network")
