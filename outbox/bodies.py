"""The two bodies of a letter, plain text and HTML, made of the same paragraphs.

A template writes text once; nothing that stands in it is ever read as markup. What becomes a link
is decided here alone: a paragraph that is one address below an origin of this site's own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.template import Context, Engine
from django.utils import translation
from django.utils.text import wrap

WIDTH: Final = 72
# What stands in a URL (RFC 3986 section 2) after its origin, which must end there.
_BELOW_ORIGIN = re.compile(r"(?:[/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?")
_CODE = re.compile(r"[0-9A-Z]{3,6}(?:-[0-9A-Z]{3,6}){1,7}")


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together; each is as long as it was written."""

    lines: tuple[str, ...]

    @property
    def wrapped(self) -> list[str]:
        """The lines, each broken between words where it is longer than people like to read."""
        return [wrap(line, WIDTH) for line in self.lines]

    @property
    def link(self) -> str:
        """The address that the paragraph is, if it is nothing else and leads to us; or nothing."""
        origins = [origin for origin in (settings.ISSUER, settings.OPERATOR_URL) if origin]
        is_link = len(self.lines) == 1 and any(
            self.lines[0].startswith(origin)
            and _BELOW_ORIGIN.fullmatch(self.lines[0], len(origin)) is not None
            for origin in origins
        )
        return self.lines[0] if is_link else ""

    @property
    def code(self) -> str:
        """The code to type in that the paragraph is, if it is nothing else; or nothing."""
        is_code = len(self.lines) == 1 and _CODE.fullmatch(self.lines[0]) is not None
        return self.lines[0] if is_code else ""


def paragraphs(text: str) -> list[Paragraph]:
    """Give the paragraphs of what a template wrote: empty lines part them."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [Paragraph(tuple(lines)) for lines in found if lines]


def plain_text(content: Sequence[Paragraph]) -> str:
    """Give the paragraphs as plain text in short lines; a link is never broken."""
    return "\n\n".join("\n".join(paragraph.wrapped) for paragraph in content) + "\n"


def html(content: Sequence[Paragraph], *, subject: str, engine: Engine) -> str:
    """Give the paragraphs as a page for mail readers, in the language that is active."""
    values = {
        "paragraphs": content,
        "subject": subject,
        "site_name": settings.SITE_NAME,
        "language": translation.get_language() or settings.LANGUAGE_CODE,
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
    }
    return str(engine.get_template("emails/base.html").render(Context(values)))
