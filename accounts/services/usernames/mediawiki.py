"""MediaWiki's own rules of user names, content language English, at its three strengths.

*Valid* names may exist (import at this strength), *usable* ones may sign in, *creatable* ones
may be made now. What this site refuses beyond that is in `creation`.

One knowing difference: the result is always in normal form C. MediaWiki composes only what was
typed, so a handful of Greek small letters with two accents come out of its capitalisation
decomposed, and the name it shows would then be typed back as another one.
"""

import ipaddress
import re
import unicodedata
from html.entities import html5
from typing import Final

from accounts.errors import (
    UsernameEmpty,
    UsernameHasForbiddenCharacter,
    UsernameHasWikiPrefix,
    UsernameInvalid,
    UsernameLooksLikeNetworkAddress,
    UsernameNotForNewAccounts,
    UsernameReserved,
    UsernameTooLong,
)
from accounts.services.usernames.namespaces import (
    MEDIAWIKI_RESERVED,
    USER_NAMESPACE,
    prefixes_of_elsewhere,
)
from accounts.services.web_text import clean_web_text

VALID_BYTES: Final = 255
CREATABLE_BYTES: Final = 235

# Entities and spaces shrink, so the typed text may be longer than a name; not by this much.
_TYPED_LIMIT: Final = 4096

_ENTITY = re.compile("&([A-Za-z0-9\x80-\U0010ffff]+;)")
# Aliases of MediaWiki's own, in Hebrew and Arabic, for the right-to-left mark.
_ENTITY_ALIASES: Final = {"רלמ;": "rlm;", "رلم;": "rlm;"}

_BIDI_MARKS = re.compile("[\u200e\u200f\u202a-\u202e]+")
_SPACES = re.compile("[ _\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_PREFIX = re.compile(r"(.+?) *: *(.*)")

# `$wgLegalTitleChars`, turned round, with what would be decoded again from an address.
_ILLEGAL_IN_TITLES = re.compile(
    "[^ %!\"$&'()*,\\-./0-9:;=?@A-Z\\\\^_`a-z~+\x80-\U0010ffff]"
    "|%[0-9A-Fa-f]{2}"
    "|&[A-Za-z0-9\x80-\U0010ffff]+;"
    "|~~~"
    "|\ufffd"
)
_ILLEGAL_IN_NAMES = re.compile(
    "[\x80-\x9f\xa0\u2000-\u200f\u2028-\u202f\u3000\ue000-\uf8ff/]"  # and subpages
)
_RELATIVE_PATHS: Final = frozenset({".", ".."})

_IPV4_SHAPE: Final = r"(?:[0-9]{1,3}\.){3}(?:[0-9]{1,3}|xxx)"
_IPV6_CHARACTERS: Final = frozenset("0123456789abcdefABCDEF:")
_IPV4_LIKE = re.compile(rf"{_IPV4_SHAPE}(?:-{_IPV4_SHAPE})?")


def valid_username(typed: str) -> str:
    """Return the canonical form of a typed name that may exist on a wiki.

    Raises a subclass of `UsernameInvalid` for anything else, and nothing but that.
    """
    if len(typed) > _TYPED_LIMIT:
        raise UsernameTooLong
    text = clean_web_text(typed)
    # Checked before entities are decoded and again after: what follows a # would be dropped.
    _refuse_fragment(text)
    title = _tidy_spaces(_decode_entities(text))
    _refuse_fragment(title)
    name = _capitalise(_without_user_prefix(title))
    _refuse_what_titles_cannot_hold(name)
    _refuse_what_names_cannot_hold(name)
    return name


def usable_username(typed: str) -> str:
    """Return the canonical form of a typed name that may sign in; raises `UsernameInvalid`."""
    name = valid_username(typed)
    if name in MEDIAWIKI_RESERVED:
        raise UsernameReserved
    return name


def mediawiki_creatable_username(typed: str) -> str:
    """Return the canonical form of a typed name that MediaWiki would let somebody create.

    Raises a subclass of `UsernameInvalid`. The site's own rules are not asked: use
    `creatable_username` for newcomers.
    """
    name = usable_username(typed)
    if len(name.encode()) > CREATABLE_BYTES:
        raise UsernameTooLong
    if not {"@", ":", ">"}.isdisjoint(name):
        raise UsernameNotForNewAccounts
    return name


def _refuse_fragment(text: str) -> None:
    if "#" in text:
        raise UsernameHasForbiddenCharacter


def _decode_entities(text: str) -> str:
    def decoded(match: re.Match[str]) -> str:
        entity = _ENTITY_ALIASES.get(match[1], match[1])
        return html5.get(entity, match[0])

    return clean_web_text(_ENTITY.sub(decoded, text))


def _tidy_spaces(text: str) -> str:
    """Drop marks of direction, make every run of spaces and underscores one space, and trim."""
    return _SPACES.sub(" ", _BIDI_MARKS.sub("", text)).strip(" ")


def _without_user_prefix(title: str) -> str:
    """Take a `User:` away; refuse what would lead to another namespace or site."""
    if title.startswith(":"):
        raise UsernameHasWikiPrefix
    prefix = _PREFIX.fullmatch(title)
    if prefix is not None and prefix[1].lower() == USER_NAMESPACE:
        title = prefix[2]
    second = _PREFIX.fullmatch(title)
    # Asked again of what is left: a valid name stays the same when it is read once more.
    if second is not None and second[1].lower() in prefixes_of_elsewhere() | {USER_NAMESPACE}:
        raise UsernameHasWikiPrefix
    if title.startswith(":"):
        raise UsernameHasWikiPrefix
    return title


def _capitalise(title: str) -> str:
    """Put the first character in upper case: full mapping, so a sharp s gives two letters."""
    return unicodedata.normalize("NFC", title[:1].upper() + title[1:])


def _refuse_what_titles_cannot_hold(name: str) -> None:
    if not name:
        raise UsernameEmpty
    if _ILLEGAL_IN_TITLES.search(name) or not _RELATIVE_PATHS.isdisjoint(name.split("/")):
        raise UsernameHasForbiddenCharacter
    if len(name.encode()) > VALID_BYTES:
        raise UsernameTooLong


def _refuse_what_names_cannot_hold(name: str) -> None:
    if _ILLEGAL_IN_NAMES.search(name):
        raise UsernameHasForbiddenCharacter
    if _IPV4_LIKE.fullmatch(name) or _is_ipv6_address(name):
        raise UsernameLooksLikeNetworkAddress
    # Nothing that passed may read differently the second time; a rule above would be wrong.
    if _capitalise(_tidy_spaces(name)) != name:
        raise UsernameInvalid


def _is_ipv6_address(name: str) -> bool:
    if not _IPV6_CHARACTERS.issuperset(name):  # zones and dotted quads are names to MediaWiki
        return False
    try:
        ipaddress.IPv6Address(name)
    except ValueError:
        return False
    return True
