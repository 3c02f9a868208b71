"""A language that nobody speaks, from right to left: what stays in Latin letters was not marked.

It stands in for gettext's catalogues, so that no translation needs to exist.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

from django.utils import translation

_LETTERS: Final = str.maketrans(
    "abcdefghijklmnopqrstuvwxyz", "ابجدهفغحيكلمنوسصعقرزتثخشضط"
)  # one for one
_KEPT: Final = re.compile(r"(%\(\w+\)[sd]|\{\w+\}|%%|<[^>]*>|&\w+;|[A-Z]\w*_FORMAT)")


def pseudo(text: str) -> str:
    """Give the text in the pseudo-language; placeholders, tags and format names stay."""
    parts = _KEPT.split(str(text))
    return "".join(
        part if index % 2 else part.lower().translate(_LETTERS) for index, part in enumerate(parts)
    )


def _ngettext(singular: str, plural: str, number: int) -> str:
    return pseudo(singular if number == 1 else plural)


@contextmanager
def pseudo_locale() -> Iterator[None]:
    """Speak the pseudo-language inside the block. Dates come out in Arabic, as Django has them."""
    with (
        translation.override("ar"),
        patch.multiple(
            translation._trans,
            gettext=pseudo,
            pgettext=lambda _context, text: pseudo(text),
            ngettext=_ngettext,
            npgettext=lambda _context, *texts: _ngettext(*texts),
            create=True,
        ),
    ):
        yield
