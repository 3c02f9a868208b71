"""The strings of the public site and of its letters, as they stand in the source.

Templates are turned by Django's own `templatize` into something that reads like Python, and both
are then read token by token. What only operators read stays English, and is left out.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.utils.translation.template import templatize

ROOT: Final = Path(__file__).resolve().parents[1]
TEMPLATES: Final = ("*.html", "*.txt")
# Folders and files that hold no string of the public site, or none for people.
NOT_PUBLIC: Final = (
    # The operator's site, the console, and the letters that operators get as such.
    "emergency",
    "*/management",
    "*/apps.py",  # names of rooms and of rows: Django's admin shows them
    "*/models.py",
    "outbox/alert_words.py",
    "outbox/measure_words.py",
    "templates/admin",
    "templates/emergency",
    "templates/emails/operator_alert.*",
    "templates/emails/operator_measure.*",
    # No part of the site.
    "bench",
    "catalogues",
    "demo",
    "tests",
    ".*",
    "var",
)
_KEYWORDS: Final = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def find_strings(root: Path = ROOT) -> Catalog:
    """Give every string with the files it stands in and what is noted there for translators."""
    found = Catalog()
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        source = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # Templates are indented as they please; Python is not.
            lines = templatize(source, origin=name).splitlines(keepends=True)
            source = "".join(line.lstrip(" \t") for line in lines)
        read = io.BytesIO(source.encode())
        for line, string, notes, context in extract("python", read, _KEYWORDS, ["Translators:"]):
            found.add(
                string, locations=[(name, line)], auto_comments=notes, context=context or None
            )
    return found


def _files(root: Path) -> Iterator[Path]:
    rooms = sorted(path.parent for path in root.glob("*/__init__.py"))
    kinds = [(room, "*.py") for room in rooms]
    kinds += [(root / "templates", pattern) for pattern in TEMPLATES]
    for folder, pattern in kinds:
        for path in sorted(folder.rglob(pattern)):
            if not _is_left_out(path.relative_to(root)):
                yield path


def _is_left_out(path: Path) -> bool:
    places = [path, *path.parents]
    return any(place.match(pattern) for place in places for pattern in NOT_PUBLIC)
