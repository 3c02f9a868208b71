"""Which URLs and network addresses this site may call: the rules, without any connection.

The registries of special-purpose addresses (RFC 6890) say what is global, RFC 6761 what
`localhost` means.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from outbox.errors import AddressRefused, UrlRefused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL_LENGTH: Final = 2048
LOOPBACK: Final[tuple[Address, ...]] = (IPv4Address("127.0.0.1"), IPv6Address("::1"))

# Python's is_global knows most ranges, but which ones depends on its patch release: what must
# not slip through is named here.
NEVER_GLOBAL: Final[tuple[Network, ...]] = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),  # carrier-grade NAT
    IPv4Network("192.0.0.0/24"),  # protocol assignments
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv4Network("224.0.0.0/3"),  # multicast, reserved, broadcast
    IPv6Network("2001::/23"),  # protocol assignments, Teredo among them
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4: carries an IPv4 address of the caller's choice
    IPv6Network("3fff::/20"),  # documentation
)
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits

# Everything before the path, in characters that leave parsers nothing to disagree about.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>/[^?#]*)?(?P<query>\?[^#]*)?",
    re.ASCII,
)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_LOOKS_LIKE_A_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: `host` in lower case, without brackets; `address` if it is a literal."""

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None

    @property
    def is_tls(self) -> bool:
        """Whether the request is encrypted."""
        return self.scheme == "https"

    @property
    def host_header(self) -> str:
        """The value of `Host` (RFC 9110 section 7.2): the default port is left out."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == (443 if self.is_tls else 80) else f"{shown}:{self.port}"

    @property
    def is_localhost(self) -> bool:
        """Whether the name means this machine, whatever a resolver says (RFC 6761 section 6.3)."""
        return self.host == "localhost" or self.host.endswith(".localhost")


def parse_url(url: str) -> Target:
    """Take a URL apart, or raise UrlRefused with one sentence that says what is wrong.

    Refused are user information, fragments, anything but printable ASCII (write such a host in
    its `xn--` form, RFC 5890), addresses in decimal, octal or hexadecimal disguise, and ports
    that belong to other services.
    """
    if len(url) > MAX_URL_LENGTH:
        raise UrlRefused("The URL is too long.")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise UrlRefused("The URL has characters that belong encoded.")
    found = _URL.fullmatch(url)
    if found is None:
        raise UrlRefused("The URL is not an absolute http or https URL of a plain host.")
    scheme = found["scheme"]
    default_port = 443 if scheme == "https" else 80
    port = int(found["port"]) if found["port"] is not None else default_port
    if port != default_port and not 1024 <= port <= 65535:
        raise UrlRefused("The port belongs to another service.")
    host = found["host"].lower()
    address = _literal(host)
    return Target(
        scheme=scheme,
        host=str(address) if address is not None else _checked_name(host),
        port=port,
        path=(found["target"] or "/") + (found["query"] or ""),
        address=address,
    )


def _literal(host: str) -> Address | None:
    """The address that a host spells in its one usual form; None for a name."""
    try:
        if host.startswith("["):
            return IPv6Address(host[1:-1])
        if _LOOKS_LIKE_A_NUMBER.fullmatch(host.rpartition(".")[2]):
            # C libraries read 2130706433, 0177.0.0.1 and 127.1 as addresses too; ipaddress takes
            # four decimal numbers without leading zeros only.
            return IPv4Address(host)
    except ValueError as error:
        raise UrlRefused("The host is an address in an unusual spelling.") from error
    return None


def _checked_name(host: str) -> str:
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise UrlRefused("The host is not a well-formed name.")
    return host


def unmapped(address: Address) -> Address:
    """The IPv4 address that an IPv4-mapped IPv6 address stands for, or the address itself."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_global(address: Address) -> bool:
    """Whether an address is one of the public Internet, seen through mapping and NAT64."""
    address = unmapped(address)
    if any(address in network for network in NEVER_GLOBAL):
        return False
    if isinstance(address, IPv4Address):
        return address.is_global
    if address in NAT64:
        return is_global(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in GLOBAL_UNICAST and address.is_global


def permitted(
    target: Target, spellings: Iterable[str], allowed: Sequence[Network]
) -> tuple[Address, ...]:
    """The addresses to connect to for a target: every one that its name resolved to.

    Raises AddressRefused if one of them is neither global nor in an allowed network (one
    forbidden address among good ones is how a name is made to lead inside), or if the request
    would be unencrypted and the address is not loopback.
    """
    addresses = tuple(dict.fromkeys(_parsed(spelling) for spelling in spellings))
    if target.is_localhost:
        # Both forms are ours to choose from here, nobody's answer: one that is allowed will do.
        addresses = tuple(a for a in LOOPBACK if _is_inside(a, allowed))
    if not addresses:
        raise AddressRefused("The host leads to no address that may be called.")
    for address in addresses:
        if not (_is_inside(address, allowed) or is_global(address)):
            raise AddressRefused("The host leads to an address that may not be called.")
        if not target.is_tls and not (address.is_loopback and _is_inside(address, allowed)):
            raise AddressRefused("Only https is used, save on an allowed loopback.")
    return addresses


def _parsed(spelling: str) -> Address:
    try:
        address = unmapped(ip_address(spelling))
    except ValueError as error:
        raise AddressRefused("The resolver gave something that is no address.") from error
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise AddressRefused("The host leads to an address of one link only.")
    return address


def _is_inside(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
