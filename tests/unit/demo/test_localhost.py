"""Names below `.localhost` mean loopback, in the demo's processes alone."""

import socket

import pytest

from demo.localhost import resolve_localhost


@pytest.mark.parametrize(
    "name", ["auth.localhost", "en.wiki.localhost.", "A.LOCALHOST", b"b.localhost"]
)
def test_name_below_localhost_is_loopback(
    monkeypatch: pytest.MonkeyPatch, name: str | bytes
) -> None:
    """Every spelling of such a name is 127.0.0.1, with the port that was asked for."""
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)
    resolve_localhost()
    answers = socket.getaddrinfo(name, 8001, type=socket.SOCK_STREAM)
    assert {answer[4] for answer in answers} == {("127.0.0.1", 8001)}


def test_name_that_only_looks_like_it_is_left_to_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`evillocalhost` and `localhost.example` are none of our names."""
    asked: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)
    monkeypatch.setattr("demo.localhost._system_getaddrinfo", lambda host, *_: asked.append(host))
    resolve_localhost()
    for name in ("evillocalhost", "localhost.example", None):
        socket.getaddrinfo(name, 80)
    assert asked == ["evillocalhost", "localhost.example", None]
