"""Logs say when, where and what, and nothing that opens a door (ASVS 16.2.5, 16.4.1)."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.test import RequestFactory

from authsite.logs import Output, current_reference, logging_settings, written
from authsite.request_lines import write_request_line

SECRET = "Kq3vN0_pX7sZ-9tLmB2cD4eF6gH8jR1wY5uA0iQxT2M"
JWT = f"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.{SECRET}"


class Lines:
    """The lines that were logged."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        """All of them."""
        return self.stream.getvalue()

    @property
    def last(self) -> dict[str, Any]:
        """The last one, read."""
        line: dict[str, Any] = json.loads(self.text.splitlines()[-1])
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Logging as the site does it, into memory."""
    lines = Lines()
    handler = logging.StreamHandler(lines.stream)
    formatter = logging_settings("web")["formatters"]["json"]
    handler.setFormatter(formatter.pop("()")(**formatter))
    root = logging.getLogger()
    root.addHandler(handler)
    before = root.level
    root.setLevel(logging.INFO)
    yield lines
    root.removeHandler(handler)
    root.setLevel(before)


def test_line_says_when_where_and_what(lines: Lines) -> None:
    """ASVS 16.2.1, 16.2.2, 16.2.4: JSON, UTC, level, logger, role, event."""
    structlog.get_logger("rooms").warning("door_opened", door="blue")
    assert lines.last["at"].endswith("Z")
    expected = {"level": "warning", "logger": "rooms", "role": "web", "event": "door_opened"}
    assert expected.items() <= lines.last.items()
    assert lines.last["door"] == "blue"


@pytest.mark.parametrize(
    "breaker", ["\n", "\r\n", "\x00", "\x1b[2J", "\x7f", "\u2028", "\x85", "\u202e", '"}\n{"']
)
def test_control_characters_cannot_start_or_repaint_a_line(lines: Lines, breaker: str) -> None:
    """ASVS 16.4.1: one event is one line of printable ASCII."""
    logging.getLogger("x").warning("before %safter", breaker)
    structlog.get_logger("x").warning("event", name=f"before{breaker}after")
    assert len(lines.text.splitlines()) == 2
    assert lines.text.replace("\n", "").isascii()
    assert lines.text.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "text",
    [
        f"token {SECRET} was refused",
        f"id_token={JWT}",
        f"Bearer {JWT}",
        f"GET /login?code={SECRET}&x=1",
        f"GET /reset?t={SECRET[:8]}",
        "password=hunter2 tried",
        "{'password': 'hunter2'}",
        f"cookie: __Host-session={SECRET}",
    ],
)
def test_text_with_a_secret_is_blotted(lines: Lines, text: str) -> None:
    """The last net: whatever wrote it, ours or a library."""
    logging.getLogger("library").warning(text)
    structlog.get_logger("ours").warning("event", detail=text, more=[text], deep={"a": text})
    for secret in (SECRET, SECRET[:8], JWT, "hunter2"):
        assert secret not in lines.text


@pytest.mark.parametrize(
    "harmless",
    [
        "0190f3c8-7b1e-7cc3-a0f1-3a5d5f0c9e11",
        "accounts.services.passwords.verify_password",
        "account:login:success",
        "https://en.wiki.example/callback",
        "authsite_request_seconds_bucket_total",
    ],
)
def test_text_without_a_secret_is_left_alone(lines: Lines, harmless: str) -> None:
    """Ids, names in code and addresses stay readable."""
    structlog.get_logger("ours").warning("event", detail=harmless)
    assert lines.last["detail"] == harmless


def test_exception_is_logged_by_kind_and_place_only(lines: Lines) -> None:
    """Neither its message nor a local variable, of it or of its cause, is shown."""

    def fails(password: str) -> None:
        try:
            int(password)
        except ValueError as error:
            raise RuntimeError(f"cannot use {password}") from error

    try:
        fails("hunter2")
    except RuntimeError:
        structlog.get_logger("ours").exception("failed")
        logging.getLogger("library").exception("failed")
    assert "hunter2" not in lines.text
    kinds = [link["kind"] for link in lines.last["exception"]]
    assert kinds == ["builtins.RuntimeError", "builtins.ValueError"]
    assert "test_logs.py" in lines.last["exception"][0]["frames"][-1]


def test_request_record_keeps_reason_and_status_not_path(lines: Lines) -> None:
    """A mailed token may be part of a path: Django's own records lose it."""
    request = RequestFactory().get(f"/reset/{SECRET}?a={SECRET}")
    logging.getLogger("django.request").error(
        "%s: %s",
        "Internal Server Error",
        request.path,
        extra={"status_code": 500, "request": request},
    )
    logging.getLogger("django.security.DisallowedHost").error(
        "Invalid HTTP_HOST header: 'evil'.", extra={"request": request, "status_code": 400}
    )
    assert "/reset" not in lines.text
    assert "evil" not in lines.text
    first = json.loads(lines.text.splitlines()[0])
    assert (first["event"], first["status"]) == ("Internal Server Error", 500)
    assert lines.last["event"] == "DisallowedHost"


def test_object_that_is_no_plain_data_is_named_not_shown(lines: Lines) -> None:
    """A repr may say too much."""

    class Session:
        def __repr__(self) -> str:
            return f"Session({SECRET})"

    structlog.get_logger("ours").warning("event", session=Session())
    assert lines.last["session"] == "<Session>"


def test_request_line_says_what_was_asked_and_nothing_that_was_sent() -> None:
    """Route, status and reference; a made-up method cannot bring in a secret or another line."""
    stream = io.StringIO()
    output = Output(stream)
    request = RequestFactory().generic(f"GET\n{SECRET}", f"/reset/{SECRET}?code={SECRET}")
    logging.getLogger().addHandler(output)
    try:
        write_request_line(
            request, reference="7K2M-Q9XD", route="/reset", status=405, seconds=0.00123
        )
    finally:
        logging.getLogger().removeHandler(output)
    [line] = stream.getvalue().splitlines()
    assert SECRET not in line
    said = json.loads(line)
    assert said.pop("at").endswith("Z")
    assert said == {
        "level": "info",
        "event": "request",
        "method": "GET\n[removed]",
        "route": "/reset",
        "status": 405,
        "ms": 1.2,
        "network": "127.0.0.1/32",
        "reference": "7K2M-Q9XD",
        "logger": "authsite.requests",
        "role": settings.ROLE,
    }


def test_lines_carry_the_reference_of_their_request(lines: Lines) -> None:
    """Whichever library wrote them."""
    token = current_reference.set("7K2M-Q9XD")
    try:
        structlog.get_logger("ours").warning("event")
        assert lines.last["reference"] == "7K2M-Q9XD"
        logging.getLogger("library").warning("event")
        assert lines.last["reference"] == "7K2M-Q9XD"
    finally:
        current_reference.reset(token)


def test_line_that_cannot_be_written_fails_no_request(capsys: pytest.CaptureFixture[str]) -> None:
    """A full disk is told on standard error."""
    full = io.StringIO()
    full.close()
    Output(full).put(written({"event": "request"}))
    assert "I/O operation on closed file" in capsys.readouterr().err
