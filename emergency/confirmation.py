"""What the operator's pages give out signed, to come back in a form: nothing is stored for them.

A measure's form is bound to what it showed: the measure, its target as it was, and the operator. A
form that was made for another account, for another measure, in another session, or before its
target changed is not carried out: the operator is shown afresh what would be hit. The challenge of
a page's passkey stands in there too, so that what was shown for one thing is good for no other.
"""

import hashlib
from typing import Any, Final

from django.core import signing
from django.utils.crypto import constant_time_compare

from accounts.services.sessions import decoded, encoded
from emergency.actions.operators import Operator

_MEASURE: Final = "emergency.measure"
_CEREMONY: Final = "emergency.ceremony"
_GOOD_FOR_SECONDS: Final = 15 * 60


def seal_agreement(operator: Operator, challenge: bytes, measure: str, *target: str) -> str:
    """The hidden value of a form that shows ``measure`` on ``target``."""
    return signing.dumps(
        [encoded(challenge), str(operator.session.sid), measure, *target], salt=_MEASURE
    )


def agreed_challenge(value: str, operator: Operator, measure: str, *target: str) -> bytes | None:
    """The challenge of the form that showed just this, to this session, lately; else None."""
    agreed = _loaded(value, _MEASURE)
    if agreed is None or agreed[1:] != [str(operator.session.sid), measure, *target]:
        return None
    return decoded(agreed[0])


def seal_ceremony(use: str, browser: str, challenge: bytes, *more: str) -> str:
    """The hidden value of a form whose passkey nobody is signed in for: of one browser."""
    return signing.dumps([encoded(challenge), use, _digest(browser), *more], salt=_CEREMONY)


def open_ceremony(value: str, use: str, browser: str | None) -> tuple[bytes, list[str]] | None:
    """The challenge, and what else was sealed, for this use, by this browser, lately; else None."""
    sealed = _loaded(value, _CEREMONY)
    if sealed is None or browser is None or sealed[1] != use:
        return None
    challenge = decoded(sealed[0])
    if challenge is None or not constant_time_compare(sealed[2], _digest(browser)):
        return None
    return challenge, sealed[3:]


def _loaded(value: str, salt: str) -> list[Any] | None:
    try:
        loaded: object = signing.loads(value, salt=salt, max_age=_GOOD_FOR_SECONDS)
    except signing.BadSignature:
        return None
    return loaded if isinstance(loaded, list) and len(loaded) > 2 else None


def _digest(browser: str) -> str:
    """What a form says of its browser: it is shown to whoever sees the page's text."""
    return hashlib.sha256(browser.encode()).hexdigest()
