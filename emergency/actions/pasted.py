"""What may be a token in something pasted, whatever stands around it; nothing of it is kept.

A cookie's line, a header, an address, a piece of JSON or of a log: whatever looks like one of our
tokens is taken for one, and the vault has the word.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_plus

from accounts.services.sessions import decoded
from emergency.errors import PastedTooMuch
from vault import app_passwords, codes, refresh_tokens

LONGEST: Final = 20_000
MOST: Final = 30  # words that may be tokens, in one paste
_WORD: Final = re.compile(r"[A-Za-z0-9_.-]{16,}", re.ASCII)
_JWT: Final = re.compile(r"[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\Z", re.ASCII)
_BASIC: Final = re.compile(r"\bbasic\s+([A-Za-z0-9+/]{16,}={0,2})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Pasted:
    """Digests of all that may be a secret of ours, and what may be signed by us."""

    digests: frozenset[bytes] = field(repr=False)
    signed: tuple[str, ...] = field(repr=False)


def read(text: str) -> Pasted:
    """What may be tokens in a text of up to ``LONGEST`` characters.

    Raises ``PastedTooMuch`` where that is longer, or has more than ``MOST`` of them: what was not
    looked at must not be taken for harmless.
    """
    words = list(dict.fromkeys(_words(text[:LONGEST])))
    if len(text) > LONGEST or len(words) > MOST:
        raise PastedTooMuch
    signed = tuple(word for word in words if _JWT.match(word))
    secrets = {secret for word in words if word not in signed for secret in _secrets(word)}
    return Pasted(frozenset(hashlib.sha256(secret).digest() for secret in secrets), signed)


def _words(text: str) -> Iterator[str]:
    """The pieces that may be a token, and the whole: codes are also written with spaces."""
    yield "".join(text.split())
    for plain in (text, unquote_plus(text)):
        for word in _WORD.findall(plain):
            yield word.strip(".")
    for encoded in _BASIC.findall(text):
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        # A name and a secret (RFC 7617): of a wiki, or of a program with an app password.
        yield unquote_plus(pair.partition(":")[2])


def _secrets(word: str) -> Iterator[bytes]:
    """Of what bytes the vault may have a digest, if this is a token of ours."""
    if (secret := decoded(word)) is not None:
        yield secret
        yield word.encode()  # a wiki's secret is hashed as it is written
    if (refresh := refresh_tokens.decode(word)) is not None:
        yield refresh[1]
    for code in (app_passwords.decode(word), codes.read(word)):
        if code is not None:
            yield code
