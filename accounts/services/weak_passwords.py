"""Recognises passwords that guessers try first: common ones, trivial variations, mere patterns.

Every answer is about the whole password, so a long one that merely contains "password" is fine.
Knows nothing of accounts, lengths or errors; those are `password_rules`.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

_LIST: Final = Path(__file__).parents[1] / "data" / "common_passwords.txt"

# So many characters round a known word are what people add when a form asks for more.
_USUAL_PADDING: Final = 8
_SHORTEST_KNOWN: Final = 4
# A repeated piece shorter than this is a pattern, whatever it says.
_SHORTEST_SECRET: Final = 8
# A pattern is made of stretches at least so long on average, in steps that a finger or the
# alphabet dictates. Random text and prose have stretches of about one.
_STRETCH: Final = 4
_FEW_CHARACTERS: Final = 3
# Patterns and known words are short; nothing longer than this needs to be taken apart.
_LONGEST_EXAMINED: Final = 256

# Letters that look like a digit or sign; 1 and ! stand for two, so there are two tables.
_AS_LETTERS: Final = (
    str.maketrans("0134578@$!|+", "oieastbasilt"),
    str.maketrans("0134578@$!|+", "oleastbaslit"),
)
_UNSHIFTED: Final = str.maketrans("!@#$%^&*()", "1234567890")

_LAYOUTS: Final = (
    ("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"),
    ("1234567890", "qwertzuiop", "asdfghjkl", "yxcvbnm,.-"),
    ("1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn,;:!"),
    ("1234567890", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"),
)


def is_common(password: str) -> bool:
    """Say whether a password is a common one, in any case, doubled, or trivially varied."""
    known = common_passwords()
    text = _fold(password)
    if text in known or len(text) > _LONGEST_EXAMINED:
        return text in known
    pieces = {_repeated_piece(text), _repeated_piece(_without_separators(text))}
    for piece in pieces | {piece[::-1] for piece in pieces}:
        if any(form in known for form in _variations(piece)):
            return True
    return False


def is_predictable(password: str) -> bool:
    """Say whether a password is only a repetition, a sequence, or a walk over a keyboard."""
    text = _fold(password)
    piece = _repeated_piece(text)
    return (
        len(set(text)) <= _FEW_CHARACTERS
        or (piece != text and len(piece) < _SHORTEST_SECRET)
        or _is_walk(piece)
        # Two walks plaited into one: a1b2c3d4e5f6g7h8.
        or (_is_walk(piece[::2]) and _is_walk(piece[1::2]))
    )


def consists_of(password: str, words: frozenset[str]) -> bool:
    """Say whether a password is made of these words alone, with no more than trivial padding.

    Case, signs between the words and digits for letters make no difference.
    """
    text = _repeated_piece(_fold(password))
    if len(text) > _LONGEST_EXAMINED:
        return False
    folded = {_fold(word) for word in words}
    padding = _what_words_leave(text, folded)
    return padding is not None and padding != text and _is_trivial(padding)


@cache
def common_passwords() -> frozenset[str]:
    """Return the list, read once; see the README beside it for where it comes from."""
    return frozenset(_LIST.read_text("utf-8").splitlines())


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _without_separators(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _repeated_piece(text: str) -> str:
    """Return the piece that the text repeats, the last time perhaps cut short; else the text."""
    # The longest end that is also a beginning, as Knuth, Morris and Pratt find it: one pass.
    border = [0] * len(text)
    for place in range(1, len(text)):
        length = border[place - 1]
        while length and text[place] != text[length]:
            length = border[length - 1]
        border[place] = length + (text[place] == text[length])
    period = len(text) - border[-1] if text else 0
    # Half a repetition counts: "passwordpasswor" is "password" made long enough.
    return text[:period] if 0 < period * 3 <= len(text) * 2 else text


def _variations(text: str) -> Iterator[str]:
    """Give the text, it without padding, and both with letters in place of digits and signs."""
    for core in _cores(text):
        for form in (core, *(core.translate(table) for table in _AS_LETTERS)):
            yield form
            yield _repeated_piece(form)


def _cores(text: str) -> Iterator[str]:
    yield text
    front = len(text) - len(text.lstrip(_not_letters(text)))
    back = len(text) - len(text.rstrip(_not_letters(text)))
    for start in {0, *range(min(front, _USUAL_PADDING) + 1), front}:
        for end in {0, *range(min(back, _USUAL_PADDING) + 1), back}:
            core = text[start : len(text) - end]
            if len(core) >= _SHORTEST_KNOWN and any(c.isalpha() for c in core):
                ends_are_trivial = start + end <= _USUAL_PADDING or (
                    _is_trivial(text[:start]) and _is_trivial(text[len(text) - end :])
                )
                if ends_are_trivial:
                    yield core


def _not_letters(text: str) -> str:
    return "".join({character for character in text if not character.isalpha()})


def _is_trivial(padding: str) -> bool:
    return len(padding) <= _USUAL_PADDING or is_predictable(padding)


def _is_walk(text: str) -> bool:
    """Say whether the text goes by long stretches along one keyboard or the alphabet."""
    plain = text.translate(_UNSHIFTED)[:_LONGEST_EXAMINED]
    if len(plain) < _STRETCH:
        return False
    for steps in _steps():
        breaks = sum(
            1
            for here, there in pairwise(plain)
            if here != there and abs(ord(here) - ord(there)) != 1 and here + there not in steps
        )
        if (breaks + 1) * _STRETCH <= len(plain):
            return True
    return False


@cache
def _steps() -> tuple[frozenset[str], ...]:
    """Return for each layout the pairs of keys that a walk passes, in either direction."""
    return tuple(frozenset(_steps_of(rows)) for rows in _LAYOUTS)


def _steps_of(rows: tuple[str, ...]) -> Iterator[str]:
    pairs = ["90", "za"]  # round the end of the digits and of the alphabet
    for row in rows:
        pairs += [left + right for left, right in pairwise(row)]
    for above, below in pairwise(rows):
        for column, key in enumerate(below):
            # Rows are staggered by half a key, so each key touches two above.
            pairs += [key + near for near in above[column : column + 2]]
    # From the foot of a column to the head of the next: 1qaz2wsx, qazwsxedc.
    for top in (0, 1):
        heads = rows[top]
        pairs += [
            foot + heads[column + 1] for column, foot in enumerate(rows[-1][: len(heads) - 1])
        ]
    for pair in pairs:
        yield pair
        yield pair[::-1]


def _what_words_leave(text: str, words: set[str]) -> str | None:
    """Cover the text with words and as few other characters as can be; return those, joined.

    Letters must be covered; only other characters may be left. None if there is no such cover.
    """
    spellings = (text, *(text.translate(table) for table in _AS_LETTERS))
    # best[n]: the fewest characters left over in the first n, and the step that led here.
    best: list[tuple[int, int] | None] = [(0, 0)] + [None] * len(text)
    for place in range(len(text)):
        reached = best[place]
        if reached is None:
            continue
        lengths = {
            len(word)
            for word in words
            if any(spelling.startswith(word, place) for spelling in spellings)
        }
        steps = [(reached[0], length) for length in lengths]
        if not text[place].isalpha():
            steps.append((reached[0] + 1, 1))
        for left, length in steps:
            there = best[place + length]
            if there is None or left < there[0]:
                best[place + length] = (left, length)
    return _left_over(text, best)


def _left_over(text: str, best: list[tuple[int, int] | None]) -> str | None:
    place, left = len(text), []
    while place:
        step = best[place]
        if step is None:
            return None
        before = best[place - step[1]]
        if before is not None and step[0] > before[0]:
            left.append(text[place - 1])
        place -= step[1]
    return "".join(reversed(left))
