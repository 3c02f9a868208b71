"""What would carry a secret over a network in the clear, and what everybody could guess.

Each function looks at one value and says what is wrong with it, in words that follow the name of
its variable, or None. ``environment`` asks them; nothing here repeats a value.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

# Options of a Redis address that neither redirect it nor weaken its TLS.
_REDIS_OPTIONS: Final = frozenset(
    {
        "client_name",
        "db",
        "health_check_interval",
        "max_connections",
        "protocol",
        "socket_connect_timeout",
        "socket_timeout",
        "ssl_ca_certs",
        "ssl_ca_path",
        "ssl_certfile",
        "ssl_keyfile",
    }
)
# Of guides, of examples (.env.example has PASSWORD) and of first installations.
_COMMON: Final = frozenset(
    {"admin", "authsite", "changeit", "changeme", "default", "dummy", "example", "insecure"}
    | {"letmein", "pass", "passwd", "password", "placeholder", "postgres", "redis", "replaceme"}
    | {"root", "sample", "secret", "secretkey", "test", "todo"}
)
_COMMON_PARTS: Final = ("changeme", "changethis", "replaceme", "djangoinsecure", "yoursecret")


def is_this_machine(host: str) -> bool:
    """Whether packets to that host never leave this machine: loopback or a unix socket.

    Names other than localhost are for DNS to say, so they count as elsewhere.
    """
    name = host.strip().removeprefix("[").removesuffix("]").lower()
    if not name or name == "localhost" or name.startswith(("/", "@")):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def database_exposed(parts: Mapping[str, Any], variables: Mapping[str, str]) -> str | None:
    """What is wrong with where and how libpq would connect.

    ``parts`` is the address as libpq reads it; what it leaves out, libpq takes from the
    environment (https://www.postgresql.org/docs/current/libpq-envars.html).
    """

    def parameter(name: str, variable: str) -> str:
        return str(parts.get(name) or variables.get(variable) or "")

    if parameter("service", "PGSERVICE"):
        return "must name its host and login itself, not a service (PGSERVICE)"
    named = [parameter("host", "PGHOST"), parameter("hostaddr", "PGHOSTADDR")]
    if all(is_this_machine(host) for hosts in named for host in hosts.split(",")):
        return None
    mode = parameter("sslmode", "PGSSLMODE")
    if not mode and parameter("sslrootcert", "PGSSLROOTCERT") == "system":
        return None  # libpq then takes nothing less
    if mode != "verify-full":
        return "leaves this machine, so it must have sslmode=verify-full"
    return None


def redis_exposed(address: str) -> str | None:
    """What is wrong with a Redis address, or one of several that Django takes (by , or ;)."""
    for one in re.split("[;,]", address):
        try:
            parts = urlsplit(one.strip())
            options = parse_qs(parts.query)
            host = parts.hostname or ""
        except ValueError:
            return "must look like rediss://:password@host:6379/0"
        if parts.scheme not in ("redis", "rediss", "unix"):
            return "must look like rediss://:password@host:6379/0"
        if unknown := sorted(set(options) - _REDIS_OPTIONS):
            return f"must not have the option {unknown[0][:30]}"
        if parts.scheme == "redis" and not is_this_machine(unquote(host)):
            return "leaves this machine, so it must be rediss://"
    return None


def is_guessable(secret: str) -> bool:
    """Whether a secret is one that stands in guides, or a pattern that repeats."""
    letters = re.sub(r"[^a-z]", "", secret.lower())
    return (
        letters in _COMMON
        or any(part in letters for part in _COMMON_PARTS)
        or (len(secret) > 1 and secret in (secret + secret)[1:-1])
    )


def password_guessable(password: str | None, user: str | None) -> bool:
    """Whether the password of an address is one that everybody would try first."""
    return password is not None and (is_guessable(password) or (password == user != ""))
