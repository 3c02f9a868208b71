"""Reads a page the way a browser or a screen reader would, as far as our promises need it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

VOID: Final = {"meta", "link", "input", "br", "path", "img", "hr"}


@dataclass
class Element:
    """One element with its attributes, and the text directly or deeper inside it."""

    tag: str
    attributes: dict[str, str]
    form: "Element | None" = None
    text: str = ""
    inputs: list["Element"] = field(default_factory=list)

    def get(self, name: str) -> str:
        """Give an attribute, or nothing."""
        return self.attributes.get(name, "")


class Page(HTMLParser):
    """Collects the elements; raises ValueError where one is closed that wasn't open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        if self._open:
            raise ValueError(f"never closed: {self._open[-1].tag}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        form = next((outer for outer in reversed(self._open) if outer.tag == "form"), None)
        element = Element(tag, {name: value or "" for name, value in attrs}, form)
        self.elements.append(element)
        if form is not None and tag == "input":
            form.inputs.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element that closes itself (inside svg)."""
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Check that the innermost open element is the one that ends."""
        if not self._open or self._open.pop().tag != tag:
            raise ValueError(f"</{tag}> closes what was not open")

    def handle_data(self, data: str) -> None:
        """Give the text to every element around it."""
        for element in self._open:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        """Give the elements of these kinds, in their order."""
        return [element for element in self.elements if element.tag in tags]

    def by_id(self, identifier: str) -> Element:
        """Give the one element of this id."""
        (element,) = [one for one in self.elements if one.get("id") == identifier]
        return element
