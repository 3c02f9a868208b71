"""Binds a measure's form to what it showed: the measure, its target as it was, and the operator.

A form that was made for another account, for another measure, in another session, or before its
target changed is not carried out: the operator is shown afresh what would be hit.
"""

from typing import Final

from django.core import signing

from emergency.actions.operators import Operator

_SALT: Final = "emergency.measure"
_GOOD_FOR_SECONDS: Final = 15 * 60


def seal_agreement(operator: Operator, measure: str, *target: str) -> str:
    """The hidden value of a form that shows ``measure`` on ``target``."""
    return signing.dumps([str(operator.session.sid), measure, *target], salt=_SALT)


def is_agreement(value: str, operator: Operator, measure: str, *target: str) -> bool:
    """Whether the form that carries ``value`` showed just this, to this session, lately."""
    try:
        agreed: object = signing.loads(value, salt=_SALT, max_age=_GOOD_FOR_SECONDS)
    except signing.BadSignature:
        return False
    return agreed == [str(operator.session.sid), measure, *target]
