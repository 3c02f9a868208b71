"""The catalogues below `locale/`: read, brought up to date, written, compiled.

A file says nothing of when or with what it was made, so that it changes with its words alone.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from catalogues.strings import ROOT

LOCALE: Final = ROOT / "locale"
_HOW: Final = "# {name}. How to translate: locale/README.md. Written by `make messages`."


class Words(Catalog):
    """The catalogue of one language, with a header that holds no date and no program's name."""

    def __iter__(self) -> Iterator[Message]:
        """The header, then every string."""
        header = {
            "Language": str(self.locale),
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": self.plural_forms,
        }
        yield Message("", "".join(f"{name}: {value}\n" for name, value in header.items()))
        yield from (message for message in super().__iter__() if message.id)


def po_of(language: str) -> Path:
    """Where a language's words are."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def languages() -> list[str]:
    """Those that have a folder below `locale/`, as Django names folders."""
    return sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


def read(language: str, source: bytes | None = None) -> Words:
    """Give a language's words as its file has them: none if there is no file yet."""
    path = po_of(language)
    if source is None:
        source = path.read_bytes() if path.exists() else b""
    words = Words(language, header_comment="", fuzzy=False)
    name = words.locale.english_name if words.locale else language
    words.header_comment = _HOW.format(name=name)
    as_written = read_po(io.BytesIO(source), locale=language, abort_invalid=True)
    for message in as_written:
        if message.id:
            words[message.id] = message
    words.obsolete = as_written.obsolete
    return words


def forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """Give a string's one form, or its singular and plurals."""
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def updated(words: Words, strings: Catalog) -> Words:
    """Bring words up to date with the source: new strings without a translation, old ones gone.

    A string that was only reworded keeps its translation as a proposal, marked "fuzzy".
    """
    words.update(strings, update_creation_date=False)
    words.obsolete.clear()
    return words


def written(words: Words) -> bytes:
    """Give the text of a catalogue, in the order of the source."""
    text = io.BytesIO()
    write_po(text, words, width=100, sort_by_file=True, include_lineno=False)
    return text.getvalue().strip() + b"\n"


def compiled(words: Words) -> bytes:
    """Give what Django reads at run time: translations that nobody has to look at again."""
    machine = io.BytesIO()
    write_mo(machine, words)
    return machine.getvalue()
