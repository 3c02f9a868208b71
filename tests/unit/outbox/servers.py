"""Small real servers on loopback, for what the fetcher and the mailer must withstand."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Conversation = Callable[[socket.socket], None]


class Server:
    """A listening socket and what it was asked."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.port: int = listener.getsockname()[1]
        self.connections = 0
        self.requests: list[bytes] = []
        self.stopping = threading.Event()


def read_request(connected: socket.socket) -> bytes:
    """Read one HTTP request, its body included."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connected.recv(65536)
        if not part:
            return received
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connected.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def serving(
    answer: Callable[[Server, socket.socket], None],
    *,
    tls: ssl.SSLContext | None = None,
    address: str = "127.0.0.1",
) -> Iterator[Server]:
    """Serve every connection in a thread of its own until the block ends."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, 0), family=family)
    server = Server(listener)

    def converse(connected: socket.socket) -> None:
        try:
            if tls is not None:
                connected = tls.wrap_socket(connected, server_side=True)
            answer(server, connected)
        except OSError:
            pass  # the client hung up, as several tests want it to
        finally:
            connected.close()

    def accept() -> None:
        while True:
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            threading.Thread(target=converse, args=(connected,), daemon=True).start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        server.stopping.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(timeout=2)


def answering(response: bytes) -> Callable[[Server, socket.socket], None]:
    """Answer every request with these bytes."""

    def answer(server: Server, connected: socket.socket) -> None:
        server.requests.append(read_request(connected))
        connected.sendall(response)

    return answer


def certificate_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for `name`, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    try:
        shown: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        shown = x509.DNSName(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([shown]), critical=False)
        .sign(key, hashes.SHA256())
    )
    bundle = folder / "server.txt"
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    bundle.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(bundle)
    client = ssl.create_default_context(cadata=pem.decode())
    return server, client
