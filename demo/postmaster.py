"""Watches a PostgreSQL server from outside, through the `postmaster.pid` in its data folder.

Tells when a new server takes connections, and stops one that a killed run left behind.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from demo.postgres_home import PostgresUnavailable

START_SECONDS = 60.0  # recovery after a crash may take a while; a clean start takes under one
STOP_SECONDS = 15.0
STATUS_LINE = 8  # of postmaster.pid, counted from one


def becomes_ready(process: subprocess.Popen[bytes], data: Path) -> bool:
    """Wait until postmaster.pid says `ready` in its eighth line; False when the server gave up."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        lines = [line.strip() for line in _postmaster_lines(data)]
        if lines[:1] == [str(process.pid)] and lines[STATUS_LINE - 1 :] == ["ready"]:
            return True
        time.sleep(0.02)
    return False


def _postmaster_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []


def stop_stale(data: Path) -> None:
    """Stop a server that a killed run left behind on this very data folder."""
    lines = _postmaster_lines(data)
    if not lines or not lines[0].isdigit():
        return
    try:
        process = psutil.Process(int(lines[0]))
        if Path(process.cwd()) != data:  # the number belongs to somebody else by now
            return
        print("Stopping a PostgreSQL that an earlier run left behind.", file=sys.stderr)
        for ask in (signal.SIGINT, signal.SIGQUIT):
            process.send_signal(ask)
            try:
                process.wait(STOP_SECONDS)
                return
            except psutil.TimeoutExpired:
                continue
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return  # gone meanwhile, or not ours: then PostgreSQL's own check decides
    raise PostgresUnavailable(f"A stale PostgreSQL (process {lines[0]}) does not stop.")
