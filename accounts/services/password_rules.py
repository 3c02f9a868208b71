"""What a password may be: NIST SP 800-63B-4 section 3.1.1.2, and nothing that it advises against.

Length, a list of common passwords, words of this site and of the person; each compared with the
whole password. No rules about kinds of characters, no strength meter: both refuse good passwords
and teach bad habits. Hashing, budgets and verdicts belong to `passwords` and the vault.
"""

from collections.abc import Iterator
from typing import Final

import regex
from django.conf import settings

from accounts.errors import (
    PasswordIsCommon,
    PasswordIsOurName,
    PasswordIsPredictable,
    PasswordIsYourName,
    PasswordTooLong,
    PasswordTooShort,
)
from accounts.services.weak_passwords import consists_of, is_common, is_predictable
from accounts.services.web_text import clean_web_text

_WORDS_OF_ANY_WIKI: Final = ("wiki", "wikis", "wikipedia", "wikimedia", "mediawiki")
_SHORTEST_WORD: Final = 3
_WORD = regex.compile(r"[\p{L}\p{N}]+")


def normalise_password(raw: str) -> str:
    """Return a typed password as it is hashed: clean text in normal form C, nothing trimmed.

    For every password, new or typed to sign in: spaces and case count, whatever is not text is
    U+FFFD as MediaWiki has it, and accents count the same however a keyboard sends them.
    Raises `PasswordTooLong` above PASSWORD_MAX_BYTES, before anything that costs.
    """
    # Composing shortens a text, in the worst case three code points to one of two bytes. What is
    # longer than that allows cannot fit, and composing it could take long.
    if len(raw) > settings.PASSWORD_MAX_BYTES * 3 // 2:
        raise PasswordTooLong
    password = clean_web_text(raw)
    if len(password.encode()) > settings.PASSWORD_MAX_BYTES:
        raise PasswordTooLong
    return password


def check_new_password(
    password: str, *, username: str, email: str | None, has_second_factor: bool
) -> None:
    """Accept a password that somebody wants to set from now on, or raise why not.

    Raises `PasswordTooShort`, `PasswordTooLong`, `PasswordIsCommon`, `PasswordIsPredictable`,
    `PasswordIsOurName` or `PasswordIsYourName`. Passwords that are set already are not judged.
    """
    password = normalise_password(password)
    minimum = (
        settings.PASSWORD_MIN_LENGTH_WITH_SECOND_FACTOR
        if has_second_factor
        else settings.PASSWORD_MIN_LENGTH
    )
    if len(password) < minimum:
        raise PasswordTooShort(minimum=minimum)
    if is_common(password):
        raise PasswordIsCommon
    ours = frozenset(_words_of_the_site())
    if consists_of(password, ours):
        raise PasswordIsOurName
    # Together, so that "Ada@ExampleWiki" is seen for what it is.
    if consists_of(password, ours | frozenset(_words_of_the_person(username, email))):
        raise PasswordIsYourName
    if is_predictable(password):
        raise PasswordIsPredictable


def _words_of_the_site() -> Iterator[str]:
    yield from _WORDS_OF_ANY_WIKI
    for words in (settings.SITE_NAME, *settings.SITE_WORDS):
        yield from _words_of(words)


def _words_of_the_person(username: str, email: str | None) -> Iterator[str]:
    yield from _words_of(username)
    if email:
        yield from _words_of(email)
        for part in email.split("@"):
            yield from _words_of(part)


def _words_of(text: str) -> Iterator[str]:
    """Give a text's words, the text as one word without what separates them, and as it is."""
    words: list[str] = _WORD.findall(clean_web_text(text))
    for word in {*words, "".join(words), text}:
        if len(word) >= _SHORTEST_WORD:
            yield word
