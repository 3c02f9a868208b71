"""Environment files: one line of one changes, the rest stays byte for byte.

Owns how such a file is read (``NAME=value`` a line, as systemd, docker and shells read it alike;
what they would read differently is refused) and how it is replaced: whole or not at all, with its
mode and owner. Which line changes, and why, is for ``actions/rotate_keys.py``.
"""

import contextlib
import fcntl
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

_LARGEST: Final = 1 << 20
# Quotes, where there are any, around the whole value; nothing that a shell would replace.
_LINE: Final = re.compile(
    r"""(?P<before>\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)=)
        (?:"(?P<double>[^"\\$`]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'\\$`;\#]*))
        (?P<after>\s*)\Z""",
    re.VERBOSE | re.ASCII,
)
_OPEN_QUOTE: Final = re.compile(r"""\s*(?:export\s+)?\w+=(?:"[^"]*|'[^']*)\Z""", re.ASCII)


class EnvFileRefused(Exception):
    """A file cannot be read or changed safely; one line that names it and shows no value."""


@dataclass(frozen=True)
class _Found:
    """Where a variable's value stands: in which line, from where to where."""

    line: int
    start: int
    end: int
    value: str = field(repr=False)


@dataclass(frozen=True)
class EnvFile:
    """An environment file as it was read. ``repr`` shows none of it."""

    name: str  # as it was given, for messages
    path: Path = field(repr=False)  # where it really lies: a link stays a link
    seen: os.stat_result = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)

    def value(self, variable: str) -> str:
        """What the file sets the variable to; empty when it does not. Raises ``EnvFileRefused``."""
        found = self._find(variable)
        return found.value if found else ""

    def has(self, variable: str) -> bool:
        """Whether the file has a line for the variable, be it empty. Raises ``EnvFileRefused``."""
        return self._find(variable) is not None

    def with_value(self, variable: str, value: str) -> "EnvFile":
        """This file with another value for a variable that it has, quoted as it was."""
        found = self._find(variable)
        if found is None:
            raise EnvFileRefused(f"{self.name} does not set {variable}")
        lines = list(self.lines)
        line = lines[found.line]
        lines[found.line] = line[: found.start] + value + line[found.end :]
        return replace(self, lines=tuple(lines))

    def _find(self, variable: str) -> "_Found | None":
        mentions = re.compile(rf"\s*(?:export\s+)?{re.escape(variable)}\s*=")
        found: _Found | None = None
        for number, line in enumerate(self.lines):
            if not mentions.match(line):
                continue
            parts = _LINE.match(line)
            if parts is None or (number and self.lines[number - 1].rstrip().endswith("\\")):
                raise EnvFileRefused(
                    f"{self.name}, line {number + 1}: write {variable}=value on a line of its own, "
                    "with nothing else there"
                )
            if found is not None:
                raise EnvFileRefused(f"{self.name} sets {variable} twice: leave one of them")
            kind = next(kind for kind in ("double", "single", "bare") if parts[kind] is not None)
            found = _Found(number, *parts.span(kind), parts[kind])
        return found


@contextlib.contextmanager
def opened(names: Sequence[str]) -> Iterator[list[EnvFile]]:
    """Reads files, and keeps other rotations off them until it is done.

    Raises ``EnvFileRefused``, also for a file that others than its owner can read.
    """
    with contextlib.ExitStack() as stack:
        files: list[EnvFile] = []
        for name in names:
            if any(_is_same(name, file) for file in files):
                raise EnvFileRefused(f"{name} was given twice")
            files.append(stack.enter_context(_opened(name)))
        yield files


def _is_same(name: str, file: EnvFile) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samestat(Path(name).stat(), file.seen)
    return False


@contextlib.contextmanager
def _opened(name: str) -> Iterator[EnvFile]:
    handle = -1
    try:
        try:
            path = Path(name).resolve(strict=True)
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            seen = os.fstat(handle)
            _verify(name, seen)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            content = os.read(handle, _LARGEST)
        except BlockingIOError:
            raise EnvFileRefused(f"{name}: another rotation is changing it") from None
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
            reason = error.strerror if isinstance(error, OSError) else "too many links"
            raise EnvFileRefused(f"{name}: {reason}") from None
        if len(content) != seen.st_size:
            raise EnvFileRefused(f"{name} was changed meanwhile; nothing was done")
        lines = tuple(content.decode("utf-8", "surrogateescape").split("\n"))
        _verify_lines(name, lines)
        yield EnvFile(name, path, seen, lines)
    finally:
        if handle >= 0:
            os.close(handle)


def _verify(name: str, seen: os.stat_result) -> None:
    if not stat.S_ISREG(seen.st_mode):
        raise EnvFileRefused(f"{name}: this is no file")
    if stat.S_IMODE(seen.st_mode) & 0o077:
        raise EnvFileRefused(f"{name}: others than its owner can read or write it; chmod 600 first")
    if seen.st_nlink > 1:
        raise EnvFileRefused(f"{name}: it has another name (a hard link) that would stay as it is")
    if seen.st_size >= _LARGEST:
        raise EnvFileRefused(f"{name}: too large for an environment file")


def _verify_lines(name: str, lines: Sequence[str]) -> None:
    for number, line in enumerate(lines, start=1):
        if not line.lstrip().startswith(("#", ";")) and _OPEN_QUOTE.match(line):
            raise EnvFileRefused(f"{name}, line {number}: a quote is opened there and not closed")


def write(files: Sequence[EnvFile]) -> None:
    """Replaces each file, as soon as all the new ones lie complete beside the old.

    Raises ``EnvFileRefused``: nothing has changed then, unless the line says otherwise.
    """
    drafts: dict[Path, EnvFile] = {}
    try:
        for file in files:
            draft = file.path.with_name(f".{file.path.name}.new")
            drafts[draft] = file
            _write_draft(draft, file)
        _replace(drafts)
    finally:
        for draft in drafts:
            with contextlib.suppress(OSError):
                draft.unlink()


def _write_draft(draft: Path, file: EnvFile) -> None:
    try:
        draft.unlink(missing_ok=True)  # of a rotation that was killed: the lock is ours
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(draft, flags, 0o600)
        with os.fdopen(handle, "wb") as output:
            os.fchown(handle, file.seen.st_uid, file.seen.st_gid)
            os.fchmod(handle, stat.S_IMODE(file.seen.st_mode))
            output.write("\n".join(file.lines).encode("utf-8", "surrogateescape"))
            output.flush()
            os.fsync(handle)
    except OSError as error:
        raise EnvFileRefused(
            f"{file.name}: its replacement cannot be written with the same owner "
            f"({error.strerror}); nothing was changed"
        ) from None


def _replace(drafts: Mapping[Path, EnvFile]) -> None:
    for file in drafts.values():
        if not _is_unchanged(file):
            raise EnvFileRefused(f"{file.name} was changed meanwhile; nothing was done")
    done: list[str] = []
    for draft, file in drafts.items():
        try:
            draft.replace(file.path)
            _sync_folder(file.path.parent)
        except OSError as error:
            already = f"; changed before it: {', '.join(done)}" if done else ""
            raise EnvFileRefused(f"{file.name}: {error.strerror}{already}") from None
        done.append(file.name)


def _is_unchanged(file: EnvFile) -> bool:
    try:
        now = file.path.lstat()
    except OSError:
        return False
    return os.path.samestat(now, file.seen) and (now.st_mtime_ns, now.st_size) == (
        file.seen.st_mtime_ns,
        file.seen.st_size,
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
