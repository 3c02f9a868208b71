"""What a lockout would hit, in words: the count first, then some of them by name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from emergency.actions.reach import Hit

# What is said even if it is nothing.
_ALWAYS: Final = {
    "accounts",
    "keys",
    "people",
    "sessions",
    "sign_ins",
    "sign_ups",
}


def _accounts(n: int) -> str:
    return ngettext("%(n)d account is locked", "%(n)d accounts are locked", n) % {"n": n}


def _operators(n: int) -> str:
    return ngettext("%(n)d of them is an operator", "%(n)d of them are operators", n) % {"n": n}


def _sessions(n: int) -> str:
    return ngettext("%(n)d live session is shut", "%(n)d live sessions are shut", n) % {"n": n}


def _wikis(n: int) -> str:
    return ngettext("%(n)d wiki is told", "%(n)d wikis are told", n) % {"n": n}


def _already(n: int) -> str:
    return ngettext(
        "%(n)d is locked already and stays as it is",
        "%(n)d are locked already and stay as they are",
        n,
    ) % {"n": n}


def _own(_n: int) -> str:
    return _("Your own account is on the list and stays open")


def _above(n: int) -> str:
    return ngettext(
        "%(n)d is an operator above your level and stays open",
        "%(n)d are operators above your level and stay open",
        n,
    ) % {"n": n}


def _people(n: int) -> str:
    return ngettext("%(n)d person is signed in to it", "%(n)d people are signed in to it", n) % {
        "n": n
    }


def _sign_ups(n: int) -> str:
    return ngettext(
        "%(n)d account was made in the last hour", "%(n)d accounts were made in the last hour", n
    ) % {"n": n}


def _sign_ins(n: int) -> str:
    return ngettext(
        "%(n)d sign-in in the last hour",
        "%(n)d sign-ins in the last hour",
        n,
    ) % {"n": n}


def _strangers(n: int) -> str:
    return ngettext(
        "%(n)d of them in a browser that was not known before, and would have been refused",
        "%(n)d of them in browsers that were not known before, and would have been refused",
        n,
    ) % {"n": n}


def _operator_sessions(n: int) -> str:
    return ngettext("%(n)d of an operator, on this site", "%(n)d of operators, on this site", n) % {
        "n": n
    }


def _keys(n: int) -> str:
    return ngettext("%(n)d published key", "%(n)d published keys", n) % {"n": n}


_WORDS: Final[Mapping[str, Callable[[int], str]]] = {
    "accounts": _accounts,
    "operators": _operators,
    "sessions": _sessions,
    "wikis": _wikis,
    "already": _already,
    "self": _own,
    "forbidden": _above,
    "people": _people,
    "sign_ups": _sign_ups,
    "sign_ins": _sign_ins,
    "strangers": _strangers,
    "operator_sessions": _operator_sessions,
    "keys": _keys,
}


def reach_words(hits: Sequence[Hit]) -> list[str]:
    """One sentence for each thing that would be hit, with some names where there are any."""
    return [_sentence(hit) for hit in hits if hit.total or hit.what in _ALWAYS]


def _sentence(hit: Hit) -> str:
    said = _WORDS[hit.what](hit.total)
    names = [name for name in dict.fromkeys(hit.sample) if name]
    if not names:
        return f"{said}."
    more = ", …" if hit.total > len(names) else ""
    return f"{said}: {', '.join(names)}{more}"
