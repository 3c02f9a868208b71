"""Time-based one-time codes (RFC 6238): SHA-1, six digits, 30 seconds; what apps agree on.

Arithmetic alone: no secret is kept or fetched here, and a code that fits is not yet accepted.
"""

import base64
import binascii
import hmac
import string
import time
from collections.abc import Iterable
from typing import Final, TypeVar

STEP_SECONDS: Final = 30
DIGITS: Final = 6
# How many steps a clock may be off either way: one (RFC 6238 section 5.2), and what people who
# come from MediaWiki have been used to. The vault takes no step beyond ten.
WINDOW: Final = 1
MEDIAWIKI_WINDOW: Final = 4
# RFC 4226 section 4 wants 128 bits; apps enrolled at MediaWiki before 2025 have 80.
NEW_SECRET_BYTES: Final = 20
MIN_SECRET_BYTES: Final = 10
MAX_SECRET_BYTES: Final = 64

_WHITESPACE: Final = str.maketrans("", "", string.whitespace)
_SPACING: Final = str.maketrans("", "", string.whitespace + "-=")

Owner = TypeVar("Owner")


def step_at(now: float | None = None) -> int:
    """The time step of ``now``, in seconds since 1970."""
    return int(time.time() if now is None else now) // STEP_SECONDS


def code_of(secret: bytes, step: int) -> str:
    """The code of a secret at a time step: HOTP (RFC 4226 section 5.3) with the step as counter."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def normal_form(typed: str) -> str:
    """A typed code without ASCII white space, which apps put in its middle."""
    return typed.translate(_WHITESPACE)


def matching(
    typed: str, secrets: Iterable[tuple[Owner, bytes, int]], *, step: int
) -> tuple[Owner, int] | None:
    """Whose code this is, and of which time step no further from ``step`` than its window.

    Each secret comes with its owner before it and its window, in steps either way, after it. Every
    secret and step is computed and compared, so that neither says by its time which one it
    was. Of several that fit the newest counts, as the least likely to be used.
    """
    given = normal_form(typed).encode("utf-8", "surrogatepass")
    found: tuple[Owner, int] | None = None
    for owner, secret, window in secrets:
        for near in range(step - window, step + window + 1):
            fits = hmac.compare_digest(code_of(secret, near).encode(), given)
            found = (owner, near) if fits and (found is None or near > found[1]) else found
    return found


def secret_from_base32(text: str) -> bytes:
    """The secret of base32 text (RFC 4648), as apps and other sites write it.

    Case, spaces, hyphens and padding don't matter. Raises ``ValueError`` for anything else, and for
    secrets of under 80 or over 512 bits; the error has nothing of the text.
    """
    letters = text.translate(_SPACING).upper()
    try:
        secret = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except (binascii.Error, ValueError):
        raise ValueError("this is not base32") from None
    if not MIN_SECRET_BYTES <= len(secret) <= MAX_SECRET_BYTES:
        raise ValueError(f"it must have {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes")
    return secret
