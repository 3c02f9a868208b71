"""How somebody signed in, in words: from the vault's methods (RFC 8176), the most telling first."""

from collections.abc import Collection
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_HOW: Final[tuple[tuple[frozenset[str], str | Promise], ...]] = (
    (frozenset({"hwk"}), _("by passkey")),
    (frozenset({"swk"}), _("by passkey")),
    (frozenset({"pwd", "otp"}), _("by password and code")),
    (frozenset({"pwd"}), _("by password")),
)


def how(amr: Collection[str]) -> str | Promise:
    """The words for proven methods; empty where there are none."""
    proven = set(amr)
    return next((words for methods, words in _HOW if methods <= proven), "")
