"""Which addresses a wiki can be registered with."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from sso.errors import Fault, MetadataInvalid

_MAX_URI: Final = 2000
_MAX_URIS: Final = 20
# What a form-action of the pages' Content-Security-Policy can name (see origin_of_uri).
_NETLOC: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[1-9][0-9]{0,4})?")


def home_uri(metadata: dict[str, Any]) -> str:
    """Where people find the wiki: what it says, or the front door of its first redirect URI.

    Raises ``MetadataInvalid``.
    """
    given = optional(metadata, "client_uri")
    if given is not None:
        return given
    parts = urlsplit(listed(metadata, "redirect_uris", required=True)[0])
    return f"{parts.scheme}://{parts.netloc}/"


def listed(metadata: dict[str, Any], field: str, *, required: bool = False) -> tuple[str, ...]:
    """The addresses of a list. Raises ``MetadataInvalid``, with all that are no good."""
    values = metadata.get(field, [])
    if required and not values:
        raise MetadataInvalid(Fault("this must hold at least one address", field))
    if len(values) > _MAX_URIS:
        raise MetadataInvalid(Fault(f"this may hold {_MAX_URIS} addresses at most", field))
    problems = [(number, _problem_of(value)) for number, value in enumerate(values, 1)]
    faults = [
        Fault(f"{f'address {number}' if len(values) > 1 else 'this'} {problem}", field)
        for number, problem in problems
        if problem is not None
    ]
    if faults:
        raise MetadataInvalid(*faults)
    return tuple(values)


def optional(metadata: dict[str, Any], field: str) -> str | None:
    """An address that may be missing. Raises ``MetadataInvalid``."""
    value: str = metadata.get(field, "")
    if not value:
        return None
    problem = _problem_of(value)
    if problem is not None:
        raise MetadataInvalid(Fault(f"this {problem}", field))
    return value


def _problem_of(value: str) -> str | None:
    """What is wrong with an address: absolute and https, or on http to loopback in the demo."""
    try:
        parts = urlsplit(value)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return "is not an address"
    host = parts.hostname or ""
    is_loopback = host in ("localhost", "127.0.0.1") or host.endswith(".localhost")
    if (
        not host
        or not port_is_fine
        or len(value) > _MAX_URI
        or not re.fullmatch(r"[!-~]+", value)
        or "\\" in value
    ):
        return "must be a whole address, such as https://wiki.example.org/"
    if parts.scheme != "https" and not (
        parts.scheme == "http" and is_loopback and settings.LOOPBACK_HTTP
    ):
        return "must be https"
    if "@" in parts.netloc or "#" in value or "*" in host:
        return "may have no user, no fragment and no wildcard"
    if not _NETLOC.fullmatch(parts.netloc):
        return "must have its host in lower case, and its port in digits"
    return None
