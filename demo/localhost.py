"""Resolves names below `.localhost` to loopback inside this process, as RFC 6761 section 6.3 says.

Many system resolvers know only `localhost` itself; the demo's own processes call this at start.
The production site never does.
"""

import socket
from typing import Any

_system_getaddrinfo = socket.getaddrinfo


def resolve_localhost() -> None:
    """Makes `socket.getaddrinfo` answer 127.0.0.1 for every name ending in `.localhost`."""
    socket.getaddrinfo = _getaddrinfo


def _getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
    return _system_getaddrinfo(
        "127.0.0.1" if _is_below_localhost(host) else host, port, *args, **kwargs
    )


def _is_below_localhost(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    return isinstance(host, str) and host.lower().rstrip(".").endswith(".localhost")
