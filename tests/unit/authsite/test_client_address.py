"""Who counts as one stranger: the peer, or what a named proxy says, and nobody else's word.

Named after the class of incidents that it keeps out: V-proxy.
"""

from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from accounts.services.throttling import client_address, client_network
from authsite.client import FORWARDED, settle_client


def request_from(peer: str, forwarded: str | None = None, **meta: Any) -> HttpRequest:
    """Make a request that came from `peer`."""
    if forwarded is not None:
        meta["HTTP_X_FORWARDED_FOR"] = forwarded
    return RequestFactory().get("/", REMOTE_ADDR=peer, **meta)


@pytest.fixture
def one_proxy(settings: Settings) -> None:
    """Two networks of proxies are named."""
    settings.TRUSTED_PROXIES = ["10.0.0.0/8", "fd00::/8"]


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("", "0.0.0.0/32"),
        ("not an address", "0.0.0.0/32"),
        ("fe80::1%eth0", "0.0.0.0/32"),
    ],
)
def test_network_is_the_peers_by_prefix(peer: str, network: str) -> None:
    """IPv4 counts alone, IPv6 by /64, mapped IPv4 as IPv4; the unreadable share one limit."""
    assert client_network(request_from(peer)) == network


def test_forwarded_address_from_a_stranger_is_ignored() -> None:
    """V-proxy: without a named proxy, what a client says of itself has no effect."""
    assert str(client_address(request_from("192.0.2.7", "198.51.100.1"))) == "192.0.2.7"


@pytest.mark.usefixtures("one_proxy")
@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("1.2.3.4, 198.51.100.1", "198.51.100.1"),  # the left one is the client's own claim
        ("198.51.100.1, 10.9.9.9", "198.51.100.1"),  # a chain of our proxies
        ("198.51.100.1:4711", "198.51.100.1"),
        ("[2001:db8::5]:4711", "2001:db8::5"),
        ("2001:db8::5", "2001:db8::5"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("10.3.3.3, 10.4.4.4", "10.3.3.3"),
        ("garbage, 198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, garbage", "10.0.0.1"),
        ("198.51.100.1, ", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        ("198.51.100.1; 1.1.1.1", "10.0.0.1"),
        ("[2001:db8::5", "10.0.0.1"),
        ("[2001:db8::5]x", "10.0.0.1"),
        ("198.51.100.1:port", "10.0.0.1"),
    ],
)
def test_forwarded_address_from_a_named_proxy_is_the_rightmost_stranger(
    forwarded: str, client: str
) -> None:
    """V-proxy: behind our proxies the nearest hop that isn't ours counts; else the proxy itself."""
    assert str(client_address(request_from("10.0.0.1", forwarded))) == client


@pytest.mark.usefixtures("one_proxy")
def test_forwarded_address_without_header_is_the_proxy() -> None:
    """A proxy that adds no header is the one who asks."""
    assert str(client_address(request_from("10.0.0.1"))) == "10.0.0.1"


@given(st.text(max_size=80))
def test_forwarded_garbage_never_fails_and_never_counts(forwarded: str) -> None:
    """V-proxy: whatever a stranger writes into the header, the peer's address is the answer."""
    assert str(client_address(request_from("192.0.2.7", forwarded))) == "192.0.2.7"


FORWARDING = {
    "HTTP_X_FORWARDED_FOR": "198.51.100.1",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "evil.example",
    "HTTP_X_FORWARDED_PORT": "1",
    "HTTP_X_FORWARDED_PREFIX": "/evil",
    "HTTP_FORWARDED": "for=198.51.100.1;host=evil.example;proto=https",
    "HTTP_X_REAL_IP": "198.51.100.1",
    "HTTP_X_ORIGINAL_URL": "/admin",
    "HTTP_X_ORIGINAL_HOST": "evil.example",
    "HTTP_X_REWRITE_URL": "/admin",
    "HTTP_TRUE_CLIENT_IP": "198.51.100.1",
    "HTTP_CLIENT_IP": "198.51.100.1",
    "HTTP_X_HOST": "evil.example",
    "HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE",
}


@pytest.mark.usefixtures("one_proxy")
@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.1"])
def test_forwarding_headers_are_gone_once_the_client_is_settled(peer: str) -> None:
    """Nothing behind the edge can read one, whoever sent it."""
    request = request_from(peer, **FORWARDING)
    settle_client(request)
    assert not FORWARDING.keys() & request.META.keys()


@pytest.mark.usefixtures("one_proxy")
def test_settled_client_of_a_named_proxy_has_its_own_address_and_scheme() -> None:
    """Every later part, ours or a library's, sees the client itself."""
    request = request_from("10.0.0.1", **FORWARDING)
    settle_client(request)
    assert request.META["REMOTE_ADDR"] == "198.51.100.1"
    assert request.is_secure()
    assert request.META[FORWARDED] is True
    assert str(client_address(request)) == "198.51.100.1"


@pytest.mark.usefixtures("one_proxy")
def test_settled_client_that_forges_headers_stays_what_it_is() -> None:
    """A stranger becomes neither another address nor https, and is marked."""
    request = request_from("192.0.2.7", **FORWARDING)
    settle_client(request)
    assert request.META["REMOTE_ADDR"] == "192.0.2.7"
    assert not request.is_secure()
    assert request.META[FORWARDED] is True


@pytest.mark.usefixtures("one_proxy")
@pytest.mark.parametrize("scheme", ["http", "https, http", "wss", "garbage"])
def test_scheme_that_is_not_plainly_https_is_http(scheme: str) -> None:
    """V-proxy: an unreadable scheme is the worse one."""
    request = request_from("10.0.0.1", "198.51.100.1", HTTP_X_FORWARDED_PROTO=scheme)
    request.META["wsgi.url_scheme"] = "https"
    settle_client(request)
    assert not request.is_secure()
