"""The guarded fetcher against real servers on loopback (V-ssrf)."""

import socket
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from outbox.errors import (
    AddressRefused,
    BadResponse,
    ConnectionFailed,
    FetchFailed,
    NameUnresolved,
    ResponseTooLarge,
    TimedOut,
    TlsFailed,
    UrlRefused,
)
from outbox.fetcher import Fetcher, fetch
from tests.unit.outbox.servers import Server, answering, certificate_for, read_request, serving

NOT_FOR_EVER = 30.0  # seconds; on a busy machine even what ends at once takes a while
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
OK = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok"
)


def fetcher(**changes: object) -> Fetcher:
    """A fetcher that may call loopback and nothing else private."""
    return Fetcher(**{"allowed": LOOPBACK, **changes})  # type: ignore[arg-type]


@pytest.fixture
def ok_server() -> Iterator[Server]:
    """A server that says ok to everything and remembers what it was asked."""
    with serving(answering(OK)) as server:
        yield server


def test_fetch_from_an_allowed_network_answers(ok_server: Server) -> None:
    """An allowed network works: status, kept headers and body come back."""
    answer = fetcher().fetch("GET", f"http://127.0.0.1:{ok_server.port}/a?b=c")
    assert (answer.status, answer.body) == (200, b"ok")
    assert answer.headers == {"content-type": "text/plain"}
    assert ok_server.requests[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")


def test_fetch_by_post_sends_the_body_and_only_listed_headers(ok_server: Server) -> None:
    """The body arrives whole; no cookie and no header that nobody asked for goes with it."""
    fetcher().fetch(
        "POST",
        f"http://wiki.localhost:{ok_server.port}/logout?x=1",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=b"logout_token=abc",
    )
    head, _, body = ok_server.requests[0].partition(b"\r\n\r\n")
    names = {line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
    assert body == b"logout_token=abc"
    assert names == {
        b"host",
        b"user-agent",
        b"accept-encoding",
        b"connection",
        b"content-length",
        b"content-type",
    }
    assert f"Host: wiki.localhost:{ok_server.port}".encode() in head


def test_fetch_under_the_settings_refuses_loopback_by_default(
    ok_server: Server, settings: object
) -> None:
    """The module's fetch reads the allowed networks from the settings; none is none."""
    settings.OUTBOUND_ALLOW = []  # type: ignore[attr-defined]
    with pytest.raises(AddressRefused):
        fetch("GET", f"http://127.0.0.1:{ok_server.port}/")
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.0/8")]  # type: ignore[attr-defined]
    assert fetch("GET", f"http://127.0.0.1:{ok_server.port}/").status == 200
    assert ok_server.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_fetch_redirect_isnt_followed(ok_server: Server, status: int) -> None:
    """A redirect is the answer; where it points is never called."""
    location = f"Location: http://127.0.0.1:{ok_server.port}/inside\r\n"
    head = f"HTTP/1.1 {status} Elsewhere\r\n{location}Content-Length: 0\r\n\r\n"
    with serving(answering(head.encode())) as server:
        answer = fetcher().fetch("GET", f"http://127.0.0.1:{server.port}/")
    assert answer.status == status
    assert ok_server.connections == 0


def test_fetch_with_a_rebinding_resolver_asks_once_and_goes_where_it_checked(
    ok_server: Server,
) -> None:
    """A name is resolved once; an answer that changes afterwards changes nothing."""
    asked: list[str] = []

    def resolver(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.66.66.66"]

    answer = fetcher(resolver=resolver).fetch("GET", f"http://wiki.example:{ok_server.port}/")
    assert answer.status == 200
    assert asked == ["wiki.example"]


def test_fetch_of_a_name_that_leads_inside_makes_no_connection(ok_server: Server) -> None:
    """A public name with a private address is refused before a connection is opened."""
    refused = Fetcher(allowed=(), resolver=lambda _: ["127.0.0.1"])
    with pytest.raises(AddressRefused):
        refused.fetch("GET", f"https://wiki.example:{ok_server.port}/")
    assert ok_server.connections == 0


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "169.254.169.254",
        "localhost",
        "any.localhost",
        "10.0.0.1",
    ],
)
def test_fetch_of_a_private_address_in_any_spelling_is_refused(
    ok_server: Server, host: str
) -> None:
    """However an inside address is written, it isn't called."""
    with pytest.raises((AddressRefused, UrlRefused)):
        Fetcher(allowed=()).fetch("GET", f"https://{host}:{ok_server.port}/")
    assert ok_server.connections == 0


def test_fetch_with_proxies_in_the_environment_ignores_them(
    ok_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that the environment names never sees a request."""
    with serving(answering(OK)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        fetcher().fetch("GET", f"http://127.0.0.1:{ok_server.port}/")
        assert proxy.connections == 0
    assert ok_server.connections == 1


def drip(server: Server, connected: socket.socket) -> None:
    """Send a byte now and then, each soon enough for a timeout of one read."""
    read_request(connected)
    connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not server.stopping.wait(0.05):
        connected.sendall(b".")


def drip_headers(server: Server, connected: socket.socket) -> None:
    """Never finish the headers."""
    read_request(connected)
    connected.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not server.stopping.wait(0.05):
        connected.sendall(b".")


def say_continue(server: Server, connected: socket.socket) -> None:
    """Answer with interim responses only."""
    read_request(connected)
    while not server.stopping.wait(0.05):
        connected.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def say_nothing(server: Server, connected: socket.socket) -> None:
    """Take the request and keep silent."""
    read_request(connected)
    server.stopping.wait()


@pytest.mark.parametrize("behaviour", [drip, drip_headers, say_continue, say_nothing])
def test_fetch_from_a_slow_server_ends_at_the_deadline(behaviour: object) -> None:
    """Whatever a server does to last, the whole request is over at its deadline."""
    with serving(behaviour) as server:  # type: ignore[arg-type]
        started = time.monotonic()
        with pytest.raises(TimedOut):
            fetcher().fetch("GET", f"http://127.0.0.1:{server.port}/", timeout_seconds=0.5)
        assert 0.4 < time.monotonic() - started < NOT_FOR_EVER


def test_fetch_from_a_silent_tls_server_ends_at_the_deadline() -> None:
    """A handshake that never ends is cut like everything else."""

    def never_shake_hands(server: Server, _: socket.socket) -> None:
        server.stopping.wait()

    with serving(never_shake_hands) as server:
        started = time.monotonic()
        with pytest.raises(TimedOut):
            fetcher().fetch("GET", f"https://127.0.0.1:{server.port}/", timeout_seconds=0.5)
        assert time.monotonic() - started < NOT_FOR_EVER


def test_fetch_with_a_resolver_that_hangs_ends_at_the_deadline() -> None:
    """A resolver knows no timeout; the request has one all the same."""

    over = threading.Event()

    def resolver(_: str) -> list[str]:
        over.wait(60)
        return ["127.0.0.1"]

    started = time.monotonic()
    with pytest.raises(TimedOut):
        fetcher(resolver=resolver).fetch("GET", "https://wiki.example/", timeout_seconds=0.3)
    over.set()
    assert time.monotonic() - started < NOT_FOR_EVER


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 1000000\r\n\r\n" + b"x" * 1000000,
        b"Transfer-Encoding: chunked\r\n\r\n" + b"3e8\r\n" + b"x" * 1000 + b"\r\n" + b"3e8\r\n",
        b"Connection: close\r\n\r\n" + b"x" * 100000,
    ],
)
def test_fetch_of_an_oversized_body_is_cut(framing: bytes) -> None:
    """No more than the cap is taken, however the length is announced; the status is told."""
    with (
        serving(answering(b"HTTP/1.1 200 OK\r\n" + framing)) as server,
        pytest.raises(ResponseTooLarge) as caught,
    ):
        fetcher().fetch("GET", f"http://127.0.0.1:{server.port}/", max_bytes=999)
    assert caught.value.status == 200


def test_fetch_of_endless_headers_is_cut() -> None:
    """Headers have a cap too."""
    head = b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 300_000
    with serving(answering(head)) as server, pytest.raises(BadResponse):
        fetcher().fetch("GET", f"http://127.0.0.1:{server.port}/")


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]
)
def test_fetch_of_something_that_isnt_http_is_an_error_of_its_own(answer: bytes) -> None:
    """An answer cut short, or of another protocol, is never taken for a response."""
    with (
        serving(answering(answer)) as server,
        pytest.raises((BadResponse, ConnectionFailed)),
    ):
        fetcher().fetch("GET", f"http://127.0.0.1:{server.port}/")


def test_fetch_answered_by_an_unasked_upgrade_ends() -> None:
    """A server that switches protocols unasked gets no other protocol spoken to it."""
    with serving(answering(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n")) as server:
        try:
            answer = fetcher().fetch("GET", f"http://127.0.0.1:{server.port}/", timeout_seconds=1)
        except FetchFailed:
            return
        assert (answer.status, answer.body) == (101, b"")


def test_fetch_where_nobody_listens_says_so() -> None:
    """A closed port is a connection that failed."""
    with serving(answering(OK)) as server:
        port = server.port
    with pytest.raises(ConnectionFailed):
        fetcher().fetch("GET", f"http://127.0.0.1:{port}/")


def test_fetch_of_a_name_nobody_has_says_so() -> None:
    """A name without an address is told apart from a refused one."""

    def resolver(_: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(NameUnresolved):
        fetcher(resolver=resolver).fetch("GET", "https://wiki.invalid/")


def test_fetch_with_a_dead_first_address_goes_on_to_the_next(ok_server: Server) -> None:
    """Several checked addresses are tried in order within the same deadline."""
    both = fetcher(resolver=lambda _: ["127.0.0.9", "127.0.0.1"])
    assert both.fetch("GET", f"http://wiki.example:{ok_server.port}/").status == 200


def test_fetch_over_tls_checks_the_name_not_the_address(tmp_path: Path) -> None:
    """The certificate must be that host's, although the connection goes to an address."""
    server_side, client_side = certificate_for("wiki.example", tmp_path)
    calls = fetcher(resolver=lambda _: ["127.0.0.1"], authorities=client_side)
    with serving(answering(OK), tls=server_side) as server:
        assert calls.fetch("GET", f"https://wiki.example:{server.port}/").status == 200
        with pytest.raises(TlsFailed):
            calls.fetch("GET", f"https://other.example:{server.port}/")


def test_fetch_over_tls_from_an_unknown_authority_fails(tmp_path: Path) -> None:
    """A certificate that nobody vouches for is refused."""
    server_side, _ = certificate_for("wiki.example", tmp_path)
    calls = fetcher(resolver=lambda _: ["127.0.0.1"])
    with serving(answering(OK), tls=server_side) as server, pytest.raises(TlsFailed):
        calls.fetch("GET", f"https://wiki.example:{server.port}/")


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "a=b"},
        {"Authorization": "Bearer x"},
        {"Host": "evil.example"},
        {"Content-Type": "text/plain\r\nCookie: a=b"},
        {"Transfer-Encoding": "chunked"},
    ],
)
def test_fetch_with_a_header_not_listed_is_refused(
    ok_server: Server, headers: dict[str, str]
) -> None:
    """A caller can add only headers of the list, and nothing behind a line break."""
    with pytest.raises(UrlRefused):
        fetcher().fetch("GET", f"http://127.0.0.1:{ok_server.port}/", headers=headers)
    assert ok_server.connections == 0


@pytest.mark.parametrize("method", ["CONNECT", "DELETE", "get", "GET / HTTP/1.1\r\nX: y"])
def test_fetch_by_another_method_is_refused(ok_server: Server, method: str) -> None:
    """GET and POST are all that this site needs."""
    with pytest.raises(UrlRefused):
        fetcher().fetch(method, f"http://127.0.0.1:{ok_server.port}/")
    assert ok_server.connections == 0
