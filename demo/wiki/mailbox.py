"""Reads the mail that the demo's auth site has sent: a letter a file, shown as readers do."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

# Django's own file backend ends each letter of a file with this line.
_SEPARATOR = b"-" * 79
_LARGEST = 1024 * 1024
_MOST = 200


@dataclass(frozen=True)
class Letter:
    """One letter: its headers decoded, its text, and its HTML where it has one."""

    key: str
    sender: str
    recipients: str
    subject: str
    at: datetime
    text: str
    html: str


def letters(folder: Path) -> list[Letter]:
    """All letters of the folder, newest first; a folder that is not there yet is empty."""
    if not folder.is_dir():
        return []
    files = [
        (path.stat().st_mtime_ns, path)
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".tmp"
    ]
    found: list[Letter] = []
    for _, path in sorted(files, reverse=True)[:_MOST]:
        found.extend(_letters_in(path))
    return found


def find(folder: Path, *, key: str) -> Letter | None:
    """The letter with this key, or None; only keys that `letters` gives are ever opened."""
    return next((letter for letter in letters(folder) if letter.key == key), None)


def _letters_in(path: Path) -> list[Letter]:
    with path.open("rb") as file:
        content = file.read(_LARGEST)
    parts = [part.lstrip(b"\r\n") for part in content.split(b"\n" + _SEPARATOR)]
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return [
        _letter(part, key=f"{path.name}~{number}", at=at)
        for number, part in reversed(list(enumerate(parts)))
        if part.strip()
    ]


def _letter(content: bytes, *, key: str, at: datetime) -> Letter:
    message = email.message_from_bytes(content, policy=email.policy.default)
    return Letter(
        key=key,
        sender=str(message.get("From", "")),
        recipients=str(message.get("To", "")),
        subject=str(message.get("Subject", "")),
        at=at,
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        content = part.get_content()
    except LookupError:
        # A charset that Python does not know: show what can be shown.
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    return content if isinstance(content, str) else ""
