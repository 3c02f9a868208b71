"""Supervises the demo's processes: starts them, sees that they answer, notices when one dies, and
stops them all. Knows nothing of what they are.
"""

import contextlib
import http.client
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.lifeline import dies_with_parent

READY_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.1
WATCH_SECONDS = 0.5
PROBE_TIMEOUT = 5.0
TAIL_LINES = 15
LARGEST_LOG = 10 * 1024 * 1024


class ProgramFailed(Exception):
    """A program ended on its own, or never answered; the message ends with its log's tail."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A request that is answered with 200 (or another status below 400) once a program is ready.

    Always sent to loopback, with the name in the Host header: resolvers differ on `*.localhost`.
    """

    host: str
    port: int
    path: str
    tls: bool = False

    def answers(self) -> bool:
        """Ask once."""
        connection: http.client.HTTPConnection
        if self.tls:
            # Whether our own process on loopback is up; who it is doesn't matter here.
            context = ssl._create_unverified_context()  # noqa: S323, SLF001
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=PROBE_TIMEOUT, context=context
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PROBE_TIMEOUT)
        try:
            connection.request("GET", self.path, headers={"Host": f"{self.host}:{self.port}"})
            return connection.getresponse().status < http.HTTPStatus.BAD_REQUEST
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One program to keep running; `probe` tells when it is ready (None: at once)."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    probe: Probe | None = None


class Supervisor:
    """A set of running programs that live and die together."""

    def __init__(self, folder: Path) -> None:
        """Every program runs in `folder`."""
        self._folder = folder
        self._running: dict[Program, subprocess.Popen[bytes]] = {}

    def start(self, program: Program) -> int:
        """Start a program and give its process id; its output goes to its log."""
        _rotate(program.log)
        with program.log.open("ab") as log:
            process = self._running[program] = subprocess.Popen(
                program.command,
                env=dict(program.environment),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches us alone; a group of its own lets us end its children too.
                start_new_session=True,
                umask=0o077,  # mail, pages and logs are nobody else's
                preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 - two system calls
            )
        return process.pid

    def wait_until_ready(self) -> None:
        """Wait until every probe is answered. Raises ProgramFailed."""
        deadline = time.monotonic() + READY_SECONDS
        waiting = [program for program in self._running if program.probe]
        while waiting:
            self._raise_for_dead()
            waiting = [one for one in waiting if one.probe and not one.probe.answers()]
            if not waiting:
                return
            if time.monotonic() > deadline:
                raise ProgramFailed(_describe(waiting[0], "does not answer"))
            time.sleep(POLL_SECONDS)

    def watch(self) -> None:
        """Return never; raises ProgramFailed when a program ends."""
        while True:
            self._raise_for_dead()
            time.sleep(WATCH_SECONDS)

    def stop(self) -> None:
        """Ask every program to end, then make it; returns when none is left."""
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for program, process in self._running.items():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                print(f"{program.name} does not end; killing it.", file=sys.stderr)
            # Also what it may have left behind in its group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def _raise_for_dead(self) -> None:
        for program, process in self._running.items():
            status = process.poll()
            if status is not None:
                raise ProgramFailed(_describe(program, f"ended with status {status}"))


def _describe(program: Program, what: str) -> str:
    return f"{program.name} {what}; {program.log} ends:\n{tail(program.log)}"


def tail(log: Path) -> str:
    """Give the last lines of a log, indented."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
    return "\n".join(f"  {line}" for line in lines)


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
