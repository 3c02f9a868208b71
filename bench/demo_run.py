"""`make run` as it is, in a process of its own, below a folder of its own."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.environment import ROOT, Place

_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 120.0
_PORTS = 4


class NeverServed(Exception):
    """The demo ended, or answered nothing in time; the message is its output."""


@dataclass(frozen=True, slots=True)
class RunningDemo:
    """One demo on its way up, or up."""

    place: Place
    began: float
    """When it was started, on the monotonic clock."""
    _folder: Path
    _log: Path
    _process: subprocess.Popen[bytes] = field(repr=False)

    def wait_until(self, is_there: Callable[[], bool]) -> float:
        """Wait for something of it; gives the seconds since it was started. Raises NeverServed."""
        while not is_there():
            if self._process.poll() is not None or self._seconds() > _PATIENCE_SECONDS:
                raise NeverServed(self._log.read_text(errors="replace"))
            time.sleep(_POLL_SECONDS)
        return self._seconds()

    def description(self) -> dict[str, Any]:
        """Give what var/demo.json says, once everything answers. Raises NeverServed."""
        file = self._folder / "var" / "demo.json"
        self.wait_until(file.exists)
        described: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return described

    def _seconds(self) -> float:
        return time.monotonic() - self.began


@contextlib.contextmanager
def demo_folder() -> Iterator[Path]:
    """Give a folder for a demo, and delete it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="authsite-bench-run-"))
    folder.chmod(0o711)  # PostgreSQL may run as a user of its own, who passes through
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_demo(folder: Path, environment: Mapping[str, str]) -> Iterator[RunningDemo]:
    """Start it with its state in `folder`; stop it at the end."""
    place = Place(port=_free_ports(_PORTS))
    log = folder / "demo.log"
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "demo.run", "--follow-parent", "--port", str(place.port)],
            cwd=ROOT,
            env={**os.environ, "AUTHSITE_VAR": str(folder / "var"), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield RunningDemo(place, began, folder, log, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _free_ports(count: int) -> int:
    """Give the first of `count` ports in a row that are free now.

    Below those that systems give to outgoing connections, which would come and go between.
    """
    while True:
        first = random.randint(20_000, 29_000)  # noqa: S311 - no secret
        with contextlib.ExitStack() as probes:
            try:
                for port in range(first, first + count):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
