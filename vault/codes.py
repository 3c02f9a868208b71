"""Codes that people type: 80 bits in sixteen letters and digits, in groups of four.

Without letters that look alike (Crockford's base32). Recovery codes, and those in letters.
"""

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 16
CODE_BYTES: Final = LENGTH * 5 // 8
_GROUP: Final = 4
_AS_MEANT: Final = str.maketrans("OIL", "011", "-\u2010\u2011\u2012\u2013\u2014")


def in_groups(letters: str) -> str:
    """Sixteen letters as they are shown: in groups that are easy to type."""
    return "-".join(letters[at : at + _GROUP] for at in range(0, LENGTH, _GROUP))


def normal_form(typed: str) -> str:
    """A typed code as it is meant: upper case, no spaces or dashes, O as 0, I and L as 1."""
    return "".join(typed.upper().split()).translate(_AS_MEANT)


def spelled(secret: bytes) -> str:
    """Ten bytes as a code, in groups."""
    number = int.from_bytes(secret, "big")
    letters = [ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH))]
    return in_groups("".join(letters))


def read(typed: str) -> bytes | None:
    """The ten bytes of a code as it was typed; None where it can be none."""
    letters = normal_form(typed)
    if len(letters) != LENGTH or not set(letters) <= set(ALPHABET):
        return None
    number = 0
    for letter in letters:
        number = number << 5 | ALPHABET.index(letter)
    return number.to_bytes(CODE_BYTES, "big")
