"""The demo's supervisor: what it starts answers, what dies is reported, what it stops is gone."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from demo.processes import Probe, Program, ProgramFailed, Supervisor

ROOT = Path(__file__).resolve().parents[3]
SERVE = (
    "import http.server, sys\n"
    "class Handler(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        known = self.headers['Host'] == f'name.localhost:{sys.argv[1]}'\n"
    "        self.send_response(200 if known else 404)\n"
    "        self.end_headers()\n"
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()\n"
)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _python(name: str, folder: Path, code: str, *arguments: str) -> Program:
    command = (sys.executable, "-c", code, *arguments)
    return Program(name, command, {"PATH": os.environ["PATH"]}, folder / f"{name}.log")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor that leaves nothing behind."""
    supervisor = Supervisor(tmp_path)
    yield supervisor
    supervisor.stop()


def test_program_is_ready_once_its_probe_is_answered(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    """Waiting ends when the program answers on loopback under its own host name."""
    port = _free_port()
    command = (sys.executable, "-c", SERVE, str(port))
    probe = Probe("name.localhost", port, "/")
    program = Program("server", command, {}, tmp_path / "server.log", probe)
    assert not probe.answers()
    supervisor.start(program)
    supervisor.wait_until_ready()
    assert probe.answers()


def test_program_that_dies_is_reported_with_the_end_of_its_log(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    """Whoever ran the demo sees which program ended, how, and what it said last."""
    supervisor.start(_python("broken", tmp_path, "raise SystemExit('no such table')"))
    with pytest.raises(ProgramFailed, match=r"broken ended with status 1(?s:.*)no such table"):
        supervisor.watch()


def test_stop_ends_a_program_with_its_children(tmp_path: Path, supervisor: Supervisor) -> None:
    """A program that leaves its children behind leaves them to the supervisor, which ends them."""
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open('child', 'w').write(str(child.pid))\n"
        "print('started', flush=True)\n"
        "time.sleep(60)\n"
    )
    supervisor.start(_python("parent", tmp_path, code))
    _wait_for_text(tmp_path / "parent.log", "started")
    child = psutil.Process(int((tmp_path / "child").read_text()))
    supervisor.stop()
    psutil.wait_procs([child], timeout=30)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_program_sees_only_the_environment_it_was_given(
    tmp_path: Path, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the shell's environment reaches a program unasked."""
    monkeypatch.setenv("AUTHSITE_PEPPER_KEYS", "of-somebody-else")
    code = "import os; print('sees', 'AUTHSITE_PEPPER_KEYS' in os.environ, flush=True)"
    supervisor.start(_python("curious", tmp_path, code))
    _wait_for_text(tmp_path / "curious.log", "sees False")


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
def test_programs_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    """Not even SIGKILL of the supervisor leaves a program running."""
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from demo.processes import Program, Supervisor\n"
        "supervisor = Supervisor(Path('.'))\n"
        "sleeper = (sys.executable, '-c', 'import time; time.sleep(60)')\n"
        "program = Program('sleeper', sleeper, {}, Path(sys.argv[1]) / 'sleeper.log')\n"
        "supervisor.start(program)\n"
        "print(next(iter(supervisor._running.values())).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        sleeper = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    psutil.wait_procs([sleeper], timeout=30)
    assert not sleeper.is_running() or sleeper.status() == psutil.STATUS_ZOMBIE


def _wait_for_text(path: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() or text not in path.read_text():
        assert time.monotonic() < deadline, f"{path} never said {text!r}"
        time.sleep(0.05)
