"""Runs the demo for the tests, as `make run` does, on ports and below a folder of its own."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240.0  # the first start makes databases on a busy machine
STOP_SECONDS = 120  # above what it gives its programs, and then PostgreSQL, on a busy machine
PORTS = 4


def free_ports() -> int:
    """Give the first of four ports in a row that are free now."""
    while True:
        first = random.randint(20000, 29000)
        probes = [socket.socket() for _ in range(PORTS)]
        try:
            for offset, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + offset))
            return first
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()


class RunningDemo:
    """One demo in a process of its own; what var/demo.json says is in `description`."""

    def __init__(self, var: Path, **environment: str) -> None:
        """Keep its state below `var`; `environment` is added to what it gets."""
        self.var = var
        self.port = free_ports()
        self.seconds = 0.0
        self.description: dict[str, Any] = {}
        self.description_file = var / "demo.json"
        self._environment = {**os.environ, "AUTHSITE_VAR": str(var), **environment}
        self._output = var.with_name(f"{var.name}-{self.port}.out")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def start(self) -> dict[str, Any]:
        """Start it, and give its description once everything answers."""
        file = self.description_file
        file.unlink(missing_ok=True)  # of a run that a test killed
        began = time.monotonic()
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "demo.run", "--follow-parent", "--port", str(self.port)],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        while not file.exists():
            waited = time.monotonic() - began
            assert self.process.poll() is None, f"the demo ended:\n{self.output}"
            assert waited < START_SECONDS, f"the demo did not start:\n{self.output}"
            time.sleep(0.05)
        self.seconds = time.monotonic() - began
        self.description = json.loads(file.read_text(encoding="utf-8"))
        return self.description

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Send `by`, and give the exit status once it ended."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(by)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"the demo does not end:\n{self.output}") from late

    def forget(self) -> None:
        """Stop it if it runs, and remove its state, wherever PostgreSQL keeps it."""
        if self.process is not None and self.process.poll() is None:
            self.stop()
        subprocess.run(
            [sys.executable, "-m", "demo.clean"], cwd=ROOT, env=self._environment, check=True
        )
