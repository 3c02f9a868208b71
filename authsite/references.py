"""The reference of one request: what an error page shows and the log line carries.

Random, so it reveals nothing; kept in `request.META`, which every later part can read.
"""

import secrets
from typing import Final

from django.http import HttpRequest

_KEY: Final = "authsite.reference"
# Crockford's base 32: no letters that are taken for digits over the telephone.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS: Final = tuple(one + other for one in _ALPHABET for other in _ALPHABET)


def new_reference() -> str:
    """Give a fresh reference, like "7K2M-Q9XD" (40 random bits)."""
    number = secrets.randbits(40)
    one, two, three, four = (number >> shift & 1023 for shift in (0, 10, 20, 30))
    return f"{_PAIRS[one]}{_PAIRS[two]}-{_PAIRS[three]}{_PAIRS[four]}"


def reference_of(request: HttpRequest) -> str:
    """Give the request's reference, making one the first time."""
    reference = request.META.get(_KEY)
    if not isinstance(reference, str):
        reference = request.META[_KEY] = new_reference()
    return reference
