"""Reads the mail that the demo's auth site has sent: a letter a file, shown as readers do."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

# Django's own file backend ends each letter of a file with this line.
_SEPARATOR = b"-" * 79
_LARGEST = 1024 * 1024
_MOST = 200
# What Python's parser raises where a letter is more broken than it foresees.
_BROKEN = (AttributeError, LookupError, TypeError, ValueError)
_WIDTH = 72


@dataclass(frozen=True)
class Letter:
    """One letter: its headers decoded, when it came, its text, and its HTML where it has one."""

    key: str
    sender: str
    recipients: str
    subject: str
    sent: datetime
    came: datetime
    text: str
    html: str

    @property
    def sender_name(self) -> str:
        """The sender as a list of letters names them: the address only where there is no name."""
        return parseaddr(self.sender)[0] or self.sender

    @property
    def flowing_text(self) -> str:
        """The text without the breaks of lines that were full, so that it fits any screen."""
        flowing: list[str] = []
        last = ""
        for line in self.text.splitlines():
            if last and line.strip() and len(f"{last} {line.split()[0]}") > _WIDTH:
                flowing[-1] += f" {line}"
            else:
                flowing.append(line)
            last = line
        return "\n".join(flowing)


def letters(folder: Path) -> list[Letter]:
    """All letters of the folder, newest first; a folder that is not there yet is empty."""
    if not folder.is_dir():
        return []
    files = [
        (path.stat().st_mtime_ns, path)
        for path in folder.iterdir()
        if path.is_file() and path.name.isprintable() and not path.name.startswith(".")
        if path.suffix != ".tmp"
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
    came = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return [
        _letter(part, key=f"{path.name}~{number}", came=came)
        for number, part in reversed(list(enumerate(parts)))
        if part.strip()
    ]


def _letter(content: bytes, *, key: str, came: datetime) -> Letter:
    message = email.message_from_bytes(content, policy=email.policy.default)
    return Letter(
        key=key,
        sender=_header(message, "From"),
        recipients=_header(message, "To"),
        subject=_header(message, "Subject"),
        sent=_sent(message) or came,
        came=came,
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, "")).strip()
    except _BROKEN:
        found = [value for key, value in message.raw_items() if key.lower() == name.lower()]
        return str(found[0]).strip()


def _sent(message: EmailMessage) -> datetime | None:
    try:
        return parsedate_to_datetime(_header(message, "Date")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        content = part.get_content()
    except _BROKEN:
        # A charset that Python does not know, for example: show what can be shown.
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    return content if isinstance(content, str) else ""
