"""Reads our letters as a mail program does: two forms of the same words, of which it shows one."""

import email
import email.policy
import re
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass(frozen=True)
class Letter:
    """A letter to somebody: what stands in it, and the ways back that it offers."""

    to: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)

    @property
    def links(self) -> list[str]:
        """The links that carry a token."""
        return re.findall(r"https?://\S+#token=\S+", self.text)

    @property
    def codes(self) -> list[str]:
        """The codes that can be typed."""
        return re.findall(r"^(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}$", self.text, re.MULTILINE)

    @property
    def link(self) -> str:
        """The only link."""
        [link] = self.links
        return link

    @property
    def token(self) -> str:
        """What the only link carries."""
        return self.link.partition("#token=")[2]

    @property
    def code(self) -> str:
        """The only code."""
        [code] = self.codes
        return code

    @property
    def reference(self) -> str:
        """What support can look up."""
        return self.text.rpartition("Reference: ")[2].strip()


def letter_of(letter: bytes) -> Letter:
    """Give a letter as its reader has it before them."""
    message = received(letter)
    return Letter(str(message["To"]), str(message["Subject"]), text_of(letter), html_of(letter))


def received(letter: bytes) -> EmailMessage:
    """Give a letter as it arrives: two parts, the plain text first, and nothing else."""
    message = email.message_from_bytes(letter, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message.get_content_type() == "multipart/alternative"
    parts = [part.get_content_type() for part in message.iter_parts()]
    assert parts == ["text/plain", "text/html"]
    assert not any(part.defects for part in message.walk())
    return message


def text_of(letter: bytes) -> str:
    """Give the plain text of a letter."""
    return _part(letter, "plain")


def html_of(letter: bytes) -> str:
    """Give the HTML of a letter."""
    return _part(letter, "html")


def _part(letter: bytes, kind: str) -> str:
    part = received(letter).get_body(preferencelist=(kind,))
    assert isinstance(part, EmailMessage)
    assert part.get_content_charset() == "utf-8"
    return str(part.get_content())
