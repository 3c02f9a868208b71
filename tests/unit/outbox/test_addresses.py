"""Which URLs and addresses this site calls (V-ssrf): the rules without a connection."""

from ipaddress import ip_address, ip_network

import pytest

from outbox.addresses import is_global, parse_url, permitted
from outbox.errors import AddressRefused, UrlRefused

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_address_special_purpose_isnt_global(address: str) -> None:
    """An address of a special-purpose range is never taken for one of the public Internet."""
    assert not is_global(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "198.35.26.96", "2620:0:860:ed1a::1", "::ffff:1.1.1.1", "64:ff9b::808:808"],
)
def test_address_public_is_global(address: str) -> None:
    """A public address is one, also behind IPv4 mapping or a NAT64 gateway."""
    assert is_global(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "//wiki.example/",
        "wiki.example",
        "ftp://wiki.example/",
        "file:///etc/passwd",
        "gopher://wiki.example/",
        "HTTPS//wiki.example",
        "https:/wiki.example/",
        "https:///path",
        "https://user@wiki.example/",
        "https://user:pass@wiki.example/",
        "https://good.example@evil.example/",
        "https://good.example\\@evil.example/",
        "https://wiki.example/#part",
        "https://wiki.example#",
        "https://wiki.example/a b",
        "https://wiki.example/\r\nHost: evil.example",
        "https://wiki.example/\t",
        "https://wiki.example/\x00",
        " https://wiki.example/",
        "https://wiki.example:/",
        "https://wiki.example:0/",
        "https://wiki.example:22/",
        "https://wiki.example:25/",
        "https://wiki.example:80/",
        "https://wiki.example:65536/",
        "https://wiki.example:443443/",
        "https://wiki.example:+443/",
        "http://wiki.example:443/",
        "https://wiki..example/",
        "https://.wiki.example/",
        "https://wiki.example./",
        "https://-wiki.example/",
        "https://wiki%2eexample/",
        "https://wíki.example/",
        "https://ⓦiki.example/",
        "https://127。0。0。1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.01/",
        "https://127.1/",
        "https://127.0.1/",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/",
        "https://0/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[fe80::1%25eth0]/",
        "https://[::g]/",
        "https://[]/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 130 + "example/",
        "https://wiki.example/" + "a" * 2048,
    ],
)
def test_url_hostile_is_refused(url: str) -> None:
    """A URL that another parser might read differently is refused before any look-up."""
    with pytest.raises(UrlRefused):
        parse_url(url)


def test_url_with_query_keeps_it_byte_for_byte() -> None:
    """Path and query reach the wiki exactly as they were registered."""
    target = parse_url("https://Wiki.Example:8443/w/index.php?title=Special:Logout&a=%2F&a=b?")
    assert target.host == "wiki.example"
    assert target.host_header == "wiki.example:8443"
    assert target.path == "/w/index.php?title=Special:Logout&a=%2F&a=b?"


@pytest.mark.parametrize(
    ("url", "path", "host_header"),
    [
        ("https://wiki.example", "/", "wiki.example"),
        ("https://wiki.example?a=b", "/?a=b", "wiki.example"),
        ("https://wiki.example:443/x", "/x", "wiki.example"),
        ("https://[2620:0:860::1]:8443/", "/", "[2620:0:860::1]:8443"),
        ("http://localhost/", "/", "localhost"),
    ],
)
def test_url_plain_is_taken_apart(url: str, path: str, host_header: str) -> None:
    """An empty path becomes `/`; the default port is left out of Host."""
    target = parse_url(url)
    assert (target.path, target.host_header) == (path, host_header)


def test_addresses_with_one_forbidden_among_them_are_all_refused() -> None:
    """A name that leads inside as well as outside isn't called at all."""
    target = parse_url("https://wiki.example/")
    with pytest.raises(AddressRefused):
        permitted(target, ["1.1.1.1", "10.0.0.1"], ())


def test_addresses_none_are_refused() -> None:
    """A name without addresses isn't called."""
    with pytest.raises(AddressRefused):
        permitted(parse_url("https://wiki.example/"), [], LOOPBACK)


def test_addresses_with_a_scope_are_refused() -> None:
    """An address that holds on one link only is no address of a wiki."""
    with pytest.raises(AddressRefused):
        permitted(parse_url("https://wiki.example/"), ["fe80::1%1"], (ip_network("fe80::/10"),))


def test_addresses_in_an_allowed_network_are_permitted() -> None:
    """A private network that the operator named may be called, by https."""
    found = permitted(
        parse_url("https://wiki.example/"), ["10.1.2.3"], (ip_network("10.1.0.0/16"),)
    )
    assert found == (ip_address("10.1.2.3"),)


def test_addresses_mapped_are_judged_and_called_as_what_they_mean() -> None:
    """An IPv4-mapped address is the IPv4 address, for the rule and for the connection."""
    target = parse_url("https://wiki.example/")
    assert permitted(target, ["::ffff:127.0.0.1"], LOOPBACK) == (ip_address("127.0.0.1"),)
    with pytest.raises(AddressRefused):
        permitted(target, ["::ffff:127.0.0.1"], (ip_network("::/0"),))


@pytest.mark.parametrize("address", ["1.1.1.1", "10.1.2.3"])
def test_http_beyond_loopback_is_refused(address: str) -> None:
    """Without TLS nothing leaves this machine, allowed network or not."""
    with pytest.raises(AddressRefused):
        permitted(
            parse_url("http://wiki.example/"), [address], (ip_network("10.0.0.0/8"), *LOOPBACK)
        )


@pytest.mark.parametrize("host", ["localhost", "en.wiki.localhost", "LOCALHOST"])
def test_localhost_means_loopback_whatever_the_resolver_says(host: str) -> None:
    """A localhost name is loopback (RFC 6761), and only where loopback is allowed."""
    target = parse_url(f"http://{host}:8001/")
    assert permitted(target, ["1.1.1.1"], LOOPBACK) == (ip_address("127.0.0.1"), ip_address("::1"))
    assert permitted(target, [], LOOPBACK[:1]) == (ip_address("127.0.0.1"),)
    with pytest.raises(AddressRefused):
        permitted(target, ["1.1.1.1"], ())
