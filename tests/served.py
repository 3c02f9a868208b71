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
def serving(environment: dict[str, str]) -> Iterator[int]:
    """Gives the port of a site that runs in a process of its own with these variables."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.served"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        # Logs come on the same stream; the port is the first line that is a number.
        line = next((text for text in process.stdout if text.strip().isdigit()), "")
        assert line, "the site did not start"
        # Nobody reads the logs; a full pipe would stop the site.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield int(line)
    finally:
        process.stdin.close()
        process.wait(timeout=10)


if __name__ == "__main__":
    main()
