"""AUTHSITE_MAIL_URL: what it may say, and what is made of it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from outbox.errors import DeliveryFailed
from outbox.letters import send_letter
from outbox.mail import connection_to
from tests.unit.outbox.servers import Server, serving
from tests.unit.outbox.test_letters import ADDRESS, sealed_letter


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp:///folder",
        "smtp://user:secretword@:587",
        "smtp://user:secretword@mail.example.org:port",
        "smtp://user:secretword@mail.example.org/x",
        "smtp://user:secretword@mail.example.org?tls=no",
        "file://host/folder",
        "file:folder",
    ],
)
def test_mail_url_malformed_is_refused_without_repeating_it(url: str) -> None:
    """The message names the setting and never quotes the password."""
    with pytest.raises(ImproperlyConfigured, match="AUTHSITE_MAIL_URL") as caught:
        connection_to(url)
    assert "secretword" not in str(caught.value)


def test_mail_url_smtp_demands_starttls_beyond_this_machine() -> None:
    """A letter goes over the network encrypted; the local relay may do without."""
    remote: Any = connection_to("smtp://us%40er:pa%3Ass@mail.example.org")
    assert (remote.host, remote.port, remote.use_tls, remote.use_ssl) == (
        "mail.example.org",
        587,
        True,
        False,
    )
    assert (remote.username, remote.password) == ("us@er", "pa:ss")
    assert remote.timeout
    local: Any = connection_to("smtp://127.0.0.1:2525")
    assert (local.port, local.use_tls, local.use_ssl) == (2525, False, False)


def test_mail_url_smtps_is_tls_from_the_start() -> None:
    """smtps is port 465 and no STARTTLS."""
    found: Any = connection_to("smtps://mail.example.org")
    assert (found.port, found.use_tls, found.use_ssl) == (465, False, True)


@contextmanager
def mail_server(replies: dict[str, str], letters: list[str]) -> Iterator[Server]:
    """A small SMTP server which answers commands by their first word; a reply may have lines."""

    def converse(server: Server, connected: socket.socket) -> None:
        lines = connected.makefile("rb")
        connected.sendall(b"220 test\r\n")
        in_data = False
        data: list[str] = []
        for line in lines:
            text = line.decode().rstrip("\r\n")
            if in_data:
                if text != ".":
                    data.append(text)
                    continue
                in_data = False
                letters.append("\n".join(data))
                reply = replies.get("letter", "250 taken")
            else:
                word = text.split(" ")[0].upper()
                in_data = word == "DATA" and "DATA" not in replies
                usual = {"DATA": "354 go on", "QUIT": "221 bye"}
                reply = replies.get(word, usual.get(word, "250 ok"))
                server.requests.append(line)
            connected.sendall(reply.encode() + b"\r\n")

    with serving(converse) as server:
        yield server


def mailing_to(port: int) -> override_settings:
    """Settings of a worker whose mail server is here."""
    return override_settings(
        MAIL_URL=f"smtp://127.0.0.1:{port}", DEFAULT_FROM_EMAIL="no-reply@example.org"
    )


def test_letter_over_smtp_arrives(playing: Any) -> None:
    """A letter goes through a real SMTP conversation."""
    letters: list[str] = []
    with playing("worker"), mail_server({}, letters) as server, mailing_to(server.port):
        send_letter(sealed_letter(ADDRESS)[0])
    [letter] = letters
    assert f"To: {ADDRESS}" in letter


@pytest.mark.parametrize(
    ("replies", "code", "is_bounded"),
    [
        ({"RCPT": "550 no such user anna@example.org"}, "recipient_refused", True),
        ({"RCPT": "450 later anna@example.org"}, "recipient_deferred", False),
        ({"MAIL": "550 not you"}, "mail_refused_550", True),
        ({"letter": "554 spam from anna@example.org"}, "mail_refused_554", True),
        ({"letter": "451 later"}, "mail_refused_451", False),
    ],
)
def test_letter_refused_by_the_server_has_a_code_without_the_address(
    replies: dict[str, str], code: str, is_bounded: bool, playing: Any
) -> None:
    """What is stored about a refusal never holds what the server said."""
    with (
        playing("worker"),
        mail_server(replies, []) as server,
        mailing_to(server.port),
        pytest.raises(DeliveryFailed) as caught,
    ):
        send_letter(sealed_letter(ADDRESS)[0])
    assert caught.value.code == code
    assert (caught.value.max_tries is not None) is is_bounded
    assert caught.value.__cause__ is None


INTERNATIONAL = "δοκιμή@xn--hxajbheg2az3al.example"


def test_letter_to_an_address_beyond_ascii_arrives_where_the_server_offers_it(
    playing: Any,
) -> None:
    """RFC 6531: the envelope names the address as it is, and says that it does."""
    letters: list[str] = []
    offers = {"EHLO": "250-test\r\n250-8BITMIME\r\n250 SMTPUTF8"}
    with playing("worker"), mail_server(offers, letters) as server, mailing_to(server.port):
        send_letter(sealed_letter(INTERNATIONAL)[0])
        asked = [line.decode().strip() for line in server.requests]
    assert f"rcpt TO:<{INTERNATIONAL}>" in asked
    assert "mail FROM:<no-reply@example.org> SMTPUTF8 BODY=8BITMIME" in asked
    [letter] = letters
    assert f"To: {INTERNATIONAL}" in letter


@pytest.mark.parametrize(
    "replies", [{}, {"EHLO": "250 8BITMIME"}, {"EHLO": "502 what?"}], ids=["no", "not", "old"]
)
def test_letter_to_an_address_beyond_ascii_says_what_the_server_lacks(
    replies: dict[str, str], playing: Any
) -> None:
    """Nothing is sent to a name that only looks like it; whoever reads the error knows why."""
    letters: list[str] = []
    with (
        playing("worker"),
        mail_server(replies, letters) as server,
        mailing_to(server.port),
        pytest.raises(DeliveryFailed) as caught,
    ):
        send_letter(sealed_letter(INTERNATIONAL)[0])
    assert caught.value.code == "mail_server_without_smtputf8"
    assert caught.value.max_tries is not None
    assert letters == []
    assert not any(line.startswith((b"mail", b"rcpt")) for line in server.requests)


def test_letter_without_a_mail_server_waits(playing: Any) -> None:
    """Nobody listening is a reason to try again, not to give up."""
    with serving(lambda *_: None) as server:
        port = server.port
    with playing("worker"), mailing_to(port), pytest.raises(DeliveryFailed) as caught:
        send_letter(sealed_letter(ADDRESS)[0])
    assert (caught.value.code, caught.value.max_tries) == ("mail_server_unreachable", None)
