"""How long `make run` takes to a served page where the virtual environment is there already."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from demo.environment import ROOT, Place
from demo.processes import Probe

_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 120.0


class NeverServed(Exception):
    """The demo ended, or answered nothing in time; the message is its output."""


def seconds_to_a_page() -> tuple[float, float]:
    """Give the seconds of a first run, which makes databases and accounts, and of a second."""
    folder = Path(tempfile.mkdtemp(prefix="authsite-bench-run-"))
    folder.chmod(0o711)
    try:
        return _run_once(folder), _run_once(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_once(folder: Path) -> float:
    place = Place(port=_free_ports(4))
    log = folder.with_suffix(".log")
    began = time.monotonic()
    with log.open("wb") as output:
        demo = subprocess.Popen(
            [sys.executable, "-m", "demo.run", "--follow-parent", "--port", str(place.port)],
            cwd=ROOT,
            env={**os.environ, "AUTHSITE_VAR": str(folder / "var")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            probe = Probe("auth.localhost", place.port, "/login")
            while not probe.answers():
                if demo.poll() is not None or time.monotonic() - began > _PATIENCE_SECONDS:
                    raise NeverServed(log.read_text(errors="replace"))
                time.sleep(_POLL_SECONDS)
            return time.monotonic() - began
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait()
            log.unlink()


def _free_ports(count: int) -> int:
    """Give the first of `count` ports in a row that are free now."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first: int = probe.getsockname()[1]
        if first + count < 65536 and all(_is_free(first + offset) for offset in range(count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
