"""Turns the wiki's small markup into HTML; everything typed is escaped first.

`== heading ==`, `* item`, `'''bold'''`, `''italic''`, `[[Page]]`, `[[Page|words]]`; an empty line
begins a paragraph. There is no way to write HTML, an address or an attribute of one's own.
"""

import re
from collections.abc import Callable

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from . import pages

_LINK = re.compile(r"\[\[([^\[\]|]{1,200})(?:\|([^\[\]|]{1,200}))?\]\]")
_HEADING = re.compile(r"(={2,3})\s*(.+?)\s*\1\s*")
_BOLD = re.compile(r"&#x27;&#x27;&#x27;(.+?)&#x27;&#x27;&#x27;")
_ITALIC = re.compile(r"&#x27;&#x27;(.+?)&#x27;&#x27;")


def render(text: str) -> SafeString:
    """The text as HTML; links to pages that do not exist yet are marked so."""
    known = pages.existing(_linked_titles(text))
    html: list[str] = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        html.extend(_blocks(block.splitlines(), known=known))
    # Safe: every piece went through _inline, which escapes before it adds anything.
    return mark_safe("\n".join(html))  # noqa: S308


def _blocks(lines: list[str], *, known: set[str]) -> list[str]:
    html: list[str] = []
    for kind, group in _grouped(lines):
        if kind == "heading":
            html.extend(_heading(line, known=known) for line in group)
        elif kind == "item":
            items = "".join(f"<li>{_inline(line[1:].strip(), known=known)}</li>" for line in group)
            html.append(f"<ul>{items}</ul>")
        else:
            html.append(f"<p>{_inline(chr(10).join(group), known=known)}</p>")
    return html


def _grouped(lines: list[str]) -> list[tuple[str, list[str]]]:
    groups: list[tuple[str, list[str]]] = []
    for line in lines:
        kind = "heading" if _HEADING.fullmatch(line) else "item" if line[:1] == "*" else "words"
        if groups and groups[-1][0] == kind:
            groups[-1][1].append(line)
        else:
            groups.append((kind, [line]))
    return groups


def _heading(line: str, *, known: set[str]) -> str:
    match = _HEADING.fullmatch(line)
    if match is None:
        raise ValueError(line)
    level = len(match[1])
    return f"<h{level}>{_inline(match[2], known=known)}</h{level}>"


def _inline(text: str, *, known: set[str]) -> str:
    pieces: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        pieces += [_emphasis(text[end : match.start()]), _link(match, known=known)]
        end = match.end()
    return "".join([*pieces, _emphasis(text[end:])])


def _emphasis(text: str) -> str:
    html = _BOLD.sub(r"<b>\1</b>", escape(text))
    return _ITALIC.sub(r"<i>\1</i>", html)


def _link(match: re.Match[str], *, known: set[str]) -> str:
    words = match[2] or match[1]
    try:
        title = pages.clean_title(match[1])
    except pages.InvalidTitle:
        return escape(words)
    return format_html(
        '<a href="{}"{}>{}</a>',
        reverse("read", args=[title.replace(" ", "_")]),
        "" if title in known else mark_safe(' class="missing"'),
        words,
    )


def _linked_titles(text: str) -> set[str]:
    clean: Callable[[str], str] = pages.clean_title
    titles: set[str] = set()
    for match in _LINK.finditer(text):
        try:
            titles.add(clean(match[1]))
        except pages.InvalidTitle:
            continue
    return titles
