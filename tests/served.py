"""Serves the site of the environment's role on a free port of loopback: ``python -m tests.served``.

For tests of what differs from role to role in a whole process. Prints the port; stops when its
standard input ends, which it also does when the test process dies.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

ROOT = Path(__file__).resolve().parents[1]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        """The site logs its requests itself."""


def main() -> None:
    """Serve until standard input ends."""
    from authsite.wsgi import application

    server = make_server("127.0.0.1", 0, application, _Server, _Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)  # noqa: T201
    sys.stdin.read()
    os._exit(0)


@contextmanager
def serving(environment: dict[str, str], *, log: Path | None = None) -> Iterator[int]:
    """Gives the port of a site that runs in a process of its own with these variables.

    All that it says from then on is in ``log`` afterwards, where one is wanted.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.served"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if log is None else subprocess.STDOUT,
        text=True,
    )
    assert process.stdin is not None
    output = process.stdout
    assert output is not None
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.append(output.read()), daemon=True)
    try:
        # Logs come on the same stream; the port is the first line that is a number.
        line = next((text for text in output if text.strip().isdigit()), "")
        assert line, "the site did not start"
        # Read in any case: a full pipe would stop the site.
        reader.start()
        yield int(line)
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        if log is not None and reader.ident is not None:
            reader.join(timeout=60)
            log.write_text("".join(said), encoding="utf-8")


if __name__ == "__main__":
    main()
