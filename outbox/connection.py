"""A network backend for httpcore that connects to checked addresses only and keeps a deadline.

httpcore's own timeouts hold for each read; a server that drips a byte a second would never meet
them. Here every operation gets what is left of the one deadline.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore

from outbox.addresses import Address
from outbox.errors import TlsFailed


class Deadline:
    """The moment at which everything must be over."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, at_most: float | None = None) -> float:
        """The seconds that are left, at most so many; zero or less means that time is up."""
        left = self._at - time.monotonic()
        return left if at_most is None else min(left, at_most)


class CheckedStream(httpcore.NetworkStream):
    """One connected socket, every operation of which ends by the deadline."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there. Raises ReadTimeout or ReadError."""
        try:
            self._allow(timeout)
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except OSError as error:
            raise httpcore.ReadError from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it. Raises WriteTimeout or WriteError."""
        try:
            view = memoryview(buffer)
            while view:
                self._allow(timeout)
                view = view[self._socket.send(view) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError as error:
            raise httpcore.WriteError from error

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Shake hands; the certificate is checked against the host's name, not the address.

        Raises TlsFailed, or ConnectTimeout.
        """
        try:
            self._allow(timeout)
            wrapped = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except TimeoutError as error:
            self.close()
            raise httpcore.ConnectTimeout from error
        except (OSError, ValueError) as error:
            self.close()
            raise TlsFailed("The TLS handshake failed.") from error
        return CheckedStream(wrapped, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Nothing: neither HTTP/2 nor reuse of connections is wanted here."""
        del info

    def _allow(self, timeout: float | None) -> None:
        left = self._deadline.left(timeout)
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to the addresses that were checked, never to a name."""

    def __init__(self, addresses: Sequence[Address], deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first checked address that answers, leaving time for those after it.

        `host` is deliberately unused: resolving it again would undo the check. Raises
        ConnectTimeout or ConnectError.
        """
        del host, local_address, socket_options
        last: OSError = TimeoutError()
        for tried, address in enumerate(self._addresses):
            share = self._deadline.left(timeout) / (len(self._addresses) - tried)
            if share <= 0:
                break
            try:
                connected = socket.create_connection((str(address), port), timeout=share)
            except OSError as error:
                last = error
                continue
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return CheckedStream(connected, self._deadline)
        if isinstance(last, TimeoutError):
            raise httpcore.ConnectTimeout from last
        raise httpcore.ConnectError from last
