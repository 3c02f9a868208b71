"""Which names look alike: the confusables skeleton of Unicode Technical Standard 39.

The table is Unicode's `confusables.txt` as the package confusable-homoglyphs carries it; that
package answers "is this confusable", not "with what", so the mapping is read out of its data
here, once, and kept without the character names that make up most of it.
"""

import json
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

import regex

_INVISIBLE = regex.compile(r"\p{Default_Ignorable_Code_Point}+")

# The package keeps the marks that confusables.txt puts round right-to-left examples.
_EXAMPLE_MARKS: Final = "\u200e\u200f"


def username_skeleton(name: str) -> str:
    """Return what a name is compared by: equal skeletons are look-alikes.

    NFKC and case folding first, so that case and width never tell two names apart, then
    UTS 39's prototypes until nothing changes. The result is a key, not something to show.
    """
    return _settle(_fold(name))


def username_skeletons(name: str) -> frozenset[str]:
    """Return every key under which a newcomer's name may match the stored skeleton of another.

    Case folding hides some likenesses: a capital I looks like a small l, Cyrillic capitals like
    Latin ones whose small letters differ. So the letters are also compared as they stand, before
    they are folded. Store `username_skeleton`, and look these up.
    """
    as_it_stands = _prototypes(_visible(unicodedata.normalize("NFKC", name)))
    return frozenset({username_skeleton(name), _settle(_fold(as_it_stands))})


def _settle(text: str) -> str:
    """Map to prototypes until nothing changes; a prototype may fold (0 is O, and O is o)."""
    while (mapped := _fold(_prototypes(text))) != text:
        text = mapped
    return text


def _fold(text: str) -> str:
    # Twice, because folding can undo composition and composition can undo folding.
    for _ in range(2):
        text = unicodedata.normalize("NFKC", _visible(text)).casefold()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))


def _visible(text: str) -> str:
    visible: str = _INVISIBLE.sub("", text)
    return visible


def _prototypes(text: str) -> str:
    table = confusables()
    return "".join(table.get(letter, letter) for letter in unicodedata.normalize("NFD", text))


@cache
def confusables() -> dict[str, str]:
    """Return UTS 39's mapping from a character to the prototype that it looks like.

    The package lists each pair under both its ends. A character is a source once and a prototype
    often, so an entry with several likenesses is a prototype; where both ends have one, the
    source is the one that the file, and so the package, names first.
    """
    data = files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8")
    likenesses: dict[str, list[dict[str, str]]] = json.loads(data)
    order = {text: place for place, text in enumerate(likenesses)}
    table: dict[str, str] = {}
    for text, alike in likenesses.items():
        prototype = alike[0]["c"]
        is_source = len(alike) == 1 and (
            len(likenesses[prototype]) > 1 or order[text] < order[prototype]
        )
        source = text.strip(_EXAMPLE_MARKS)
        # What decomposes is looked up by its parts, never whole.
        if is_source and unicodedata.is_normalized("NFD", source):
            target = prototype.strip(_EXAMPLE_MARKS)
            table[source] = unicodedata.normalize("NFD", target)
    return table
