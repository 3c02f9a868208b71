"""Limits by network on everything that guesses, creates or mails.

Owns who counts as one stranger (an IPv4 address, an IPv6 /64; behind named proxies only) and what
a spent limit means. The vault's budgets per account are its own and hold without these: these
slow a crowd of guesses down before they cost anything. Counts live in Django's default cache
(Redis, or authsite/counters.py), through django-ratelimit.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django_ratelimit import core as ratelimit

from accounts.errors import TooManyRequests

if TYPE_CHECKING:
    from django.http import HttpRequest  # noqa: TID251 - named in types only, never called

log = structlog.get_logger(__name__)

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

# A peer that has no address (a Unix socket) or an unreadable one: all such share one limit.
UNKNOWN_ADDRESS = IPv4Address("0.0.0.0")  # noqa: S104 - nothing is bound to it


class CountersUnavailable(Exception):
    """The shared counters cannot be reached."""


def client_address(request: "HttpRequest") -> IPAddress:
    """Give the address that the request comes from.

    This is the peer, unless the peer is one of AUTHSITE_TRUSTED_PROXIES: then it is the rightmost
    hop of X-Forwarded-For that isn't one of them. A hop that cannot be read yields the peer
    itself: the proxy's limit, which is the strictest there is, since everybody shares it.
    """
    peer = _parse_address(str(request.META.get("REMOTE_ADDR", "")))
    if peer is None:
        return UNKNOWN_ADDRESS
    if not is_trusted_proxy(peer):
        return peer
    client = peer
    for hop in reversed(str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")):
        address = _parse_address(hop.strip())
        if address is None:
            return peer
        client = address
        if not is_trusted_proxy(address):
            break
    return client


def client_network(request: "HttpRequest") -> str:
    """Give the network that is counted as one stranger, as prefix text: "192.0.2.7/32"."""
    return _network_of(client_address(request))


@lru_cache(maxsize=1024)
def _network_of(address: IPAddress) -> str:
    prefix = 32 if isinstance(address, IPv4Address) else 64
    return str(ip_network((address, prefix), strict=False))


def is_from_trusted_proxy(request: "HttpRequest") -> bool:
    """Tell whether the peer itself is one of AUTHSITE_TRUSTED_PROXIES."""
    peer = _parse_address(str(request.META.get("REMOTE_ADDR", "")))
    return peer is not None and is_trusted_proxy(peer)


def is_trusted_proxy(address: IPAddress) -> bool:
    """Tell whether AUTHSITE_TRUSTED_PROXIES names this address."""
    return is_within(address, settings.TRUSTED_PROXIES)


def is_within(address: IPAddress, networks: Sequence[str | IPNetwork]) -> bool:
    """Tell whether `address` lies in one of `networks` (CIDR text or network objects)."""
    return any(
        address.version == network.version and address in network
        for network in _parse_networks(tuple(str(network) for network in networks))
    )


def charge(request: "HttpRequest", group: str, rate: str, *, vault_budget: bool = True) -> None:
    """Count one act of `group` against the request's network.

    `rate` is django-ratelimit's ("30/m"). `vault_budget` says that the vault charges the act as
    well: such an act goes on while the counters are down, since the vault's budget still holds;
    one that has no other limit (signing up, asking for mail) is refused until they are back.

    Raises TooManyRequests (with the seconds until the window ends), CountersUnavailable.
    """
    network = client_network(request)
    try:
        usage = _use(request, group, rate, network)
    except CountersUnavailable:
        log.exception("counters_unavailable", group=group, goes_on=vault_budget)
        if vault_budget:
            return
        raise
    if usage is None or not usage["should_limit"]:
        return
    retry_after = max(1, int(usage["time_left"]))
    log.warning("throttled", group=group, network=network, retry_after=retry_after)
    raise TooManyRequests(retry_after)


def _use(request: "HttpRequest", group: str, rate: str, network: str) -> dict[str, Any] | None:
    """Count one and give django-ratelimit's usage; None when limits are switched off."""
    for _attempt in range(2):  # the second for a counter that vanished between add and incr
        usage: dict[str, Any] | None = ratelimit.get_usage(
            request, group=group, key=lambda _group, _request: network, rate=rate, increment=True
        )
        if usage is None or usage["time_left"] >= 0:
            return usage
    raise CountersUnavailable


@lru_cache(maxsize=1024)
def _parse_address(text: str) -> IPAddress | None:
    """Read an address as proxies write it ("192.0.2.7", "192.0.2.7:80", "[2001:db8::1]:80")."""
    host = text
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        if not bracket or (port and not (port[0] == ":" and port[1:].isdecimal())):
            return None
    elif text.count(":") == 1:
        host, _colon, port = text.partition(":")
        if not port.isdecimal():
            return None
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        return address.ipv4_mapped or address
    return address


@lru_cache(maxsize=16)
def _parse_networks(networks: tuple[str, ...]) -> tuple[IPNetwork, ...]:
    return tuple(ip_network(network) for network in networks)
