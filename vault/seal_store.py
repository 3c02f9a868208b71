"""The seal store: files elsewhere that only grow, one JSON object a line, one file a day.

Holds what must outlive the database: each seal, the lines that change credentials or locks, and the
site's highest epoch. Each record has a MAC of its own, so that a restore never acts on a line that
somebody else wrote. Which records are due is for ``seal_handover``.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings

from vault.errors import VaultError
from vault.seals import is_ours, mac

_PURPOSE: Final = "event-seal-store"
_NAME: Final = "seals-{day}.jsonl"
_BLOCK: Final = 1 << 16


class StoreUnavailable(VaultError):
    """The seal store cannot be written or read now."""


@dataclass(frozen=True)
class Record:
    """One line: how far seals have come with it, the site's highest epoch, and perhaps a seal.

    ``seal`` is None where only the epoch has risen. ``events`` are the lines handed over with it.
    """

    number: int
    site_epoch: int
    seal: dict[str, Any] | None
    events: tuple[dict[str, Any], ...] = ()

    def line(self) -> bytes:
        """As it stands in the file."""
        ring = settings.EVENT_KEYS
        body = _text(vars(self))
        made = mac(ring, ring.active_id, _PURPOSE, body)
        whole = {**vars(self), "record_mac": made.hex(), "record_key": ring.active_id}
        return _text(whole).encode() + b"\n"


def _text(fields: dict[str, Any]) -> str:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def _record(line: bytes) -> Record | None:
    """The record of a line, None for one that is not ours. Raises ValueError for a torn one."""
    fields = json.loads(line)
    try:
        given, key = bytes.fromhex(fields.pop("record_mac")), str(fields.pop("record_key"))
        if not is_ours(given, settings.EVENT_KEYS, key, _PURPOSE, _text(fields)):
            return None
        return Record(**{**fields, "events": tuple(fields["events"])})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _whole(lines: Iterable[bytes]) -> Iterator[Record | None]:
    """The records of lines, without those that a crash tore: they are handed over again."""
    for line in lines:
        try:
            yield _record(line)
        except ValueError:
            continue


class SealStore:
    """A folder of such files, or none where no setting names one."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @property
    def is_there(self) -> bool:
        """Whether there is a store to read."""
        return self._folder is not None and self._folder.is_dir()

    def _files(self) -> list[Path]:
        if self._folder is None:
            raise StoreUnavailable("AUTHSITE_SEAL_STORE is not set")
        return sorted(self._folder.glob(_NAME.format(day="*")))

    def records(self) -> Iterator[Record | None]:
        """Every line from the first on; None for one that is not ours. ``StoreUnavailable``."""
        try:
            for file in self._files():
                with file.open("rb") as lines:
                    yield from _whole(lines)
        except OSError as error:
            raise StoreUnavailable(type(error).__name__) from error

    def last(self) -> Record | None:
        """The newest record that is ours, or None in an empty store. ``StoreUnavailable``."""
        try:
            for file in reversed(self._files()):
                for record in _whole(_lines_backwards(file)):
                    if record is not None:
                        return record
        except OSError as error:
            raise StoreUnavailable(type(error).__name__) from error
        return None

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """The right to append, one process at a time. Raises ``StoreUnavailable``."""
        if self._folder is None:
            raise StoreUnavailable("AUTHSITE_SEAL_STORE is not set")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._folder / ".lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(type(error).__name__) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield Writer(self._folder, self._files())
        finally:
            os.close(lock)


class Writer:
    """Appends records; what ``append`` has returned from is on the disk."""

    def __init__(self, folder: Path, files: list[Path]) -> None:
        self._folder = folder
        # A clock that goes back must not put a record before an older one.
        today = _NAME.format(day=datetime.now(UTC).date().isoformat())
        self._file = folder / max([today, *(file.name for file in files[-1:])])

    def append(self, records: list[Record]) -> None:
        """Writes the records and waits until the disk has them. Raises ``StoreUnavailable``."""
        try:
            is_new = not self._file.exists()
            handle = os.open(self._file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "r+b", buffering=0) as file:
                # A line that a crash tore stays alone on its line.
                torn = b"\n" if _is_torn(file.fileno()) else b""
                _write_all(file.fileno(), torn + b"".join(record.line() for record in records))
                os.fsync(file.fileno())
            if is_new:
                _sync_folder(self._folder)
        except OSError as error:
            raise StoreUnavailable(type(error).__name__) from error


def _is_torn(handle: int) -> bool:
    size = os.fstat(handle).st_size
    return size > 0 and os.pread(handle, 1, size - 1) != b"\n"


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lines_backwards(file: Path) -> Iterator[bytes]:
    """The lines of a file, the last first, without reading all of it."""
    with file.open("rb") as stream:
        at = stream.seek(0, os.SEEK_END)
        rest = b""
        while at > 0:
            size = min(_BLOCK, at)
            at = stream.seek(at - size)
            (*lines,) = (stream.read(size) + rest).split(b"\n")
            rest = lines[0]
            yield from (line for line in reversed(lines[1:]) if line)
        if rest:
            yield rest


def seal_store() -> SealStore:
    """The store that ``AUTHSITE_SEAL_STORE`` names; one without a folder where it names none."""
    url = urlsplit(settings.SEAL_STORE)
    return SealStore(Path(unquote(url.path)) if url.path else None)
