"""What newcomers may call themselves: MediaWiki's rules and then this site's stricter ones.

Names that exist already (imported, or renamed by an operator) are not judged by this.
UTS 39 section 5 is where the rules on scripts and marks come from.
"""

import unicodedata
from functools import cache
from typing import Final

import regex
from confusable_homoglyphs import categories

from accounts.errors import (
    UsernameHasInvisibleCharacter,
    UsernameHasTooManyMarks,
    UsernameLooksTemporary,
    UsernameMixesScripts,
    UsernameReserved,
)
from accounts.services.usernames.lookalikes import username_skeleton, username_skeletons
from accounts.services.usernames.mediawiki import mediawiki_creatable_username
from accounts.services.usernames.namespaces import reserved_names

# Default-ignorable characters show nothing; a braille blank and an object's placeholder show
# nothing either, though Unicode counts them as symbols.
_INVISIBLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\u2800\ufffc]")
# Controls, formats, surrogates, private use, unassigned (noncharacters too), separators of lines.
_NEVER: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# UTS 39 section 5.4: more than four marks on one letter, or the same one twice running; and a
# mark with nothing below it, which would sit on whatever stands before the name.
_TOO_MANY_MARKS = regex.compile(r"[\p{Mn}\p{Me}]{5}|([\p{Mn}\p{Me}])\1|(?:^| )\p{M}")

# UTS 39 section 5.2, "highly restrictive": one script, or one of these mixtures, which Japanese,
# Chinese and Korean are written in and which cannot be mistaken for one another.
_USUAL_MIXTURES: Final = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
_OF_NO_SCRIPT: Final = frozenset({"COMMON", "INHERITED"})


def creatable_username(typed: str) -> str:
    """Return the canonical form of the name that a newcomer typed.

    Whether it is taken, or looks like one that is taken, is for the vault to say.
    Raises a subclass of `UsernameInvalid`, and nothing but that.
    """
    name = mediawiki_creatable_username(typed)
    if name.startswith("~"):
        raise UsernameLooksTemporary
    if _INVISIBLE.search(name) or any(unicodedata.category(c) in _NEVER for c in name):
        raise UsernameHasInvisibleCharacter
    if _TOO_MANY_MARKS.search(unicodedata.normalize("NFD", name)):
        raise UsernameHasTooManyMarks
    _refuse_mixed_scripts(name)
    if not username_skeletons(name).isdisjoint(_skeletons_of(reserved_names())):
        raise UsernameReserved
    return name


def _refuse_mixed_scripts(name: str) -> None:
    scripts = frozenset(categories.unique_aliases(name)) - _OF_NO_SCRIPT
    if len(scripts) > 1:
        usual = next((mixture for mixture in _USUAL_MIXTURES if scripts <= mixture), None)
        if usual is None:
            raise UsernameMixesScripts
        scripts = usual
    # Digits and marks that several scripts share still belong to those alone.
    if scripts and not _written_in(scripts).fullmatch(name):
        raise UsernameMixesScripts


@cache
def _written_in(scripts: frozenset[str]) -> "regex.Pattern[str]":
    members = "".join(rf"\p{{scx={script}}}" for script in sorted(scripts | _OF_NO_SCRIPT))
    return regex.compile(f"[{members}]*")


@cache
def _skeletons_of(names: frozenset[str]) -> frozenset[str]:
    return frozenset(username_skeleton(name) for name in names)
