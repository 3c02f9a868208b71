"""Logs as JSON lines: when (UTC), what, where, in which request; and nothing that opens a door.

Everything goes through here, Django's own records too. Left out are queries, form values, cookies
and paths (the route stands instead: a mailed token may be part of a path), local variables, and
the messages of exceptions, which quote what somebody typed. As a last net, what looks like a token
is blotted out of any text. Control characters cannot start a new line: JSON escapes them.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from contextlib import nullcontext
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, TextIO

import structlog

Event = MutableMapping[str, Any]
_ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None]

# Which request the lines of this thread belong to.
current_reference: Final[ContextVar[str | None]] = ContextVar("reference", default=None)

_BLOT: Final = "[removed]"
# JWS and JWE; 27 characters of base64url are 160 bits, the shortest secret here that isn't typed.
# The look-ahead asks for a digit and a capital or two, which long names in code don't have.
_TOKEN: Final = re.compile(
    r"eyJ[\w-]{8,}(?:\.[\w-]*){1,4}"
    r"|(?<![\w/.-])(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Za-z0-9_-]{27,}(?![\w/.-])"
)
_SHORTEST_TOKEN: Final = 12  # "eyJ", eight more, a dot
_QUERY: Final = re.compile(r"(?<=[\w/%])\?[^\s\"'<>]+")
_ASSIGNED: Final = re.compile(
    r"(?i)\b(password|passphrase|secret|token|code|code_verifier|assertion|authorization|cookie|"
    r"session|sessionid|csrfmiddlewaretoken|otp|pin|key)(\"?'?\s*[=:]\s*)[^\s,;&]+"
)
_FRAMES: Final = 12
# What no caller and no stranger has a word in.
_OURS: Final = frozenset({"exception", "at", "reference", "level", "logger", "role"})
_FIRST: Final = ("at", "level", "event")  # what a reader's eye looks for


def logging_settings(role: str, *, messages: bool = False, level: str = "INFO") -> dict[str, Any]:
    """Set structlog up and give Django's LOGGING.

    `messages` lets the messages of exceptions through; for development only.
    """
    shared = _shared_processors(role, messages=messages)
    # No line says them, and logging would find them out for each ("Optimization" in its manual).
    logging._srcfile = None  # noqa: SLF001
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            render,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": LineFormatter,
                "foreign_pre_chain": [_from_record, *shared],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    render,
                ],
            }
        },
        "handlers": {
            "standard_output": {
                "class": "authsite.logs.Output",
                "stream": "ext://sys.stdout",
                "formatter": "json",
            }
        },
        "root": {"handlers": ["standard_output"], "level": level},
        "loggers": {
            # Django gives these handlers of their own, which would mail or print in the clear.
            "django": {"handlers": [], "level": level, "propagate": True},
            # Its warnings say what our own line of each request says.
            "django.request": {"handlers": [], "level": "ERROR", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            # Statements carry parameters; no level of ours may ever show them.
            "django.db.backends": {"handlers": [], "level": "WARNING", "propagate": True},
            "psycopg": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
        },
    }


class Line(str):
    """A line that is written out already: Django and others log texts, we log these."""

    __slots__ = ()


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """Makes lines of records of others, and leaves ours as they are."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        return record.msg if isinstance(record.msg, Line) else super().format(record)


class Output(logging.StreamHandler[TextIO]):
    """Where lines go; takes one that is written out already without a record around it."""

    def put(self, line: Line) -> None:
        """Write the line, and nothing in between. What fails is told on standard error."""
        with self.lock or nullcontext():
            try:
                self.stream.write(f"{line}\n")
                self.stream.flush()
            except Exception:  # noqa: BLE001 - as logging does: no request fails for its line
                self.handleError(logging.makeLogRecord({"msg": line}))


def _shared_processors(role: str, *, messages: bool) -> list[Any]:
    def add_reference(_logger: object, _method: str, event: Event) -> Event:
        reference = current_reference.get()
        if reference is not None:
            event.setdefault("reference", reference)
        return event

    def add_role(_logger: object, _method: str, event: Event) -> Event:
        event["role"] = role
        return event

    def describe_exception(_logger: object, _method: str, event: Event) -> Event:
        info = _error_info(event.pop("exc_info", None))
        if info is not None:
            event["exception"] = describe(info[1], messages=messages)
        return event

    return [
        add_reference,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        add_role,
        describe_exception,
        blot,
    ]


def describe(error: BaseException, *, messages: bool = False) -> list[dict[str, Any]]:
    """Give an exception and what caused it: kinds and places, no values.

    Of a database error the SQLSTATE is kept; its text quotes rows.
    """
    chain: list[dict[str, Any]] = []
    link: BaseException | None = error
    while link is not None and len(chain) < 5:
        kind = type(link)
        entry: dict[str, Any] = {
            "kind": f"{kind.__module__}.{kind.__qualname__}",
            "frames": [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(link.__traceback__)[-_FRAMES:]
            ],
        }
        sqlstate = getattr(link, "sqlstate", None)
        if isinstance(sqlstate, str):
            entry["sqlstate"] = sqlstate
        if messages:
            entry["message"] = str(link)
        chain.append(entry)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return chain


def blot(_logger: object, _method: str, event: Event) -> Event:
    """Remove queries and whatever looks like a secret from every text of a log line."""
    for key, value in event.items():
        if key not in _OURS:
            event[key] = blotted(value)
    return event


def render(_logger: object, _method: str, event: Event) -> Line:
    """Write the event, with what a reader looks for in front."""
    return written({**{name: event[name] for name in _FIRST if name in event}, **event})


def written(event: Event) -> Line:
    """Write the event as one line of ASCII JSON, so that no character can break or repaint it."""
    return Line(_json(event).replace("\x7f", "\\u007f"))


def blotted(value: Any) -> Any:
    """Give the value without what looks like a query or a secret in its texts."""
    if isinstance(value, str):
        # Each search only where it can find something: most texts are a word.
        if "?" in value:
            value = _QUERY.sub("?" + _BLOT, value)
        if "=" in value or ":" in value:
            value = _ASSIGNED.sub(rf"\1\2{_BLOT}", value)
        return _TOKEN.sub(_BLOT, value) if len(value) >= _SHORTEST_TOKEN else value
    if isinstance(value, dict):
        return {str(key): blotted(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [blotted(item) for item in value]
    return value


def _kind_only(value: object) -> str:
    """Stand for a value that isn't plain data: its repr might say too much."""
    return f"<{type(value).__name__}>"


_json: Final = json.JSONEncoder(default=_kind_only, ensure_ascii=True).encode


def _from_record(_logger: object, _method: str, event: Event) -> Event:
    """Take from a foreign record (Django's, say) its reason, route and status, never its path."""
    record: logging.LogRecord = event["_record"]
    if record.name.startswith("django.security"):
        event["event"] = record.name.rpartition(".")[2]  # its text quotes what was sent
    elif str(record.msg).startswith("%s: %s"):  # Django's reason and path
        event["event"] = event["event"].partition(":")[0]
    request = getattr(record, "request", None)
    if request is not None:
        match = getattr(request, "resolver_match", None)
        event["route"] = f"/{match.route}" if match is not None else "none"
        event["status"] = getattr(record, "status_code", None)
    return event


def _error_info(given: Any) -> _ErrorInfo | None:
    if not given:
        return None
    if isinstance(given, BaseException):
        return type(given), given, given.__traceback__
    if isinstance(given, tuple):
        return given if given[1] is not None else None
    kind, error, trace = sys.exc_info()
    return (kind, error, trace) if kind is not None and error is not None else None
