"""The suite's own server: takes the back-channel logouts that the site's worker sends."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue


@dataclass(frozen=True)
class Received:
    """One request that came in."""

    path: str
    content_type: str
    body: str


@dataclass(frozen=True)
class Receiver:
    """Where it listens, and what has come."""

    port: int
    received: "Queue[Received]"

    @property
    def origin(self) -> str:
        """Its origin: a name of loopback."""
        return f"https://localhost:{self.port}"


@contextmanager
def receiving(bundle: Path) -> Iterator[Receiver]:
    """Serves on a free port with this certificate and key, and answers every POST with 200."""
    received: Queue[Received] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.put(Received(self.path, self.headers["Content-Type"], body))
            self.send_response(200)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Receiver(server.server_port, received)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
